#pragma once
// Changes on their way to the commit thread. Any thread pushes; one thread takes.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "strongroom/store/store.h"

namespace strongroom::store_lmdb {

struct PendingChange {
  store::Change change;
  store::Store::Committed done;
  std::size_t bytes = 0;
};

class CommitQueue {
 public:
  /// False, and `pending` untouched, if limits::kCommitQueueMax changes wait already.
  bool push(PendingChange& pending);

  /// Waits for work. All that waits, up to limits::kGroupChangesMax changes and
  /// limits::kGroupBytesMax bytes; empty if nudge() was called; nothing once closed and drained.
  std::optional<std::vector<PendingChange>> take();

  /// Makes take() return even if no change waits.
  void nudge();
  /// No push follows.
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<PendingChange> waiting_;
  bool nudged_ = false;
  bool closed_ = false;
};

}  // namespace strongroom::store_lmdb
