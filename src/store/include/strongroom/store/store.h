#pragma once
// Where sealed bytes live: ordered keys, one atomic conditional commit, watch.
//
// The interface promises what its weakest engine can keep (etcd), so that every engine keeps all of
// it; the contract kit in tests/contract/store_kit.h proves each sentence below on each engine. The
// store never sees plaintext: only `barrier` makes the records put here. All methods are
// thread-safe. Engines: store_lmdb (embedded); store_etcd later.

#include <cstddef>
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

/// Holds when the change is applied, after all changes before it, or the whole commit does nothing.
/// `modified` absent: the key must not exist.
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
  std::vector<Write> writes;  // with preconditions together at most limits::kCommitOperationsMax,
                              // keys distinct per list
};  // all keys and records together at most limits::kCommitBytesMax

/// One write of a change that passed its preconditions, with what it replaces.
struct AppliedWrite {
  const Write* write;
  std::optional<SealedRecord> replaced;  // absent: the key was absent
};

/// Takes part in every group of changes that becomes durable together. Called on the engine's
/// commit thread, one call at a time. The barrier keeps its state sums with it.
class CommitHook {
 public:
  virtual ~CommitHook() = default;
  /// `writes`: those of every change of the group, in order; a key written by two of its changes
  /// appears twice. Returns the rows to add to the same atomic commit (keys outside those of
  /// `writes`). An error refuses the whole group with kUnavailable and nothing is written. Not
  /// called for a group that writes nothing.
  virtual Result<std::vector<Write>> before_commit(Revision revision,
                                                   std::span<const AppliedWrite> writes) = 0;
  /// The group is durable; no writer of it has been answered yet. Drop cached copies of these keys
  /// here.
  virtual void after_commit(Revision revision, std::span<const AppliedWrite> writes) = 0;
  /// The group failed as a whole after before_commit had succeeded: forget what it would have
  /// changed. The next group comes with the same revision.
  virtual void abandoned(Revision revision) = 0;
};

/// A consistent view of one revision. Short-lived (an engine keeps old pages while it exists); one
/// thread at a time.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  virtual Revision revision() const = 0;

  /// The row, or nothing if absent. kInvalidInput for a key of no or too many bytes, kCorrupt if
  /// the engine's own checks fail.
  virtual Result<std::optional<Row>> get(std::string_view key) const = 0;

  /// Rows with first <= key < last in key order, at most `limit`; fewer means that there are no
  /// more. Go on from the last key with a zero byte added. The bounds may be of any length.
  /// kInvalidInput if limit > limits::kScanRowsMax.
  virtual Result<std::vector<Row>> scan(std::string_view first, std::string_view last,
                                        std::size_t limit) const = 0;
};

class Store {
 public:
  /// Answers every change handed in before; snapshots and watches must be gone by then.
  virtual ~Store() = default;

  /// The newest state that this node has applied; see confirm() for a linearizable read.
  virtual Result<std::unique_ptr<Snapshot>> snapshot() const = 0;

  /// Durable when it returns: synced on this node (LMDB) or on a quorum (etcd). Changes of a group
  /// share a revision; a change without writes that passes its preconditions makes none and answers
  /// the newest. kConflict if a precondition fails, nothing written. kInvalidInput for a change
  /// over the limits. kOutcomeUnknown if the answer was lost: re-read. kUnavailable (disk full,
  /// queue full) without effect, as kCorrupt. A failed sync never returns: the process ends.
  virtual Result<Revision> commit(Change change) = 0;

  using Committed = std::function<void(Result<Revision>)>;
  /// commit() without waiting: `done` gets the same answer, on the engine's thread (be quick there)
  /// or before this returns. Changes handed in one after the other by one thread are applied in
  /// that order.
  virtual void submit(Change change, Committed done) = 0;

  /// True if nobody else can have these data open to write while this is open: whoever had before
  /// is gone, and what it left half done may be taken up at once. Its owner's word alone; an engine
  /// of several nodes says false, and what another node holds is waited for.
  virtual bool exclusive() const = 0;

  /// At most one hook, set before the first commit; it must outlive the store's last commit.
  virtual void set_commit_hook(CommitHook* hook) = 0;

  /// Calls back once this node has applied every commit acknowledged anywhere before the call.
  /// Immediate on LMDB; on etcd one revision check serves all that wait. kUnavailable when the
  /// deadline passes.
  virtual void confirm(std::function<void(Result<Revision>)> done) const = 0;

  /// Delivers every change after `from`, in order, without gaps, on the engine's thread, until the
  /// handle dies. Rows that the commit hook adds are delivered with the others. kNotFound (code
  /// "Compacted") if `from` is no longer kept: take a snapshot and watch from its revision. No call
  /// runs any more once the handle's destructor has returned.
  class Watch {
   public:
    virtual ~Watch() = default;
  };
  using OnChange = std::function<void(Revision, std::span<const Write>)>;
  virtual Result<std::unique_ptr<Watch>> watch(Revision from, OnChange on_change) = 0;
};

}  // namespace strongroom::store
