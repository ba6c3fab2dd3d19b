#include "strongroom/gateway_instance/replay_alarms.h"

#include <algorithm>
#include <utility>

namespace strongroom::gateway_instance {

void ReplayAlarms::note(ReplayAlarm alarm) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kWaitingMax) return;
  if (std::ranges::find(waiting_, alarm.client_key_id, &ReplayAlarm::client_key_id) ==
      waiting_.end()) {
    waiting_.push_back(std::move(alarm));
  }
}

std::vector<ReplayAlarm> ReplayAlarms::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(waiting_, {});
}

}  // namespace strongroom::gateway_instance
