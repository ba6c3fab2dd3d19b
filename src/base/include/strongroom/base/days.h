#pragma once
// Days for people. Pure; thread-safe.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "strongroom/base/time.h"

namespace strongroom {

/// "1 day", "2 days".
inline std::string days_text(std::int64_t days) {
  return std::to_string(days) + (days == 1 ? " day" : " days");
}

/// The same of a time that passes, in either direction, rounded.
inline std::string rounded_days_text(std::int64_t millis) {
  return days_text((std::abs(millis) + kMillisPerDay / 2) / kMillisPerDay);
}

}  // namespace strongroom
