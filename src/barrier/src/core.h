#pragma once
// What readers, transactions and the sealed store share: keys, sums, and the way from an address to
// an opened record. Thread-safe.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "keyring.h"
#include "opened_records.h"
#include "row_key.h"
#include "state_sums.h"
#include "strongroom/barrier/sealed_store.h"
#include "verifier.h"

namespace strongroom::barrier {

class Core {
 public:
  struct Secrets {
    SecretBytes k_index;
    SecretBytes base;
    std::unique_ptr<Keyring> keyring;
  };
  Core(store::Store& engine, Uuid cluster, Random& random, Secrets secrets, StateSums::Keys keys);

  store::Store& engine() { return engine_; }
  StateSums& sums() { return sums_; }
  const StateSums& sums() const { return sums_; }
  Verifier& verifier() { return verifier_; }
  const SecretBytes& k_index() const { return secrets_.k_index; }
  const SecretBytes& base() const { return secrets_.base; }
  Uuid cluster() const { return cluster_; }
  Random& random() { return random_; }

  std::uint32_t current_epoch() const { return secrets_.keyring->current(); }
  Keyring& keyring() { return *secrets_.keyring; }
  const Keyring& keyring() const { return *secrets_.keyring; }

  /// The row sealed again under the current epoch, as its own `rev` counts on.
  Result<std::string> reseal(const store::Row& row);

  /// The row after its bucket was found right; nothing if it is absent. kCorrupt, kUnavailable as
  /// Reader::read.
  Result<std::optional<store::Row>> fetch(const store::Snapshot& snapshot, std::string_view key);

  /// Opens a resource row. kCorrupt seals the server.
  Result<RecordRef> open(AccountId account, const store::Row& row);
  /// The same for a transaction, by way of what others have opened. `seen`: its snapshot's
  /// revision.
  Result<RecordRef> open_again(AccountId account, const store::Row& row, store::Revision seen);
  OpenedRecords& opened() { return opened_; }
  /// The same for a row whose address is not known.
  Result<RecordRef> open_unaddressed(const store::Row& row);
  Result<RecordRef> open_timed(const store::Row& row);

  Result<std::string> seal(const Address& address, std::string_view key, Uuid resource,
                           std::uint64_t rev, ByteView body);
  Result<std::string> seal_timed(std::string_view key, ByteView body);

  bool sealed() const { return sealed_.load(std::memory_order_acquire); }
  /// Once: log line, advice on standard error, and nothing is served any more.
  void seal_server(std::string_view reason, std::string_view what);

 private:
  Result<RecordRef> open_as(std::uint8_t type, AccountId account, const store::Row& row);

  store::Store& engine_;
  const Uuid cluster_;
  Random& random_;
  const Secrets secrets_;
  std::atomic<bool> sealed_{false};
  OpenedRecords opened_;
  StateSums sums_;
  Verifier verifier_;  // last: its thread uses the others
};

/// What everything answers after a mismatch.
std::unexpected<Error> sealed_error();
std::unexpected<Error> not_found();

}  // namespace strongroom::barrier
