#include "strongroom/rotation/window.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "strongroom/base/api_error.h"
#include "strongroom/base/ascii.h"
#include "strongroom/base/bytes.h"

namespace strongroom::rotation {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int kMinutesPerDay = 24 * 60;
constexpr int kMinutesPerHour = 60;
constexpr int kEpochDay = 3;  // 1970-01-01 was a Thursday
constexpr int kDaysPerWeek = 7;

struct Window {
  std::array<bool, 7> days{};
  int begin = 0;  // minutes of the day
  int end = 0;    // may be on the day after: then more than a day
};

/// "02:30"; 24:00 is the end of the day.
std::optional<int> minutes_of(std::string_view text) {
  constexpr std::size_t kLength = 5;
  if (text.size() != kLength || text[2] != ':') return std::nullopt;
  int hours = 0;
  int minutes = 0;
  const char* const middle = text.data() + 2;
  if (std::from_chars(text.data(), middle, hours).ptr != middle ||
      std::from_chars(middle + 1, text.data() + kLength, minutes).ptr != text.data() + kLength)
    return std::nullopt;
  const int all = hours * kMinutesPerHour + minutes;
  if (hours < 0 || minutes < 0 || minutes >= kMinutesPerHour || all > kMinutesPerDay)
    return std::nullopt;
  return all;
}

bool take_days(std::string_view list, Window& window) {
  while (true) {
    const std::size_t comma = list.find(',');
    const auto* const day = std::ranges::find(kDays, list.substr(0, comma));
    if (day == kDays.end()) return false;
    window.days[static_cast<std::size_t>(day - kDays.begin())] = true;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

std::optional<Window> parse(std::string_view text) {
  Window window;
  if (const std::size_t blank = text.find(' '); blank != std::string_view::npos) {
    if (!take_days(text.substr(0, blank), window)) return std::nullopt;
    text.remove_prefix(blank + 1);
  } else {
    window.days.fill(true);
  }
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto begin = minutes_of(text.substr(0, dash));
  const auto end = minutes_of(text.substr(dash + 1));
  if (!begin || !end || *begin == *end || *begin == kMinutesPerDay) return std::nullopt;
  window.begin = *begin;
  window.end = *end < *begin ? *end + kMinutesPerDay : *end;
  return window;
}

/// The secret's share of whatever its runs are spread over. Ids are random numbers.
std::int64_t share_of(const Uuid& secret, std::int64_t milliseconds) {
  const std::int64_t spread = std::min(milliseconds / 10, kSpreadMillisMax);
  constexpr int kNumberBits = 32;
  return (spread * static_cast<std::int64_t>(load_u32(secret.bytes().data()))) >> kNumberBits;
}

}  // namespace

Result<std::string> checked_window(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (c == ' ' && (kept.empty() || kept.back() == ' ')) continue;
    kept += lower1(c);
  }
  if (kept.ends_with(' ')) kept.pop_back();
  if (!kept.empty() && !parse(kept))
    return invalid_parameter("Window", "It is such as 02:00-04:00 or sat,sun 22:00-02:00, in UTC.");
  return kept;
}

Opening next_opening(std::string_view text, Instant from) {
  const auto window = parse(text);
  if (!window) return {from, from};
  const std::int64_t today = from.unix_ms / kMillisPerDay;
  // Yesterday's may still be open.
  for (std::int64_t day = today - 1; day <= today + kDaysPerWeek; ++day) {
    if (!window->days[static_cast<std::size_t>((day + kEpochDay) % kDaysPerWeek)]) continue;
    const Opening opening{{day * kMillisPerDay + window->begin * kMillisPerMinute},
                          {day * kMillisPerDay + window->end * kMillisPerMinute}};
    if (opening.ends > from) return opening;
  }
  return {from, from};
}

Instant spread_date(const Timing& timing) {
  const std::int64_t interval_ms = timing.interval_seconds * kMillisPerSecond;
  return {timing.next.unix_ms - share_of(timing.secret, interval_ms)};
}

Instant begins(const Timing& timing, Instant from) {
  const Instant due = std::max(spread_date(timing), from);
  if (timing.window.empty()) return due;
  const Opening opening = next_opening(timing.window, due);
  const std::int64_t length = opening.ends.unix_ms - opening.begins.unix_ms;
  return std::max(due, {opening.begins.unix_ms + share_of(timing.secret, length)});
}

}  // namespace strongroom::rotation
