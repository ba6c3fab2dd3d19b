#include "arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <memory>

#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"

#ifdef SR_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace strongroom::secmem {
namespace {

constexpr std::size_t kSlabBytesMin = 64U << 10;
constexpr std::size_t kHugePageBytes = 2U << 20;
constexpr std::size_t kSlabBytesMax = kHugePageBytes;

std::size_t page_bytes() {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

std::size_t round_up(std::size_t value, std::size_t step) {
  return (value + step - 1) / step * step;
}

// Writable bytes between two pages that fault. What can be one huge page lies so that it can be:
// records of many secrets are read at random, and each read would otherwise miss the TLB too.
std::uint8_t* map_guarded(std::size_t bytes) {
  const std::size_t guard = page_bytes();
  const std::size_t slack = bytes == kHugePageBytes ? kHugePageBytes : 0;
  const std::size_t mapped = bytes + 2 * guard + slack;
  void* mapping = mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) return nullptr;
  auto* begin = static_cast<std::uint8_t*>(mapping);
  if (slack > 0) {
    const std::size_t past = (reinterpret_cast<std::uintptr_t>(begin) + guard) % kHugePageBytes;
    const std::size_t skipped = past == 0 ? 0 : kHugePageBytes - past;
    if (skipped > 0) munmap(begin, skipped);
    if (skipped < slack) munmap(begin + skipped + bytes + 2 * guard, slack - skipped);
    begin += skipped;
  }
  std::uint8_t* data = begin + guard;
  if (mprotect(data, bytes, PROT_READ | PROT_WRITE) != 0) {
    munmap(begin, bytes + 2 * guard);
    return nullptr;
  }
  if (slack > 0) madvise(data, bytes, MADV_HUGEPAGE);  // advice: slower without, not wrong
  return data;
}

// Under AddressSanitizer a free block is poisoned, so that a use after free is reported as for
// malloc.
void hide([[maybe_unused]] std::uint8_t* block, [[maybe_unused]] std::size_t bytes) {
#ifdef SR_ASAN
  __asan_poison_memory_region(block, bytes);
#endif
}
void show([[maybe_unused]] std::uint8_t* block, [[maybe_unused]] std::size_t bytes) {
#ifdef SR_ASAN
  __asan_unpoison_memory_region(block, bytes);
#endif
}

}  // namespace

std::size_t class_of(std::size_t size) {
  if (size <= kBlockBytesMin) return 0;
  const auto upper =
      static_cast<std::size_t>(std::bit_width(size - 1));    // 2^(upper-1) < size <= 2^upper
  const std::size_t middle = std::size_t{3} << (upper - 2);  // 1.5 * 2^(upper-1)
  return 2 * (upper - 5) - (size <= middle ? 1 : 0);
}

std::size_t class_bytes(std::size_t index) {
  const std::size_t power = kBlockBytesMin << (index / 2);
  return index % 2 == 0 ? power : power + power / 2;
}

Arena& Arena::process() {
  static Arena& arena = *std::make_unique<Arena>(limits::kLockedBytesMax).release();
  return arena;
}

std::uint8_t* Arena::map_locked(std::size_t bytes) {
  if (bytes > limit_bytes_ - std::min(limit_bytes_, reserved_bytes_)) return nullptr;
  std::uint8_t* data = map_guarded(bytes);
  if (data == nullptr) return nullptr;
  // Both are refused only by kernels older than 4.14; then core files and forks are kept off by
  // process settings alone.
  madvise(data, bytes, MADV_DONTDUMP);
  madvise(data, bytes, MADV_WIPEONFORK);
  if (mlock(data, bytes) != 0) {
    lock_error_ = errno;
    unlocked_bytes_ += bytes;
  }
  reserved_bytes_ += bytes;
  return data;
}

bool Arena::grow(std::size_t index) {
  SizeClass& size_class = classes_[index];
  const std::size_t block = class_bytes(index);
  // Doubling keeps an idle process small and a busy one short of mappings.
  const std::size_t wanted =
      std::clamp(std::max(size_class.mapped_bytes, 4 * block), kSlabBytesMin, kSlabBytesMax);
  const std::size_t slab = round_up(wanted, page_bytes());
  const std::size_t count = slab / block;
  size_class.free.reserve(size_class.blocks + count);
  std::uint8_t* data = map_locked(slab);
  if (data == nullptr) return false;
  size_class.blocks += count;
  size_class.mapped_bytes += slab;
  for (std::size_t i = count; i-- > 0;) size_class.free.push_back(data + i * block);
  hide(data, slab);
  return true;
}

std::size_t Arena::allocate_many(std::size_t index, std::uint8_t** blocks, std::size_t count) {
  const std::lock_guard lock(mutex_);
  SizeClass& size_class = classes_[index];
  std::size_t given = 0;
  while (given < count) {
    if (size_class.free.empty() && (given > 0 || !grow(index))) break;
    blocks[given++] = size_class.free.back();
    size_class.free.pop_back();
  }
  return given;
}

void Arena::release_many(std::size_t index, std::uint8_t* const* blocks, std::size_t count) {
  const std::lock_guard lock(mutex_);
  SizeClass& size_class = classes_[index];
  SR_CHECK(size_class.free.size() + count <= size_class.blocks);  // else something was freed twice
  size_class.free.insert(size_class.free.end(), blocks, blocks + count);
}

std::uint8_t* Arena::allocate(std::size_t size) {
  if (size > kSlabBlockBytesMax) return allocate_large(size);
  const std::size_t index = class_of(size);
  std::uint8_t* block = nullptr;
  if (allocate_many(index, &block, 1) == 0) return nullptr;
  show(block, size);
  return block;
}

void Arena::release(std::uint8_t* block, std::size_t size) {
  if (size > kSlabBlockBytesMax) return release_large(block, size);
  const std::size_t index = class_of(size);
  hide(block, class_bytes(index));
  release_many(index, &block, 1);
}

std::uint8_t* Arena::allocate_large(std::size_t size) {
  if (size > limit_bytes_) return nullptr;
  const std::lock_guard lock(mutex_);
  const std::size_t unlocked_before = unlocked_bytes_;
  std::uint8_t* block = map_locked(round_up(size, page_bytes()));
  if (unlocked_bytes_ != unlocked_before) unlocked_large_.push_back(block);
  return block;
}

void Arena::release_large(std::uint8_t* block, std::size_t size) {
  const std::size_t bytes = round_up(size, page_bytes());
  const std::lock_guard lock(mutex_);
  if (std::erase(unlocked_large_, block) > 0) unlocked_bytes_ -= bytes;
  reserved_bytes_ -= bytes;
  munmap(block - page_bytes(), bytes + 2 * page_bytes());
}

LockedMemory Arena::status() const {
  const std::lock_guard lock(mutex_);
  return {.reserved_bytes = reserved_bytes_,
          .unlocked_bytes = unlocked_bytes_,
          .limit_bytes = limit_bytes_,
          .lock_error = lock_error_,
          .fully_locked = unlocked_bytes_ == 0};
}

namespace {

constexpr std::size_t kCachedClasses = 15;  // blocks of up to 4 KiB
constexpr std::size_t kCachedBlocksMax = 16;
constexpr std::size_t kCachedBytesPerClass = 8U << 10;

constexpr std::size_t cache_depth(std::size_t bytes) {
  return std::clamp<std::size_t>(kCachedBytesPerClass / bytes, 2, kCachedBlocksMax);
}

struct CachedClass {
  std::array<std::uint8_t*, kCachedBlocksMax> blocks;
  std::size_t count;
};

// Trivially destructible on purpose: secrets in other thread-local objects may be freed after
// CacheReturner has run.
struct ThreadCache {
  std::array<CachedClass, kCachedClasses> classes;
  bool closed;
};
constinit thread_local ThreadCache cache{};

struct CacheReturner {
  ~CacheReturner() {
    cache.closed = true;
    for (std::size_t i = 0; i < kCachedClasses; ++i) {
      Arena::process().release_many(i, cache.classes[i].blocks.data(), cache.classes[i].count);
      cache.classes[i].count = 0;
    }
  }
  void touch() {}
};
thread_local CacheReturner cache_returner;

}  // namespace

std::uint8_t* cached_allocate(std::size_t size) {
  const std::size_t index = size <= kSlabBlockBytesMax ? class_of(size) : kClasses;
  if (index >= kCachedClasses || cache.closed) return Arena::process().allocate(size);
  CachedClass& cached = cache.classes[index];
  if (cached.count == 0) {
    cache_returner.touch();  // makes sure that it exists, so that what is cached goes back
    cached.count = Arena::process().allocate_many(index, cached.blocks.data(),
                                                  cache_depth(class_bytes(index)) / 2);
    if (cached.count == 0) return nullptr;
  }
  std::uint8_t* block = cached.blocks[--cached.count];
  show(block, size);
  return block;
}

void cached_release(std::uint8_t* block, std::size_t size) {
  const std::size_t index = size <= kSlabBlockBytesMax ? class_of(size) : kClasses;
  if (index >= kCachedClasses || cache.closed) return Arena::process().release(block, size);
  CachedClass& cached = cache.classes[index];
  const std::size_t bytes = class_bytes(index);
  hide(block, bytes);
  cache_returner.touch();
  if (cached.count == cache_depth(bytes)) {
    const std::size_t half = cached.count / 2;
    Arena::process().release_many(index, cached.blocks.data() + (cached.count - half), half);
    cached.count -= half;
  }
  cached.blocks[cached.count++] = block;
}

}  // namespace strongroom::secmem
