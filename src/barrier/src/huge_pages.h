#pragma once
// An allocator that asks for huge pages once an array is large: a cache of 50,000 entries is looked
// up at random, and every look-up would otherwise miss the TLB as well. Stateless.

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace strongroom::barrier {

template <class T>
struct HugePageAllocator {
  using value_type = T;
  HugePageAllocator() = default;
  template <class U>
  explicit HugePageAllocator(const HugePageAllocator<U>&) {}

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    const std::size_t unit = bytes < kHugeFrom ? kCacheLine : kPage;
    void* memory = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
    if (memory == nullptr) throw std::bad_alloc();
    if (unit == kPage) madvise(memory, bytes, MADV_HUGEPAGE);  // advice: slower without, not wrong
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t) { std::free(memory); }
  bool operator==(const HugePageAllocator&) const = default;

 private:
  static constexpr std::size_t kCacheLine = 64;
  static_assert(alignof(T) <= kCacheLine);
  static constexpr std::size_t kPage = 2U << 20;
  static constexpr std::size_t kHugeFrom = 2 * kPage;
};

}  // namespace strongroom::barrier
