#pragma once
// A map with a bound in bytes and CLOCK eviction: open addressing, linear probing, no allocation on
// a hit. One thread.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "huge_pages.h"

namespace strongroom::barrier {

/// `Key` compares with whatever find() and erase() are given. A hash of 0 is changed to 1.
template <class Key, class Value>
class ClockMap {
 public:
  explicit ClockMap(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// The value, valid until the next call that changes the map, or null.
  template <class Lookup>
  Value* find(std::uint64_t hash, const Lookup& key) {
    const std::size_t at = index_of(normal(hash), key);
    if (at == kNone) return nullptr;
    slots_[at].referenced = true;
    return &slots_[at].value;
  }

  /// Asks for the lines where find() of this hash will look first.
  void prefetch(std::uint64_t hash) const {
    if (hashes_.empty()) return;
    const std::size_t at = normal(hash) & mask();
    __builtin_prefetch(&hashes_[at]);
    const char* slot = reinterpret_cast<const char*>(&slots_[at]);
    for (std::size_t i = 0; i < sizeof(Slot); i += kLine) __builtin_prefetch(slot + i);
    __builtin_prefetch(slot + sizeof(Slot) - 1);
  }

  /// Adds or replaces; `bytes` is what the value occupies beside its slot. May evict others.
  void insert(std::uint64_t hash, Key key, Value value, std::size_t bytes) {
    hash = normal(hash);
    if (const std::size_t old = index_of(hash, key); old != kNone) remove_at(old);
    if (hashes_.empty() || (count_ + 1) * 10 > hashes_.size() * 7) grow();
    const std::size_t at = free_place(hash);
    // The table is half empty on average, so each entry is charged for two places.
    const std::size_t charged = bytes + 2 * (sizeof(Slot) + sizeof(std::uint64_t));
    hashes_[at] = hash;
    slots_[at] = {std::move(key), false, static_cast<std::uint32_t>(charged), std::move(value)};
    ++count_;
    bytes_ += charged;
    evict(at);
  }

  template <class Lookup>
  void erase(std::uint64_t hash, const Lookup& key) {
    if (const std::size_t at = index_of(normal(hash), key); at != kNone) remove_at(at);
  }

  void clear() {
    Hashes().swap(hashes_);
    Slots().swap(slots_);
    count_ = bytes_ = hand_ = 0;
  }

  std::size_t size() const { return count_; }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Slot {
    Key key{};
    bool referenced = false;
    std::uint32_t bytes = 0;
    Value value{};
  };
  using Hashes = std::vector<std::uint64_t, HugePageAllocator<std::uint64_t>>;
  using Slots = std::vector<Slot, HugePageAllocator<Slot>>;
  static constexpr std::size_t kNone = SIZE_MAX;
  static constexpr std::size_t kFirstSlots = 256;
  static constexpr std::size_t kLine = 64;

  static std::uint64_t normal(std::uint64_t hash) { return hash == 0 ? 1 : hash; }
  std::size_t mask() const { return hashes_.size() - 1; }

  template <class Lookup>
  std::size_t index_of(std::uint64_t hash, const Lookup& key) const {
    if (hashes_.empty()) return kNone;
    for (std::size_t at = hash & mask(); hashes_[at] != 0; at = (at + 1) & mask()) {
      if (hashes_[at] == hash && slots_[at].key == key) return at;
    }
    return kNone;
  }

  std::size_t free_place(std::uint64_t hash) const {
    std::size_t at = hash & mask();
    while (hashes_[at] != 0) at = (at + 1) & mask();
    return at;
  }

  // Closes the gap so that probing never needs tombstones.
  void remove_at(std::size_t gap) {
    bytes_ -= slots_[gap].bytes;
    --count_;
    for (std::size_t next = (gap + 1) & mask(); hashes_[next] != 0; next = (next + 1) & mask()) {
      const std::size_t home = hashes_[next] & mask();
      const bool stays = gap <= next ? (gap < home && home <= next) : (gap < home || home <= next);
      if (stays) continue;
      hashes_[gap] = hashes_[next];
      slots_[gap] = std::move(slots_[next]);
      gap = next;
    }
    hashes_[gap] = 0;
    slots_[gap] = Slot();
  }

  void grow() {
    const std::size_t size = hashes_.empty() ? kFirstSlots : hashes_.size() * 2;
    const Hashes old_hashes = std::exchange(hashes_, Hashes(size));
    Slots old_slots = std::exchange(slots_, Slots(size));
    hand_ = 0;
    for (std::size_t i = 0; i < old_hashes.size(); ++i) {
      if (old_hashes[i] == 0) continue;
      const std::size_t at = free_place(old_hashes[i]);
      hashes_[at] = old_hashes[i];
      slots_[at] = std::move(old_slots[i]);
    }
  }

  // The newcomer counts as just used.
  void evict(std::size_t newcomer) {
    if (bytes_ <= bytes_max_) return;
    slots_[newcomer].referenced = true;
    while (bytes_ > bytes_max_ && count_ > 0) {
      if (hashes_[hand_] != 0 && !slots_[hand_].referenced) {
        remove_at(hand_);  // what moves into the gap is looked at next
        continue;
      }
      slots_[hand_].referenced = false;
      hand_ = (hand_ + 1) & mask();
    }
  }

  const std::size_t bytes_max_;
  Hashes hashes_;  // 0: empty; apart from the slots, so that probing stays within a cache line
  Slots slots_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::size_t hand_ = 0;
};

}  // namespace strongroom::barrier
