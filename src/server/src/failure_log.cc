#include "failure_log.h"

#include <algorithm>

namespace strongroom::server {
namespace {

constexpr std::int64_t kFirstPauseNanos = 10'000 * kNanosPerMilli;
constexpr std::int64_t kLongestPauseNanos = 3'600'000 * kNanosPerMilli;

}  // namespace

bool FailureLog::failed(const Error& error) {
  const std::int64_t now_ns = monotonic_();
  ++failures_;
  if (failures_ > 1 && now_ns < next_ns_) return false;
  pause_ns_ = failures_ == 1 ? kFirstPauseNanos : std::min(pause_ns_ * 2, kLongestPauseNanos);
  next_ns_ = now_ns + pause_ns_;
  log::write(level_, event_,
             {{"code", error.code()}, {"why", error.message()}, {"failures", failures_}});
  return true;
}

bool FailureLog::worked() {
  if (failures_ == 0) return false;
  log::info("works_again", {{"after", event_}, {"failures", failures_}});
  failures_ = 0;
  return true;
}

}  // namespace strongroom::server
