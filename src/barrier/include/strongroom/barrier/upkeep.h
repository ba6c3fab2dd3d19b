#pragma once
// What is done to a sealed store beside serving it: proving that everything opens, changing the
// keyring's epoch and the key above it. Not for the request path. Thread-safe but for
// reseal_some().

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::barrier {

inline constexpr std::size_t kKeyringEpochsMax = 255;
inline constexpr std::size_t kResealRowsMax = 40;          // sealed again in one commit
inline constexpr std::size_t kResealBytesMax = 1'000'000;  // of records in one commit

class Upkeep {
 public:
  virtual ~Upkeep() = default;

  /// What open_every_record() found.
  struct Census {
    std::uint64_t records = 0;      // opened
    std::uint64_t timed = 0;        // rows of time tables, opened
    std::uint64_t raw = 0;          // rows whose owner sealed them: counted only
    std::uint64_t other_epoch = 0;  // records not sealed under the current keyring epoch
  };
  /// Opens every record there is, over short snapshots: the proof that the keyring holds every key
  /// that the rows need. Stops at the first that does not open.
  virtual Result<Census> open_every_record() = 0;

  /// The keyring's epochs, without their keys.
  struct KeyringFacts {
    std::uint32_t current = 0;
    Instant since;                      // when the current epoch began
    std::vector<std::uint32_t> epochs;  // ascending; old ones are there while rows may need them
  };
  virtual KeyringFacts keyring() const = 0;
  /// Begins a new epoch: durable, then used for everything that is written from then on. Returns
  /// it. kExhausted while the ring holds kKeyringEpochsMax epochs.
  virtual Result<std::uint32_t> rotate_keyring(Instant now) = 0;

  /// One step of sealing old rows again under the current epoch.
  struct ResealStep {
    std::size_t resealed = 0;
    bool end = false;  // the walk has come to the end; `cursor` is empty again
    int percent = 0;   // of all rows that the walk has passed, roughly
  };
  /// Looks at the rows behind `cursor` (empty: from the start), at most kResealRowsMax, and seals
  /// those of an older epoch again in one commit. A row that a writer changes meanwhile is left to
  /// the next walk. To be called by one thread, with pauses that leave writers their pace.
  virtual Result<ResealStep> reseal_some(std::string& cursor) = 0;
  /// Forgets the epochs that no row needs any more, after a walk of its own that changes nothing.
  /// Returns how many rows still need one; 0: done. From the call on, a change that was sealed
  /// under an old epoch and not committed yet is refused with kUnavailable.
  virtual Result<std::uint64_t> retire_epochs() = 0;
  /// Seals the keyring row under `keyring` (DataKeys::keyring), durable when it returns, and from
  /// then on. Nothing happens if it is already.
  virtual Result<void> wrap_keyring(SecretBytes keyring) = 0;
};

/// Of a store made by open_sealed_store(); lives as long as it.
Upkeep& upkeep_of(SealedStore& store);

}  // namespace strongroom::barrier
