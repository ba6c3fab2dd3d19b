#pragma once
// Remembers which signed requests were seen, so that a captured one cannot be sent again
// (gateway.md §1.5, ARCHITECTURE.md "Nonces").
//
// One table per *signed minute* holds 64-bit keyed fingerprints of (access key id, nonce): a
// request can only be repeated with its own timestamp, so one table answers, and it dies as a whole
// when its minute leaves the window. Tables grow by levels, each twice the last; an entry
// lives in the first level whose bucket (two neighbouring cache lines) had room, slots are only
// ever filled, so that insert is one pass of compare-and-swap without locks. Memory comes from one
// arena in 16 KiB segments that are never returned, only reused: a thread that comes late into a
// reused segment can waste a slot there, no more. All methods are thread-safe; insert() locks only
// when a segment is taken or a new minute begins.
//
// The fingerprint is XXH3 under 192 random bytes drawn at construction. That is a keyed hash and no
// cryptographic MAC, which suffices: it is reached after the signature was verified, its value is
// never shown, equal inputs always collide (a replay is never missed), and a chance collision of
// two honest requests (n²/2⁶⁵ within a minute) refuses one, which its client signs anew.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "strongroom/base/limits.h"
#include "strongroom/base/random.h"
#include "strongroom/base/time.h"

namespace strongroom::identity {

class NonceTable {
 public:
  enum class Verdict : std::uint8_t {
    kFresh,    // first time; now remembered
    kSeen,     // a replay
    kDropped,  // its minute is no longer remembered: refuse the timestamp
    kFull,     // no room even for current minutes: refuse the caller
    kSetBack,  // the clock went back; what was signed ahead of it is forgotten: ask once more
  };

  /// `bytes_max` bounds the arena; rounded down to whole segments, at least one.
  explicit NonceTable(Random& random, std::size_t bytes_max = limits::kNonceTableBytesMax);
  ~NonceTable();
  NonceTable(const NonceTable&) = delete;
  NonceTable& operator=(const NonceTable&) = delete;

  /// What makes a request unique: its nonce, or its signature (decoded) where it has none.
  struct Mark {
    std::string_view key_id;
    std::string_view text;      // at most limits::kNonceBytesMax
    bool is_signature = false;  // nonces and signatures never answer for each other
  };
  /// `signed_at` is the request's own time, already found to be within window() of `now`.
  Verdict insert(const Mark& mark, Instant signed_at, Instant now);

  /// Asks the processor for the memory that insert() of the same request will look at, so that it
  /// arrives while the signature is verified. Remembers nothing.
  void expect(const Mark& mark, Instant signed_at) const;

  /// True if insert() of the same request would find it. Remembers nothing.
  bool holds(const Mark& mark, Instant signed_at) const;

  /// How far a timestamp may be from now: limits::kTimestampWindowMillis, or
  /// kTimestampWindowShrunkMillis while more than three quarters of the arena are in use.
  std::int64_t window_millis() const;

  /// Bytes of the arena that hold marks now.
  std::size_t bytes_used() const { return used_.load(std::memory_order_relaxed) * kSegmentBytes; }
  std::size_t bytes_max() const { return segments_max_ * kSegmentBytes; }

  static constexpr std::size_t kSegmentBytes = 16U << 10;

 private:
  using Slot = std::atomic<std::uint64_t>;
  using SegmentId = std::uint32_t;          // 1-based; 0: none
  static constexpr std::size_t kRing = 64;  // minutes; the window spans 32
  static constexpr std::size_t kLevels = 15;
  static constexpr std::size_t kBucketSlots = 16;
  static constexpr std::size_t kSegmentSlots = kSegmentBytes / sizeof(std::uint64_t);
  static constexpr std::size_t kSegmentBuckets = kSegmentSlots / kBucketSlots;

  struct Minute {
    std::atomic<std::int64_t> state{-1};  // minute·2, odd once dropped; -1: never used
    std::atomic<std::uint32_t> first_level{0};
    std::atomic<std::uint32_t> segments{0};
    std::array<std::atomic<std::atomic<SegmentId>*>, kLevels> levels{};
  };

  std::uint64_t fingerprint(const Mark& mark) const;
  Verdict insert_fingerprint(Minute& minute, std::uint64_t print, std::int64_t number,
                             std::int64_t now_minute);
  /// Null where the level has no segment yet.
  Slot* bucket_of(const Minute& minute, std::size_t level, std::uint64_t print) const;
  enum class Place : std::uint8_t { kPlaced, kFound, kNoRoom };
  static Place place_in(Slot* bucket, std::uint64_t print);
  Slot* segment(SegmentId id) const { return arena_ + (id - 1) * kSegmentSlots; }

  // With mutex_ held.
  void open_minute(Minute& minute, std::int64_t number, std::int64_t now_minute);
  void empty_minute(Minute& minute);
  void forget_after(std::int64_t minute);
  bool drop_oldest(std::int64_t before_minute);
  SegmentId take_segment(std::int64_t now_minute);
  SegmentId add_segment(Minute& minute, std::size_t level, std::size_t index,
                        std::int64_t now_minute);

  std::array<std::uint8_t, 192> secret_;
  std::size_t segments_max_;
  Slot* arena_ = nullptr;
  std::atomic<std::size_t> used_{0};
  std::array<Minute, kRing> ring_;

  std::mutex mutex_;
  std::vector<SegmentId> free_;
  std::size_t next_unused_ = 0;  // segments never handed out before
};

}  // namespace strongroom::identity
