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
    if (bytes < kHugeFrom) return static_cast<T*>(::operator new(bytes));
    const std::size_t rounded = (bytes + kPage - 1) / kPage * kPage;
    void* memory = std::aligned_alloc(kPage, rounded);
    if (memory == nullptr) throw std::bad_alloc();
    madvise(memory, rounded, MADV_HUGEPAGE);  // advice: slower without, not wrong
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kHugeFrom) {
      ::operator delete(memory);
    } else {
      std::free(memory);
    }
  }
  bool operator==(const HugePageAllocator&) const = default;

 private:
  static constexpr std::size_t kPage = 2U << 20;
  static constexpr std::size_t kHugeFrom = 2 * kPage;
};

}  // namespace strongroom::barrier
