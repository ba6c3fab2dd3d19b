#pragma once
// The only code that turns plaintext records into stored bytes: every other library reads and
// writes through it.
//
// Records are sealed with suite 1 (crypto/suite1.h) under the account's key of a keyring epoch,
// with everything that places them as AAD (docs/formats/record.md); moving, swapping, replaying,
// flipping or removing a stored row is noticed: each non-version record enters a keyed sum of its
// bucket, kept in memory and checked at first touch (ARCHITECTURE.md, "Secrets at
// rest"). A mismatch seals the server. SealedStore is thread-safe; Transactions and readers
// belong to one thread.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "strongroom/barrier/data_keys.h"
#include "strongroom/barrier/reader.h"
#include "strongroom/barrier/record.h"
#include "strongroom/base/random.h"
#include "strongroom/base/time.h"

namespace strongroom::barrier {

/// One row of a time table.
struct TimedRow {
  store::Key key;  // for Transaction::remove_timed, with record->modified()
  Instant when;
  RecordRef record;
};

/// A read-check-write unit. Every record it reads becomes a precondition (unchanged or still absent
/// at commit), so a decision made from what was read still holds when it is written. At most
/// limits::kCommitOperationsMax operations.
class Transaction : public Reader {
 public:
  /// What this transaction would leave at `address`, without a precondition: for looking at far
  /// more than a commit may depend on, guarded by a record that is read as well. Errors as read().
  virtual Result<RecordRef> peek(const Address& address) = 0;
  /// Puts a record. `resource` is the resource's uuid, fixed at creation. The rev counter is taken
  /// from what this transaction read at `address` (0 if it was absent or not read: then absence
  /// becomes a precondition).
  virtual void put(const Address& address, Uuid resource, ByteView body) = 0;
  /// Puts a row whose owner sealed it. It must be absent: such rows are immutable.
  virtual void put_raw(const Address& address, std::string sealed_bytes) = 0;
  /// Removes a record or raw row; what it read there becomes a precondition.
  virtual void remove(const Address& address) = 0;
  /// Adds a row to a time table; the key is time plus 16 random bytes. Returns that key.
  virtual store::Key put_timed(TimeTable table, Instant when, ByteView body) = 0;
  /// Removes a row of a time table that must still exist: whoever removes it owns the work.
  virtual void remove_timed(const store::Key& key, store::Revision modified) = 0;

  /// kConflict: something read has changed, start again from begin(). Others as
  /// store::Store::commit. On success the caches of all I/O threads have been told before this
  /// returns, and what after_commit() was given has run.
  virtual Result<store::Revision> commit() = 0;

  /// commit() without waiting: `done` gets the same answer, on the store's thread (be quick there)
  /// or before this returns. Nothing of the transaction is needed after this returns.
  virtual void submit(store::Store::Committed done) = 0;

  /// Runs `action` once the commit has succeeded, before its writer is told; never otherwise. On
  /// the committing thread, or the store's after submit(). For indexes in memory that must follow
  /// what was written. It must not fail, wait or touch the store.
  void after_commit(std::function<void()> action) { after_commit_.push_back(std::move(action)); }

 protected:
  /// The implementation runs these once its commit has succeeded.
  std::vector<std::function<void()>> take_after_commit() {
    return std::exchange(after_commit_, {});
  }

 private:
  std::vector<std::function<void()>> after_commit_;
};

/// Told of every durable change before its writer is answered. Called on the commit thread: be
/// quick, take no lock that can wait. `row_key` ends with type and version, so the kind of record
/// can be seen from it (type_of).
class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  virtual void on_change(store::Revision revision, std::span<const store::AppliedWrite> writes) = 0;
};

/// The type in a resource row's key, or nothing for other tables.
std::optional<RecordType> type_of(std::string_view row_key);

/// What one reader of a walk over the store wants to see.
struct Visit {
  RecordType type;
  std::function<Result<void>(RecordRef)> record;
  std::function<void()> done;  // after the last record of the type; not after an error. May be null
};

class SealedStore {
 public:
  virtual ~SealedStore() = default;

  virtual Result<std::unique_ptr<SnapshotReader>> reader() = 0;
  virtual Result<std::unique_ptr<Transaction>> begin() = 0;
  /// A cache for one I/O thread; `share` = 1/threads of the limits. Lives as long as the store.
  virtual std::unique_ptr<CachedReader> make_cache(double share) = 0;

  /// Rows of a time table with from <= when <= until, oldest first, at most `limit`.
  virtual Result<std::vector<TimedRow>> between(TimeTable table, Instant from, Instant until,
                                                std::size_t limit) = 0;
  /// The same from the beginning.
  Result<std::vector<TimedRow>> due(TimeTable table, Instant until, std::size_t limit) {
    return between(table, Instant{}, until, limit);
  }

  /// Walks all records once, in row-key order, over short snapshots, and shows each to the visits
  /// of its type. A visit that answers an error sees no more; the others go on, and the first error
  /// is returned at the end. An error of the store ends the walk. For building indexes after start;
  /// not for the request path.
  virtual Result<void> visit_all(std::span<const Visit> visits) = 0;

  /// Listeners are never removed; they must outlive the store's last commit.
  virtual void add_listener(ChangeListener* listener) = 0;

  /// A 32-byte key derived from the base key for one purpose; the same at every start and under
  /// every root. The label is part of the format.
  virtual Result<SecretBytes> derive(std::string_view label) = 0;

  /// The cluster's uuid, part of every AAD.
  virtual Uuid cluster() const = 0;

  /// True once a mismatch sealed the server; everything answers kUnavailable from then on.
  virtual bool sealed() const = 0;

  /// How much of the store has been compared with its state sums since start.
  struct Verification {
    std::uint32_t checked = 0;
    std::uint32_t total = 0;
    bool complete() const { return checked == total; }
  };
  virtual Verification verification() const = 0;

  /// Compares everything that was not compared yet, before it returns (--verify-before-serve).
  /// kCorrupt after a mismatch, which also seals.
  virtual Result<void> verify_all() = 0;
};

/// What open_sealed_store() needs besides the store. The references must outlive the sealed store.
struct SealedStoreOptions {
  Uuid cluster;  // of the superblock
  Clock& clock;
  Random& random;
  bool initialize = false;  // the store is new: true exactly once in the life of a data directory
  bool background_check = true;  // a low-priority thread compares what nobody has touched yet
};

/// Takes over `keys` and installs itself as the store's commit hook, so it must be the first to use
/// `engine`, and must be destroyed after the last commit and before `engine`. kCorrupt if the
/// keyring or the state table does not open or does not fit together, kConflict if the store is
/// empty without `initialize` or not empty with it.
Result<std::unique_ptr<SealedStore>> open_sealed_store(store::Store& engine, DataKeys keys,
                                                       const SealedStoreOptions& options);

}  // namespace strongroom::barrier
