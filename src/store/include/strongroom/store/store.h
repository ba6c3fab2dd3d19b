#pragma once
// Where sealed bytes live: ordered keys, one atomic conditional commit, watch.
//
// The interface promises what its weakest engine can keep (etcd), so that every engine keeps all of it; the contract kit
// in tests/contract/store_kit.h proves each sentence below on each engine. The store never sees plaintext: only `barrier`
// makes the records put here. All methods are thread-safe. Engines: store_lmdb (embedded); store_etcd later.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/limits.h"
#include "strongroom/base/result.h"

namespace strongroom::store {

/// Counts commits of the whole store, from 1; never goes back while the epoch stays the same.
enum class Revision : std::uint64_t {};

using Key = std::string;           // 1..limits::kKeyBytesMax bytes, compared as unsigned bytes
using SealedRecord = std::string;  // 1..limits::kRecordBytesMax bytes

struct Row {
  Key key;
  SealedRecord record;
  Revision modified;  // the commit that wrote it
};

/// Holds at commit time or the whole commit does nothing. `modified` absent: the key must not exist.
struct Precondition {
  Key key;
  std::optional<Revision> modified;
};

/// Put when `record` is present, delete when absent. Deleting an absent key is no error.
struct Write {
  Key key;
  std::optional<SealedRecord> record;
};

struct Change {
  std::vector<Precondition> preconditions;
  std::vector<Write> writes;  // with preconditions together at most limits::kCommitOperationsMax, keys distinct per list
};

/// One write of a change that passed its preconditions, with what it replaces.
struct AppliedWrite {
  const Write* write;
  std::optional<SealedRecord> replaced;  // absent: the key was absent
};

/// Takes part in every group of changes that becomes durable together. Called on the engine's commit thread, one call
/// at a time. The barrier keeps its state sums with it.
class CommitHook {
 public:
  virtual ~CommitHook() = default;
  /// The rows to add to the same atomic commit (keys outside those of `writes`). An error refuses the whole group with
  /// kUnavailable and nothing is written.
  virtual Result<std::vector<Write>> before_commit(Revision revision, std::span<const AppliedWrite> writes) = 0;
  /// The group is durable; no writer of it has been answered yet. Drop cached copies of these keys here.
  virtual void after_commit(Revision revision, std::span<const AppliedWrite> writes) = 0;
  /// The group failed as a whole after before_commit: forget what it would have changed.
  virtual void abandoned(Revision revision) = 0;
};

/// A consistent view of one revision. Short-lived (an engine keeps old pages while it exists); one thread at a time.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  virtual Revision revision() const = 0;

  /// The row, or nothing if absent. kCorrupt if the engine's own checks fail.
  virtual Result<std::optional<Row>> get(std::string_view key) const = 0;

  /// Rows with first <= key < last in key order, at most `limit` (<= limits::kScanRowsMax); go on from the last key.
  virtual Result<std::vector<Row>> scan(std::string_view first, std::string_view last, std::size_t limit) const = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  /// The newest state that this node has applied; see confirm() for a linearizable read.
  virtual Result<std::unique_ptr<Snapshot>> snapshot() const = 0;

  /// Durable when it returns: synced on this node (LMDB) or on a quorum (etcd). Changes of a group share a revision.
  /// kConflict if a precondition fails, nothing written. kInvalidInput for a change over the limits.
  /// kOutcomeUnknown if the answer was lost: re-read. kUnavailable (disk full, queue full) without effect.
  /// A failed sync never returns: the process ends.
  virtual Result<Revision> commit(Change change) = 0;

  /// At most one hook, set before the first commit; it must outlive the store's last commit.
  virtual void set_commit_hook(CommitHook* hook) = 0;

  /// Calls back once this node has applied every commit acknowledged anywhere before the call. Immediate on LMDB; on
  /// etcd one revision check serves all that wait. kUnavailable when the deadline passes.
  virtual void confirm(std::function<void(Result<Revision>)> done) const = 0;

  /// Delivers every change after `from`, in order, without gaps, on the engine's thread, until the handle dies.
  /// kNotFound (code "Compacted") if `from` is no longer kept: take a snapshot and watch from its revision.
  class Watch {
   public:
    virtual ~Watch() = default;
  };
  using OnChange = std::function<void(Revision, std::span<const Write>)>;
  virtual Result<std::unique_ptr<Watch>> watch(Revision from, OnChange on_change) = 0;
};

}  // namespace strongroom::store
