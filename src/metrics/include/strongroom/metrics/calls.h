#pragma once
// How many calls of which action ended how, and how long they took. Every I/O thread counts for
// itself, without a lock or a locked instruction; a reader adds the threads up and may see a call's
// count before its duration.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace strongroom::metrics {

enum class Outcome : std::uint8_t {
  kOk,
  kDenied,
  kUnauthenticated,
  kInvalid,  // the request, or the state forbids it
  kThrottled,
  kFailed,  // ours
};
inline constexpr std::size_t kOutcomes = 6;
/// "ok", "denied", …; lives for ever.
std::string_view name_of(Outcome outcome);

/// Upper ends in microseconds; what is longer goes into one more bucket.
inline constexpr std::array<std::int64_t, 15> kDurationMicros = {
    25,     50,     100,    250,     500,     1'000,   2'500,    5'000,
    10'000, 25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000};

struct CallName {
  const void* key = nullptr;  // what count() is told: the operation's row
  std::string_view api;
  std::string_view action;
  std::string_view gateway;  // shared or dedicated
};

class Calls {
 public:
  /// One thread's counters. count() belongs to that thread.
  class Thread {
   public:
    /// `key` null or unknown: counted as a call without an action.
    void count(const void* key, Outcome outcome, std::int64_t nanoseconds);
    /// A read that this thread's caches could answer, or not.
    void count_cached(bool hit);

   private:
    friend class Calls;
    struct Row {
      std::array<std::atomic<std::uint64_t>, kOutcomes> outcomes{};
      std::array<std::atomic<std::uint64_t>, kDurationMicros.size() + 1> buckets{};
      std::atomic<std::uint64_t> nanoseconds{0};
    };
    explicit Thread(const Calls& calls);

    const Calls& calls_;
    std::vector<Row> rows_;
    std::array<std::atomic<std::uint64_t>, 2> cached_{};  // misses, hits
  };

  /// Names must outlive this.
  explicit Calls(std::vector<CallName> names);

  /// Counters for one more thread; they stay as long as this. Any thread.
  Thread& add_thread();

  /// Appends strongroom_requests_total and strongroom_request_duration_seconds for actions that
  /// were called, and strongroom_cache_reads_total. Any thread.
  void write(std::string& out) const;

 private:
  std::size_t row_of(const void* key) const;
  void write_cached(std::string& out) const;

  std::vector<CallName> names_;  // row 0: no action
  std::unordered_map<const void*, std::size_t> rows_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Thread>> threads_;  // guarded by mutex_
};

}  // namespace strongroom::metrics
