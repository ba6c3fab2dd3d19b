#pragma once
// Wall-clock time as the product uses it, and the seam through which it is read.
//
// Everything stored or sent has a resolution of at most milliseconds; the wire shows seconds
// (openapi.md §1.4). Only SystemClock reads the machine's clock; everything else takes a Clock&, so
// tests and simulations own time.

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strongroom {

/// Milliseconds since 1970-01-01T00:00:00Z.
struct Instant {
  std::int64_t unix_ms = 0;

  std::int64_t unix_seconds() const {
    return unix_ms >= 0 ? unix_ms / 1000 : (unix_ms - 999) / 1000;
  }
  static Instant from_seconds(std::int64_t seconds) { return {seconds * 1000}; }
  auto operator<=>(const Instant&) const = default;
};

inline constexpr std::int64_t kNanosPerMilli = 1'000'000;
inline constexpr std::int64_t kMillisPerSecond = 1000;
inline constexpr std::int64_t kMillisPerMinute = 60'000;
inline constexpr std::int64_t kMillisPerHour = 3'600'000;
inline constexpr std::int64_t kMillisPerDay = 86'400'000;

/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

/// The machine's real-time clock.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

/// A clock that only moves when told; for tests and simulations.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start) : now_ms_(start.unix_ms) {}
  Instant now() const override { return {now_ms_.load()}; }
  void set(Instant now) { now_ms_.store(now.unix_ms); }
  void advance_ms(std::int64_t milliseconds) { now_ms_.fetch_add(milliseconds); }

 private:
  std::atomic<std::int64_t> now_ms_;
};

/// "2026-11-22T01:02:03Z": UTC, whole seconds (the rest is cut off).
std::string format_utc(Instant instant);
/// Writes the same 20 characters, no terminator.
void format_utc_to(char (&out)[20], Instant instant);
/// Accepts exactly the form of format_utc; nothing for anything else, impossible dates included.
std::optional<Instant> parse_utc(std::string_view text);

/// Nanoseconds of a clock that never goes back; for measuring durations only.
std::int64_t monotonic_ns();

}  // namespace strongroom
