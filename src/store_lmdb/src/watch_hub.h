#pragma once
// The newest changes, kept for watch(from), and who wants to be told of them. Changes are added and
// delivered on the commit thread; watches come and go on any thread.

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "strongroom/store/store.h"

namespace strongroom::store_lmdb {

class WatchHub {
 public:
  /// `newest`: the revision at which the store was opened; nothing older is kept.
  explicit WatchHub(store::Revision newest);
  ~WatchHub();

  /// As Store::watch; what is already kept is delivered by the commit thread's next deliver().
  Result<std::unique_ptr<store::Store::Watch>> watch(store::Revision from,
                                                     store::Store::OnChange on_change);

  /// Commit thread: keeps the writes of one revision.
  void add(store::Revision revision, std::vector<store::Write> writes);
  /// Commit thread: calls every watch with what it has not seen, then forgets changes beyond the
  /// limits.
  void deliver();

 private:
  struct Kept {
    store::Revision revision;
    std::vector<store::Write> writes;
    std::size_t bytes;
  };
  struct Watcher;
  class Handle;

  void deliver_to(Watcher& watcher) const;
  void trim_to(store::Revision seen_by_all);

  // The commit thread alone changes kept_ and forgotten_, under the mutex; it may read them
  // without.
  std::mutex mutex_;
  std::deque<Kept> kept_;
  std::size_t kept_bytes_ = 0;
  store::Revision forgotten_;  // changes up to this one are no longer kept
  std::vector<std::shared_ptr<Watcher>> watchers_;
};

}  // namespace strongroom::store_lmdb
