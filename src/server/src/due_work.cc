#include "due_work.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"
#include "strongroom/due/due.h"

namespace strongroom::server {
namespace {

constexpr std::int64_t kFirstRestNanos = 1'000 * kNanosPerMilli;
constexpr std::int64_t kLongestRestNanos = 300'000 * kNanosPerMilli;
constexpr std::uint32_t kDoublingsMax = 9;
constexpr std::size_t kRowsLookedAtMax = limits::kDueBatchMax * 256;

bool any(const barrier::TimedRow& /*row*/) {
  return true;
}

/// Asked for with a reason of its own; what it changes can be changed again.
bool takes_nothing_away(const barrier::TimedRow& row) {
  const auto task = due::decode(row.record->body());
  return task &&
         (task->kind == due::Kind::kRotateSecret || task->kind == due::Kind::kLookAtTarget ||
          task->kind == due::Kind::kRotateKeyring);
}

}  // namespace

Result<std::size_t> DueWork::step(const ClockGuard::Due& due) {
  SR_TRY(const auto rows, ripe({}, due.deletion, any));
  std::size_t done = run_rows(rows, due.deletion);
  if (due.doubted_since.unix_ms != 0 && due.deletion != due.now) {
    SR_TRY(const auto asked, ripe(due.doubted_since, due.now, takes_nothing_away));
    done += run_rows(asked, due.now);
  }
  const std::int64_t long_ago = monotonic_() - kLongestRestNanos;
  std::erase_if(resting_, [=](const auto& one) { return one.second.until_ns < long_ago; });
  return done;
}

// Looks past as many rows as stand in the way of a batch of new ones; what failed before takes the
// room that they leave.
Result<std::vector<barrier::TimedRow>> DueWork::ripe(Instant from, Instant until, Wanted wanted) {
  const std::int64_t now_ns = monotonic_();
  for (std::size_t limit = limits::kDueBatchMax;; limit *= 4) {
    SR_TRY(auto rows, store_.between(barrier::TimeTable::kDue, from, until, limit));
    const bool all = rows.size() < limit || limit >= kRowsLookedAtMax;
    std::vector<barrier::TimedRow> batch;
    std::vector<barrier::TimedRow> failed;
    for (barrier::TimedRow& row : rows) {
      const auto known = resting_.find(row.key);
      const bool fresh = known == resting_.end();
      if (!wanted(row) || (!fresh && known->second.until_ns > now_ns)) continue;
      (fresh ? batch : failed).push_back(std::move(row));
    }
    if (!all && batch.size() < limits::kDueBatchMax) continue;
    std::ranges::move(failed, std::back_inserter(batch));
    batch.resize(std::min(batch.size(), limits::kDueBatchMax));
    return batch;
  }
}

std::size_t DueWork::run_rows(std::span<const barrier::TimedRow> rows, Instant now) {
  std::size_t done = 0;
  for (const barrier::TimedRow& row : rows) {
    const Result<void> outcome = run_(row, now);
    if (!outcome) {
      rest(row, outcome.error());
      continue;
    }
    resting_.erase(row.key);
    ++done;
  }
  return done;
}

void DueWork::rest(const barrier::TimedRow& row, const Error& error) {
  Rest& rest = resting_[row.key];
  const std::int64_t pause =
      std::min(kLongestRestNanos, kFirstRestNanos << std::min(rest.failures, kDoublingsMax));
  ++rest.failures;
  rest.until_ns = monotonic_() + pause;
  log::warn("due_task_failed", {{"code", error.code()},
                                {"why", error.message()},
                                {"failures", static_cast<std::int64_t>(rest.failures)}});
}

}  // namespace strongroom::server
