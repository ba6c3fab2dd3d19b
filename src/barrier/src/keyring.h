#pragma once
// The keys that records are sealed under: one random key per epoch, one derived key per epoch and
// account (docs/formats/record.md, "Keys"). Thread-safe once made; epochs are added, never taken
// away.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "strongroom/base/ids.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::barrier {

class Keyring {
 public:
  /// A ring with one new key, epoch 1.
  static Result<std::unique_ptr<Keyring>> create(Instant now, Random& random);
  /// kCorrupt if `body` is not a ring.
  static Result<std::unique_ptr<Keyring>> parse(const SecretBytes& body, std::size_t size);
  /// The form that parse() takes.
  Result<SecretBytes> encode() const;

  /// New records are sealed under this one.
  std::uint32_t current() const { return current_.load(std::memory_order_acquire); }
  std::vector<std::uint32_t> epochs() const;
  Instant since() const;

  /// A copy with one more epoch, which is its current one, and without those before `oldest`, which
  /// are kept in memory alone. kExhausted if it would be too large.
  Result<std::unique_ptr<Keyring>> with_new_epoch(Instant now, std::uint32_t oldest,
                                                  Random& random) const;
  /// A copy that holds the current epoch alone.
  Result<std::unique_ptr<Keyring>> current_only() const;
  /// Takes over what `newer`, made by with_new_epoch(), has more.
  void adopt(Keyring&& newer);
  /// The account's key in an epoch; kept for the next time. kCorrupt for an epoch that the ring
  /// does not have.
  Result<std::shared_ptr<const SecretBytes>> account_key(std::uint32_t epoch,
                                                         AccountId account) const;

 private:
  struct Epoch {
    Instant created;
    SecretBytes key;
  };
  struct Name {
    std::uint32_t epoch;
    std::uint64_t account;
    bool operator==(const Name&) const = default;
  };
  struct NameHash {
    std::size_t operator()(const Name& name) const {
      return static_cast<std::size_t>((name.account ^ (std::uint64_t{name.epoch} << 56U)) *
                                      0x9e3779b97f4a7c15U);
    }
  };

  Result<void> copy_epoch(std::uint32_t number, Keyring& to) const;

  std::atomic<std::uint32_t> current_{0};
  mutable std::shared_mutex mutex_;  // of the following two
  std::map<std::uint32_t, Epoch> epochs_;
  mutable std::unordered_map<Name, std::shared_ptr<const SecretBytes>, NameHash> derived_;
};

}  // namespace strongroom::barrier
