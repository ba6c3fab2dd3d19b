#pragma once
// Keyring epochs: beginning one, sealing old rows again under it, forgetting the old ones
// (docs/formats/record.md, "The keyring"). rotate(), retire() and wrap() take turns; reseal_some()
// belongs to one thread. check_writes() belongs to the commit thread.

#include <atomic>
#include <mutex>
#include <span>
#include <string>
#include <utility>

#include "core.h"
#include "strongroom/barrier/upkeep.h"

namespace strongroom::barrier {

class EpochChange {
 public:
  /// `k_keyring` seals the keyring row.
  EpochChange(Core& core, SecretBytes k_keyring) : core_(core), k_keyring_(std::move(k_keyring)) {}

  Result<std::uint32_t> rotate(Instant now);
  Result<Upkeep::ResealStep> reseal_some(std::string& cursor);
  Result<std::uint64_t> retire();
  Result<void> wrap(SecretBytes k_keyring);

  /// Refuses records that were sealed under an epoch that is about to be forgotten.
  Result<void> check_writes(std::span<const store::AppliedWrite> writes) const;

 private:
  Result<store::Row> stored_ring() const;
  Result<void> store_ring(const Keyring& ring);
  Result<void> write_ring(const store::Row& row, const SecretBytes& k_keyring, ByteView body);
  Result<std::uint64_t> count_old(std::uint32_t current) const;

  Core& core_;
  std::mutex turn_;
  SecretBytes k_keyring_;  // guarded by turn_
  std::atomic<std::uint32_t> floor_{0};
  std::uint32_t oldest_ = 0;  // epochs before it are in memory alone; guarded by turn_
};

}  // namespace strongroom::barrier
