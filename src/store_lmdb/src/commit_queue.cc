#include "commit_queue.h"

#include <thread>
#include <utility>

namespace strongroom::store_lmdb {

bool CommitQueue::push(PendingChange& pending) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= limits::kCommitQueueMax) return false;
    was_empty = waiting_.empty();
    waiting_.push_back(std::move(pending));
  }
  if (was_empty) work_.notify_one();
  return true;
}

std::optional<std::vector<PendingChange>> CommitQueue::take() {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return !waiting_.empty() || nudged_ || closed_; });
  if (waiting_.empty() && !std::exchange(nudged_, false)) return std::nullopt;
  gather(lock);
  std::vector<PendingChange> group;
  std::size_t bytes = 0;
  while (!waiting_.empty() && group.size() < limits::kGroupChangesMax &&
         bytes < limits::kGroupBytesMax) {
    bytes += waiting_.front().bytes;
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return group;
}

// The first of a rush of changes wakes the commit thread, often on the processor that was about to
// make the next one, and a group of one costs a sync as well. So whoever can run here goes first,
// as long as that brings more; when nobody can, this takes less than a microsecond.
void CommitQueue::gather(std::unique_lock<std::mutex>& lock) {
  std::size_t before = 0;
  while (waiting_.size() > before && waiting_.size() < limits::kGroupChangesMax && !closed_) {
    before = waiting_.size();
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
  }
}

void CommitQueue::nudge() {
  {
    const std::lock_guard lock(mutex_);
    nudged_ = true;
  }
  work_.notify_one();
}

void CommitQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  work_.notify_one();
}

}  // namespace strongroom::store_lmdb
