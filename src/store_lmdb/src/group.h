#pragma once
// One group of changes, from the queue to the disk. Commit thread only.

#include <vector>

#include "commit_queue.h"
#include "environment.h"

namespace strongroom::store_lmdb {

class Group {
 public:
  /// `newest`: the revision of the last group; this one gets the next if it writes anything.
  Group(Environment& environment, store::CommitHook* hook, Revision newest)
      : environment_(environment), hook_(hook), revision_(Revision{std::uint64_t(newest) + 1}) {}

  /// Applies, syncs and tells the hook. One answer per change, in order.
  std::vector<Result<Revision>> commit(const std::vector<PendingChange>& changes);

  /// True after commit() if it made a revision.
  bool wrote() const { return wrote_; }
  Revision revision() const { return revision_; }
  /// The rows that the hook added, for watchers.
  std::vector<store::Write> take_hook_rows() { return std::move(hook_rows_); }

 private:
  Result<void> apply_all(WriteTransaction& transaction, const std::vector<PendingChange>& changes);
  Result<bool> preconditions_hold(WriteTransaction& transaction, const store::Change& change) const;
  Result<void> apply_writes(WriteTransaction& transaction, const store::Change& change);
  Result<void> finish(WriteTransaction& transaction);
  Result<void> write_hook_rows_and_sync(WriteTransaction& transaction);
  std::vector<Result<Revision>> answers(const Result<void>& outcome) const;

  Environment& environment_;
  store::CommitHook* hook_;
  Revision revision_;
  bool wrote_ = false;
  std::vector<bool> passed_;  // per change
  std::vector<store::AppliedWrite> applied_;
  std::vector<store::Write> hook_rows_;
};

}  // namespace strongroom::store_lmdb
