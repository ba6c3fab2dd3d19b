#include "commit_queue.h"

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
