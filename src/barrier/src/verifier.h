#pragma once
// Compares stored rows with the state sums: a bucket at its first touch, the rest from a background
// thread. Thread-safe.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "state_sums.h"
#include "strongroom/base/result.h"
#include "strongroom/store/store.h"

namespace strongroom::barrier {

class Verifier {
 public:
  /// `on_mismatch` gets the bucket, once per mismatch, before the caller gets kCorrupt.
  Verifier(const store::Store& engine, StateSums& sums,
           std::function<void(std::uint32_t)> on_mismatch);

  /// Success if the bucket is right, now or earlier. kCorrupt if its rows do not add up.
  Result<void> touch(std::uint32_t bucket) {
    if (sums_.verified(bucket)) return {};
    return check_range(bucket, bucket + 1);
  }
  /// All buckets not yet verified. Errors as touch().
  Result<void> check_all();

  /// Starts the background thread; it ends when everything is verified, at a mismatch, or with this
  /// object.
  void start_background();

 private:
  Result<void> check_range(std::uint32_t first, std::uint32_t last);
  Result<void> sum_up(const store::Snapshot& snapshot, std::uint32_t first, std::uint32_t last,
                      std::vector<Sum>& found) const;
  Result<void> sum_rows(const store::Snapshot& snapshot, std::string from, const std::string& end,
                        std::uint32_t first, std::vector<Sum>& found) const;
  void walk(const std::stop_token& stop);

  const store::Store& engine_;
  StateSums& sums_;
  const std::function<void(std::uint32_t)> on_mismatch_;
  std::mutex pause_mutex_;
  std::condition_variable_any pause_;
  std::jthread background_;  // last: its thread uses the others
};

}  // namespace strongroom::barrier
