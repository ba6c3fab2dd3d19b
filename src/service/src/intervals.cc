#include "intervals.h"

#include <charconv>

#include "strongroom/service/parameters.h"

namespace strongroom::service {

Result<std::int64_t> parse_interval(std::string_view name, std::string_view text) {
  constexpr std::int64_t kSecondsMax = 100LL * 365 * 86'400;
  std::int64_t unit = 1;
  std::string_view digits = text;
  if (!digits.empty()) {
    const char last = digits.back();
    unit = last == 'd' ? 86'400 : last == 'h' ? 3'600 : last == 'm' ? 60 : 1;
    if (last == 'd' || last == 'h' || last == 'm' || last == 's') digits.remove_suffix(1);
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0 ||
      number > kSecondsMax / unit) {
    return invalid_parameter(name, "It is a whole number with a unit: 365d, 12h, 90m or 604800s.");
  }
  return number * unit;
}

}  // namespace strongroom::service
