#include "strongroom/service/drift_watch.h"

#include <algorithm>
#include <utility>

#include "strongroom/base/log.h"
#include "strongroom/service/rotation_driver.h"

namespace strongroom::service {
namespace {

constexpr std::int64_t kShortestPauseMillis = 1'000;
constexpr std::int64_t kFirstMillis = 60'000;

}  // namespace

Result<void> DriftWatch::gather() {
  round_.clear();
  SR_CHECK_OK(rotation::Rotations::visit(engines_.store, [this](const rotation::Run& run) {
    round_.push_back({run.account, run.name});
  }));
  in_round_ = round_.size();
  return {};
}

std::int64_t DriftWatch::step() {
  // Not all at once after a start.
  if (!std::exchange(started_, true)) return std::min(interval_ms_, kFirstMillis);
  if (round_.empty()) {
    const auto gathered = gather();
    if (!gathered) log::warn("drift_watch_failed", {{"why", gathered.error().message()}});
    if (round_.empty()) return interval_ms_;
  }
  const Place place = std::move(round_.back());
  round_.pop_back();
  if (const auto looked = look(place.account, place.name); !looked)
    log::warn("drift_probe_failed",
              {{"code", looked.error().code()}, {"why", looked.error().message()}});
  return std::max(kShortestPauseMillis, interval_ms_ / static_cast<std::int64_t>(in_round_));
}

Result<bool> DriftWatch::look(AccountId account, const std::string& name) {
  return engines_.driver->look(account, name);
}

}  // namespace strongroom::service
