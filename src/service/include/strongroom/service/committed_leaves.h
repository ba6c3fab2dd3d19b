#pragma once
// What whoever drains audit rows into the log would else have to read back from the store: the
// records of mutations that were committed just now. Only hints: what does not fit, and what was
// committed by other ways, is found in the store. Thread-safe.

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "strongroom/base/limits.h"
#include "strongroom/store/store.h"

namespace strongroom::service {

struct CommittedLeaf {
  store::Key key;  // of its row
  store::Revision modified;
  std::string leaf;
};

class CommittedLeaves {
 public:
  /// Once the row is durable.
  void add(CommittedLeaf leaf) {
    const std::lock_guard lock(mutex_);
    if (leaves_.size() < limits::kAuditDrainRowsMax) leaves_.push_back(std::move(leaf));
  }
  /// All so far, in the order in which they came.
  std::vector<CommittedLeaf> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(leaves_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<CommittedLeaf> leaves_;  // guarded by mutex_
};

}  // namespace strongroom::service
