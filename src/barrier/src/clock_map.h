#pragma once
// A map with a bound in bytes and CLOCK eviction: open addressing, linear probing, no allocation on
// a hit. One thread.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

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

  /// Adds or replaces; `bytes` is what the value occupies beside its slot. May evict others.
  void insert(std::uint64_t hash, Key key, Value value, std::size_t bytes) {
    hash = normal(hash);
    if (const std::size_t old = index_of(hash, key); old != kNone) remove_at(old);
    if (slots_.empty() || (count_ + 1) * 10 > slots_.size() * 7) grow();
    std::size_t at = hash & mask();
    while (slots_[at].hash != 0) at = (at + 1) & mask();
    const std::size_t charged = bytes + 2 * sizeof(Slot);  // the table is half empty on average
    slots_[at] = {hash, charged, false, std::move(key), std::move(value)};
    ++count_;
    bytes_ += charged;
    evict(at);
  }

  template <class Lookup>
  void erase(std::uint64_t hash, const Lookup& key) {
    if (const std::size_t at = index_of(normal(hash), key); at != kNone) remove_at(at);
  }

  void clear() {
    slots_.clear();
    slots_.shrink_to_fit();
    count_ = bytes_ = hand_ = 0;
  }

  std::size_t size() const { return count_; }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Slot {
    std::uint64_t hash = 0;  // 0: empty
    std::size_t bytes = 0;
    bool referenced = false;
    Key key{};
    Value value{};
  };
  static constexpr std::size_t kNone = SIZE_MAX;
  static constexpr std::size_t kFirstSlots = 256;

  static std::uint64_t normal(std::uint64_t hash) { return hash == 0 ? 1 : hash; }
  std::size_t mask() const { return slots_.size() - 1; }

  template <class Lookup>
  std::size_t index_of(std::uint64_t hash, const Lookup& key) const {
    if (slots_.empty()) return kNone;
    for (std::size_t at = hash & mask(); slots_[at].hash != 0; at = (at + 1) & mask()) {
      if (slots_[at].hash == hash && slots_[at].key == key) return at;
    }
    return kNone;
  }

  // Closes the gap so that probing never needs tombstones.
  void remove_at(std::size_t gap) {
    bytes_ -= slots_[gap].bytes;
    --count_;
    std::size_t next = gap;
    while (true) {
      next = (next + 1) & mask();
      if (slots_[next].hash == 0) break;
      const std::size_t home = slots_[next].hash & mask();
      const bool stays = gap <= next ? (gap < home && home <= next) : (gap < home || home <= next);
      if (stays) continue;
      slots_[gap] = std::move(slots_[next]);
      gap = next;
    }
    slots_[gap] = Slot();
  }

  void grow() {
    std::vector<Slot> old = std::exchange(slots_, {});
    slots_.resize(old.empty() ? kFirstSlots : old.size() * 2);
    hand_ = 0;
    for (Slot& slot : old) {
      if (slot.hash == 0) continue;
      std::size_t at = slot.hash & mask();
      while (slots_[at].hash != 0) at = (at + 1) & mask();
      slots_[at] = std::move(slot);
    }
  }

  // The newcomer counts as just used.
  void evict(std::size_t newcomer) {
    if (bytes_ <= bytes_max_) return;
    slots_[newcomer].referenced = true;
    while (bytes_ > bytes_max_ && count_ > 0) {
      Slot& slot = slots_[hand_];
      if (slot.hash != 0 && !slot.referenced) {
        remove_at(hand_);  // what moves into the gap is looked at next
        continue;
      }
      slot.referenced = false;
      hand_ = (hand_ + 1) & mask();
    }
  }

  const std::size_t bytes_max_;
  std::vector<Slot> slots_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::size_t hand_ = 0;
};

}  // namespace strongroom::barrier
