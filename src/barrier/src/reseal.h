#pragma once
// Keyring epochs: beginning one, sealing old rows again under it, forgetting the old ones
// (docs/formats/record.md, "The keyring"). rotate() and retire() take turns; reseal_some() belongs
// to one thread. check_writes() belongs to the commit thread.

#include <atomic>
#include <mutex>
#include <span>
#include <string>

#include "core.h"
#include "strongroom/barrier/upkeep.h"

namespace strongroom::barrier {

class EpochChange {
 public:
  explicit EpochChange(Core& core) : core_(core) {}

  Result<std::uint32_t> rotate(Instant now);
  Result<Upkeep::ResealStep> reseal_some(std::string& cursor);
  Result<std::uint64_t> retire();

  /// Refuses records that were sealed under an epoch that is about to be forgotten.
  Result<void> check_writes(std::span<const store::AppliedWrite> writes) const;

 private:
  Result<void> store_ring(const Keyring& ring);
  Result<std::uint64_t> count_old(std::uint32_t current) const;

  Core& core_;
  std::mutex turn_;
  std::atomic<std::uint32_t> floor_{0};
  std::uint32_t oldest_ = 0;  // epochs before it are in memory alone; guarded by turn_
};

}  // namespace strongroom::barrier
