#include "periodic.h"

#include <chrono>

namespace strongroom::server {

Periodic::Periodic(std::function<std::int64_t()> step)
    : step_(std::move(step)), thread_([this] { run(); }) {}

void Periodic::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Periodic::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const std::int64_t pause_ms = step_();
    lock.lock();
    wake_.wait_for(lock, std::chrono::milliseconds(pause_ms), [this] { return stopping_; });
  }
}

}  // namespace strongroom::server
