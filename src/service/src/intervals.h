#pragma once
// Intervals as the API spells them: "30d", "12h", "90m", "604800s", or seconds without a unit
// (openapi.md §3.3). Pure.

#include <cstdint>
#include <string_view>

#include "strongroom/base/result.h"

namespace strongroom::service {

/// In seconds; at most 100 years. 400 InvalidParameter naming `name`.
Result<std::int64_t> parse_interval(std::string_view name, std::string_view text);

}  // namespace strongroom::service
