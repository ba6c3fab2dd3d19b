#pragma once
// The memory behind SecretBytes: slabs of one block size each, mapped between guard pages, locked,
// excluded from core files and wiped in a forked child. Bookkeeping lies outside the slabs, so a
// secret that is overrun cannot corrupt it, and a free block is all zero. Thread-safe: small blocks
// come from a cache per thread, the rest from under one mutex.

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "strongroom/secmem/locked_memory.h"

#if defined(__SANITIZE_ADDRESS__)
#define SR_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SR_ASAN 1
#endif
#endif

namespace strongroom::secmem {

inline constexpr std::size_t kBlockBytesMin = 32;
inline constexpr std::size_t kSlabBlockBytesMax = 64U << 10;  // larger blocks are mapped one by one
inline constexpr std::size_t kClasses = 23;                   // 32, 48, 64, 96, 128, … 49152, 65536

/// Which class a block of `size` bytes (1 … kSlabBlockBytesMax) comes from, and how large that
/// class's blocks are.
std::size_t class_of(std::size_t size);
std::size_t class_bytes(std::size_t index);

class Arena {
 public:
  explicit Arena(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// At least `size` (> 0) zero bytes, aligned to 16; nullptr when the bound or the system's memory
  /// is reached.
  std::uint8_t* allocate(std::size_t size);
  /// Takes back a block whose bytes are all zero. `size` is what it was allocated with.
  void release(std::uint8_t* block, std::size_t size);
  /// The same for `count` blocks of one class in one locked section; returns how many it could
  /// give.
  std::size_t allocate_many(std::size_t index, std::uint8_t** blocks, std::size_t count);
  void release_many(std::size_t index, std::uint8_t* const* blocks, std::size_t count);

  LockedMemory status() const;

  /// The arena of the process; never destroyed, because thread-local and static secrets outlive any
  /// order we could name.
  static Arena& process();

 private:
  struct SizeClass {
    std::vector<std::uint8_t*>
        free;  // capacity covers every block of the class: returning one never allocates
    std::size_t blocks = 0;
    std::size_t mapped_bytes = 0;
  };

  bool grow(std::size_t index);                 // mutex_ held
  std::uint8_t* map_locked(std::size_t bytes);  // mutex_ held; nullptr at the bound
  std::uint8_t* allocate_large(std::size_t size);
  void release_large(std::uint8_t* block, std::size_t size);

  const std::size_t limit_bytes_;
  mutable std::mutex mutex_;
  std::array<SizeClass, kClasses> classes_;
  std::size_t reserved_bytes_ = 0;
  std::size_t unlocked_bytes_ = 0;
  std::vector<std::uint8_t*>
      unlocked_large_;  // large blocks to take off unlocked_bytes_ when they go
  int lock_error_ = 0;
};

/// allocate and release through the calling thread's cache of the process's arena.
std::uint8_t* cached_allocate(std::size_t size);
void cached_release(std::uint8_t* block, std::size_t size);

}  // namespace strongroom::secmem
