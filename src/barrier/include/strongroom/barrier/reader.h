#pragma once
// How every library reads records, whether from storage, from an I/O thread's cache, or inside a
// transaction.
//
// Domain code takes a Reader& and is written once. On an I/O thread the reader is a CachedReader,
// which never touches storage: what it does not hold answers kNotCached. Then the caller runs the
// call again, with through() while the store lies in memory, else on a worker with a
// SnapshotReader, whose ReadSet then fills the cache. One thread per reader.

#include <memory>
#include <string>
#include <vector>

#include "strongroom/barrier/record.h"
#include "strongroom/base/result.h"
#include "strongroom/crypto/suite1.h"

namespace strongroom::barrier {

class Reader {
 public:
  virtual ~Reader() = default;

  /// The opened record. kNotFound if absent, kNotCached (CachedReader only), kCorrupt if the seal
  /// or the state sum does not hold, kUnavailable if sealed.
  virtual Result<RecordRef> read(const Address& address) = 0;

  /// A row its owner sealed itself, unopened. Errors as read().
  virtual Result<RawRef> read_raw(const Address& address) = 0;

  /// The derived key remembered for a raw row, or null. It opens that one row only (suite 1: Kenc,
  /// Kcom, salt).
  virtual std::shared_ptr<const crypto::DerivedKey> derived(const Address& address) = 0;
  /// Offers a derived key to the caches; may be ignored.
  virtual void remember(const Address& address, std::shared_ptr<const crypto::DerivedKey> key) = 0;

  /// Whether others wait for this thread, so that slow work must be left to a worker.
  virtual bool on_io_thread() const { return false; }
};

/// kNotCached on an I/O thread, so that the call runs again on a worker.
Result<void> leave_io_thread(const Reader& reader);

/// What a SnapshotReader read, to be handed to an I/O thread's cache. Movable, one owner.
struct ReadSet {
  store::Revision revision{};
  struct Head {
    std::string row_key;
    RecordRef record;
  };  // null record: known to be absent
  struct Raw {
    std::string row_key;
    RawRef row;
  };
  struct Derived {
    std::string row_key;
    std::shared_ptr<const crypto::DerivedKey> key;
  };
  std::vector<Head> heads;
  std::vector<Raw> raws;
  std::vector<Derived> derived;
};

/// Reads one snapshot of the store. For workers: may touch the disk.
class SnapshotReader : public Reader {
 public:
  virtual store::Revision revision() const = 0;
  /// Everything read so far; leaves the reader with an empty set.
  virtual ReadSet take_read_set() = 0;
};

/// One I/O thread's caches of opened heads, sealed value rows and derived keys: bounded
/// (limits::k…CacheBytes over all threads), CLOCK eviction, wiped on eviction. Invalidation is by
/// revision and never takes a lock that a writer holds: the commit thread leaves notices in a
/// lock-free mailbox before it releases the writer, and every read applies them first, so a read
/// that starts after a write was acknowledged never sees what it replaced.
class CachedReader : public Reader {
 public:
  /// Asks the processor for the memory where read() of `address` will begin, so that it arrives
  /// while the caller is still being authenticated. Looks at nothing: what is cached and what is
  /// not take alike, so it may be called before anybody's right to know is decided.
  virtual void expect(const Address& address) const = 0;
  /// Takes what a worker read, except rows that have changed since.
  virtual void fill(ReadSet&& set) = 0;
  /// Counts changes of identity records (users, their policies, access keys, accounts) applied so
  /// far: what was built at an older count is stale. Note the count before handing a miss to a
  /// worker, and keep the worker's answer under that count.
  virtual std::uint64_t identity_generation() = 0;
  /// A reader for one call that missed something here: it asks this cache, then the store, and
  /// fills the cache as it goes. All it reads is of one revision. kNotCached beyond
  /// limits::kThroughRowsMax rows of the store. Null if nothing was missed, and while a look could
  /// keep the thread waiting: one a short while ago had to wait for the disk, the store is not
  /// verified yet, or a commit is being published. Ends before the cache and before the thread does
  /// anything else.
  virtual std::unique_ptr<Reader> through() = 0;
  /// Forgets everything (seal, or a broken watch).
  virtual void clear() = 0;

  bool on_io_thread() const override { return true; }
};

}  // namespace strongroom::barrier
