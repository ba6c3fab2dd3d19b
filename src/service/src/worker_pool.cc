#include "strongroom/service/worker_pool.h"

namespace strongroom::service {

std::size_t WorkerPool::covered() const {
  return jobs_per_awake_ == 0 ? wakes_ : jobs_per_awake_ * (threads_.size() - idle_);
}

bool WorkerPool::post(Job& job) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || queue_.size() >= queue_max_) return false;
  queue_.push_back(std::move(job));
  if (queue_.size() <= covered()) return true;
  if (idle_ > 0) {
    --idle_;
    ++wakes_;
    wake_.notify_one();
  } else if (threads_.size() < threads_max_) {
    ++wakes_;
    threads_.emplace_back([this] { work(); });
  }
  return true;
}

void WorkerPool::stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

// A thread sleeps until post() wakes it by count, then works until the queue is empty.
void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || wakes_ > 0; });
    if (wakes_ > 0) --wakes_;
    while (!queue_.empty()) {
      Job job = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      job();
      job = nullptr;
      lock.lock();
    }
    if (stopping_) return;
    ++idle_;
  }
}

}  // namespace strongroom::service
