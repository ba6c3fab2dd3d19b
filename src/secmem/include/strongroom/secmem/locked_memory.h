#pragma once
// What the arena behind SecretBytes holds, for `doctor`, metrics and start-up warnings.
// Thread-safe.

#include <cstddef>

namespace strongroom {

struct LockedMemory {
  std::size_t reserved_bytes = 0;  // taken from the system so far
  std::size_t unlocked_bytes = 0;  // of these, how many the kernel refused to lock
  std::size_t limit_bytes = 0;     // limits::kLockedBytesMax
  int lock_error = 0;              // errno of the newest refusal, 0 if there was none
  bool fully_locked = true;  // false: secrets may reach swap; raise RLIMIT_MEMLOCK (LimitMEMLOCK=)
};

/// A snapshot of the process's arena.
LockedMemory locked_memory();

}  // namespace strongroom
