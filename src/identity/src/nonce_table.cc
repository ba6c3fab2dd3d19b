#include "strongroom/identity/nonce_table.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "keyed_hash.h"
#include "strongroom/base/check.h"

namespace strongroom::identity {
namespace {

constexpr std::int64_t kWindowMinutes = limits::kTimestampWindowMillis / kMillisPerMinute + 1;
constexpr std::size_t kKeyIdBytesMax = 128;

std::int64_t minute_of(Instant instant) {
  const std::int64_t ms = instant.unix_ms;
  return ms >= 0 ? ms / kMillisPerMinute : (ms - kMillisPerMinute + 1) / kMillisPerMinute;
}

std::size_t segments_in_level(std::size_t level) {
  return std::size_t{1} << level;
}

constexpr std::int64_t open_state(std::int64_t minute) {
  return minute * 2;
}

}  // namespace

NonceTable::NonceTable(Random& random, std::size_t bytes_max)
    : segments_max_(std::max<std::size_t>(1, bytes_max / kSegmentBytes)) {
  random.fill(secret_);
  // Address space only: a page becomes memory when a mark is first put into it.
  void* mapped = mmap(nullptr, segments_max_ * kSegmentBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  SR_CHECK(mapped != MAP_FAILED);
  // Marks fall on random pages: small ones would each cost a fault at first and a TLB miss later.
  // Advice only, so a refusal makes it slower, not wrong.
  madvise(mapped, segments_max_ * kSegmentBytes, MADV_HUGEPAGE);
  static_assert(sizeof(Slot) == 8 && Slot::is_always_lock_free);
  arena_ = static_cast<Slot*>(mapped);
}

NonceTable::~NonceTable() {
  munmap(arena_, segments_max_ * kSegmentBytes);
  for (Minute& minute : ring_) {
    for (auto& level : minute.levels) delete[] level.load();
  }
}

std::int64_t NonceTable::window_millis() const {
  return used_.load(std::memory_order_relaxed) * 4 > segments_max_ * 3
             ? limits::kTimestampWindowShrunkMillis
             : limits::kTimestampWindowMillis;
}

std::uint64_t NonceTable::fingerprint(const Mark& mark) const {
  std::array<char, kKeyIdBytesMax + limits::kNonceBytesMax + 2> text;
  SR_CHECK(mark.key_id.size() <= kKeyIdBytesMax && mark.text.size() <= limits::kNonceBytesMax);
  text[0] = mark.is_signature ? 's' : 'n';
  text[1] = static_cast<char>(mark.key_id.size());
  std::memcpy(text.data() + 2, mark.key_id.data(), mark.key_id.size());
  std::memcpy(text.data() + 2 + mark.key_id.size(), mark.text.data(), mark.text.size());
  const std::size_t size = 2 + mark.key_id.size() + mark.text.size();
  const std::uint64_t print = keyed_hash(secret_, {text.data(), size});
  return print == 0 ? 1 : print;  // 0 is an empty slot
}

NonceTable::Verdict NonceTable::insert(const Mark& mark, Instant signed_at, Instant now) {
  const std::int64_t number = minute_of(signed_at);
  const std::int64_t now_minute = minute_of(now);
  if (number < 0) return Verdict::kDropped;
  Minute& minute = ring_[static_cast<std::size_t>(number) % kRing];
  std::int64_t state = minute.state.load(std::memory_order_acquire);
  if (state < open_state(number)) {
    const std::lock_guard lock(mutex_);
    if (minute.state.load(std::memory_order_relaxed) < open_state(number)) {
      open_minute(minute, number, now_minute);
    }
    state = minute.state.load(std::memory_order_relaxed);
  }
  if (state > open_state(now_minute + kWindowMinutes + 1)) {
    const std::lock_guard lock(mutex_);
    forget_after(now_minute + kWindowMinutes);
    return Verdict::kSetBack;
  }
  // Dropped, or the ring is already at a later minute: this one is long outside the window.
  if (state != open_state(number)) return Verdict::kDropped;
  const Verdict verdict = insert_fingerprint(minute, fingerprint(mark), number, now_minute);
  // Dropped while we were at it: the mark may be lost, so the request must not count as fresh.
  if (minute.state.load(std::memory_order_acquire) != open_state(number)) return Verdict::kDropped;
  return verdict;
}

void NonceTable::expect(const Mark& mark, Instant signed_at) const {
  // All levels are walked, but the small ones lie in near caches: the largest are worth asking for.
  constexpr std::size_t kLevelsAhead = 3;
  const std::int64_t number = minute_of(signed_at);
  if (number < 0) return;
  const Minute& minute = ring_[static_cast<std::size_t>(number) % kRing];
  if (minute.state.load(std::memory_order_acquire) != open_state(number)) return;
  const std::uint64_t print = fingerprint(mark);
  const std::size_t first = minute.first_level.load(std::memory_order_relaxed);
  std::size_t asked = 0;
  for (std::size_t level = kLevels; level-- > first && asked < kLevelsAhead;) {
    const Slot* slots = bucket_of(minute, level, print);
    if (slots == nullptr) continue;
    __builtin_prefetch(slots, 1);
    __builtin_prefetch(slots + kBucketSlots / 2, 1);
    ++asked;
  }
}

bool NonceTable::holds(const Mark& mark, Instant signed_at) const {
  const std::int64_t number = minute_of(signed_at);
  if (number < 0) return false;
  const Minute& minute = ring_[static_cast<std::size_t>(number) % kRing];
  if (minute.state.load(std::memory_order_acquire) != open_state(number)) return false;
  const std::uint64_t print = fingerprint(mark);
  for (std::size_t level = minute.first_level.load(std::memory_order_relaxed); level < kLevels;
       ++level) {
    const Slot* slots = bucket_of(minute, level, print);
    if (slots == nullptr) return false;
    for (std::size_t i = 0; i < kBucketSlots; ++i) {
      const std::uint64_t held = slots[i].load(std::memory_order_acquire);
      if (held == print) return true;
      if (held == 0) return false;
    }
  }
  return false;
}

NonceTable::Slot* NonceTable::bucket_of(const Minute& minute, std::size_t level,
                                        std::uint64_t print) const {
  const std::size_t bucket = print & (segments_in_level(level) * kSegmentBuckets - 1);
  const std::atomic<SegmentId>* directory = minute.levels[level].load(std::memory_order_acquire);
  if (directory == nullptr) return nullptr;
  const SegmentId id = directory[bucket / kSegmentBuckets].load(std::memory_order_acquire);
  return id == 0 ? nullptr : segment(id) + (bucket % kSegmentBuckets) * kBucketSlots;
}

// Every thread walks the same buckets in the same order and slots never empty while a minute is
// open, so two threads with one fingerprint meet in the slot that the first of them filled.
NonceTable::Verdict NonceTable::insert_fingerprint(Minute& minute, std::uint64_t print,
                                                   std::int64_t number, std::int64_t now_minute) {
  for (std::size_t level = minute.first_level.load(std::memory_order_relaxed); level < kLevels;
       ++level) {
    Slot* slots = bucket_of(minute, level, print);
    if (slots == nullptr) {
      const std::lock_guard lock(mutex_);
      if (minute.state.load(std::memory_order_relaxed) != open_state(number)) {
        return Verdict::kDropped;
      }
      const std::size_t bucket = print & (segments_in_level(level) * kSegmentBuckets - 1);
      if (add_segment(minute, level, bucket / kSegmentBuckets, now_minute) == 0) {
        return Verdict::kFull;
      }
      slots = bucket_of(minute, level, print);
    }
    switch (place_in(slots, print)) {
      case Place::kPlaced:
        return Verdict::kFresh;
      case Place::kFound:
        return Verdict::kSeen;
      case Place::kNoRoom:
        break;
    }
  }
  return Verdict::kFull;
}

NonceTable::Place NonceTable::place_in(Slot* bucket, std::uint64_t print) {
  for (std::size_t i = 0; i < kBucketSlots; ++i) {
    std::uint64_t held = bucket[i].load(std::memory_order_acquire);
    if (held == 0 && bucket[i].compare_exchange_strong(held, print, std::memory_order_acq_rel)) {
      return Place::kPlaced;
    }
    if (held == print) return Place::kFound;
  }
  return Place::kNoRoom;
}

// The new minute starts at a level that the last one filled, so that steady traffic finds its
// bucket within a few looks. Minutes that left the window give back what they hold.
void NonceTable::open_minute(Minute& minute, std::int64_t number, std::int64_t now_minute) {
  const Minute& before = ring_[static_cast<std::size_t>(number + kRing - 1) % kRing];
  const std::uint32_t expected = before.segments.load(std::memory_order_relaxed);
  std::uint32_t level = 0;
  while (level + 1 < kLevels && segments_in_level(level + 1) * 4 <= expected) ++level;
  while (drop_oldest(now_minute - kWindowMinutes)) {
  }
  empty_minute(minute);
  minute.first_level.store(level, std::memory_order_relaxed);
  minute.state.store(open_state(number), std::memory_order_release);
}

void NonceTable::empty_minute(Minute& minute) {
  for (std::size_t level = 0; level < kLevels; ++level) {
    std::atomic<SegmentId>* directory = minute.levels[level].load(std::memory_order_relaxed);
    if (directory == nullptr) continue;
    for (std::size_t i = 0; i < segments_in_level(level); ++i) {
      const SegmentId id = directory[i].exchange(0, std::memory_order_acq_rel);
      if (id != 0) free_.push_back(id);
    }
  }
  used_.fetch_sub(minute.segments.exchange(0, std::memory_order_relaxed),
                  std::memory_order_relaxed);
}

// Nothing was signed that late: the clock has been set back since. The ring would refuse everything
// until it is there again.
void NonceTable::forget_after(std::int64_t minute) {
  for (Minute& one : ring_) {
    if (one.state.load(std::memory_order_relaxed) <= open_state(minute) + 1) continue;
    one.state.store(-1, std::memory_order_release);
    empty_minute(one);
  }
}

bool NonceTable::drop_oldest(std::int64_t before_minute) {
  Minute* oldest = nullptr;
  std::int64_t oldest_state = open_state(before_minute);
  for (Minute& minute : ring_) {
    const std::int64_t state = minute.state.load(std::memory_order_relaxed);
    if (state < 0 || minute.segments.load(std::memory_order_relaxed) == 0) continue;
    if (state < oldest_state) {
      oldest = &minute;
      oldest_state = state;
    }
  }
  if (oldest == nullptr) return false;
  oldest->state.store(oldest_state | 1, std::memory_order_release);
  empty_minute(*oldest);
  return true;
}

// Minutes that the shrunken window still accepts are never dropped for room.
NonceTable::SegmentId NonceTable::take_segment(std::int64_t now_minute) {
  while (free_.empty() && next_unused_ == segments_max_) {
    if (!drop_oldest(now_minute - 1)) return 0;
  }
  used_.fetch_add(1, std::memory_order_relaxed);
  if (free_.empty()) return static_cast<SegmentId>(++next_unused_);
  const SegmentId id = free_.back();
  free_.pop_back();
  Slot* slots = segment(id);
  for (std::size_t i = 0; i < kSegmentSlots; ++i) slots[i].store(0, std::memory_order_relaxed);
  return id;
}

NonceTable::SegmentId NonceTable::add_segment(Minute& minute, std::size_t level, std::size_t index,
                                              std::int64_t now_minute) {
  std::atomic<SegmentId>* directory = minute.levels[level].load(std::memory_order_relaxed);
  if (directory == nullptr) {
    directory = new std::atomic<SegmentId>[segments_in_level(level)]();
    minute.levels[level].store(directory, std::memory_order_release);
  }
  SegmentId id = directory[index].load(std::memory_order_relaxed);
  if (id != 0) return id;
  const std::int64_t state = minute.state.load(std::memory_order_relaxed);
  id = take_segment(now_minute);
  if (id == 0) return 0;
  if (minute.state.load(std::memory_order_relaxed) != state) {  // it was itself the oldest
    free_.push_back(id);
    used_.fetch_sub(1, std::memory_order_relaxed);
    return 0;
  }
  minute.segments.fetch_add(1, std::memory_order_relaxed);
  directory[index].store(id, std::memory_order_release);
  return id;
}

}  // namespace strongroom::identity
