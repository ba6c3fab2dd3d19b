#pragma once
// Slows down addresses whose requests keep failing authentication: each failure takes a token of
// the source's bucket, and while the bucket is empty requests of that source are refused before any
// key is looked up. Requests that verify cost nothing, so a busy honest client is never slowed. An
// IPv6 source is its /64. Fixed memory: sources share one of 16,384 buckets by a keyed hash.
// Lock-free, thread-safe.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "strongroom/base/random.h"

namespace strongroom::identity {

class SourceLimiter {
 public:
  struct Rate {
    std::int64_t per_second = 100;  // failures a source may go on making
    std::int64_t burst = 1'000;     // failures it may make at once
  };

  explicit SourceLimiter(Random& random) : SourceLimiter(random, Rate{}) {}
  SourceLimiter(Random& random, Rate rate);
  ~SourceLimiter();

  /// False while the source's bucket is empty. `now_ns`: any clock that never goes back.
  bool admits(std::string_view source, std::int64_t now_ns) const;
  /// One authentication of this source failed.
  void failed(std::string_view source, std::int64_t now_ns);

  /// Failures and refusals since the start, for metrics.
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  std::uint64_t refusals() const { return refusals_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kBuckets = 16'384;
  std::size_t bucket_of(std::string_view source) const;

  std::array<std::uint8_t, 192> secret_;
  std::int64_t nanos_per_token_;
  std::int64_t burst_nanos_;
  std::unique_ptr<std::atomic<std::int64_t>[]> empty_until_;  // virtual time each bucket is paid to
  std::atomic<std::uint64_t> failures_{0};
  mutable std::atomic<std::uint64_t> refusals_{0};
};

}  // namespace strongroom::identity
