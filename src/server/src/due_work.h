#pragma once
// Runs what is due. A task that fails rests before it is tried again, longer after each failure,
// and what stands behind it goes on meanwhile: tasks that always fail hold nobody back.

#include <cstdint>
#include <functional>
#include <map>

#include "clock_guard.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/time.h"

namespace strongroom::server {

/// One thread's own.
class DueWork {
 public:
  /// Does the task of a row, and removes the row with it. An error leaves the row.
  using Run = std::function<Result<void>(const barrier::TimedRow& row, Instant now)>;
  /// `store` outlives this. `monotonic`: nanoseconds that only grow with the time that passes.
  DueWork(barrier::SealedStore& store, Run run,
          std::function<std::int64_t()> monotonic = monotonic_ns)
      : store_(store), run_(std::move(run)), monotonic_(std::move(monotonic)) {}

  /// Runs what is due and does not rest, what never failed first, oldest first, at most
  /// limits::kDueBatchMax tasks of either time. Returns how many were done. While the clock is
  /// doubted, what only it makes due waits; but not what somebody asked for since then and takes
  /// nothing away (rotations, a keyring epoch). Rests are not kept over a restart: a task is tried
  /// at once then.
  Result<std::size_t> step(const ClockGuard::Due& due);

 private:
  struct Rest {
    std::uint32_t failures = 0;
    std::int64_t until_ns = 0;
  };
  using Wanted = bool (*)(const barrier::TimedRow& row);
  Result<std::vector<barrier::TimedRow>> ripe(Instant from, Instant until, Wanted wanted);
  std::size_t run_rows(std::span<const barrier::TimedRow> rows, Instant now);
  void rest(const barrier::TimedRow& row, const Error& error);

  barrier::SealedStore& store_;
  const Run run_;
  const std::function<std::int64_t()> monotonic_;
  std::map<store::Key, Rest> resting_;  // by row
};

}  // namespace strongroom::server
