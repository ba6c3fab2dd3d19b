#include "look_gate.h"

#include <algorithm>

namespace strongroom::barrier {

void LookGate::note(bool waited, std::int64_t now_ns) {
  if (!waited) {
    if (pause_ns_ != 0 && ++calm_ >= kCalmLooks) pause_ns_ = 0;
    return;
  }
  calm_ = 0;
  pause_ns_ = std::clamp(pause_ns_ * 2, kPauseNsMin, kPauseNsMax);
  shut_until_ns_ = now_ns + pause_ns_;
}

}  // namespace strongroom::barrier
