#include "strongroom/base/time.h"

#include <time.h>

#include <chrono>

namespace strongroom {
namespace {

void put_digits(char* out, unsigned value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

std::optional<unsigned> take_digits(std::string_view text, std::size_t at, std::size_t width) {
  unsigned value = 0;
  for (std::size_t i = at; i < at + width; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(text[i] - '0');
  }
  return value;
}

}  // namespace

Instant SystemClock::now() const {
  timespec ts{};
  clock_gettime(CLOCK_REALTIME, &ts);
  return {ts.tv_sec * kMillisPerSecond + ts.tv_nsec / 1'000'000};
}

void format_utc_to(char (&out)[20], Instant instant) {
  using namespace std::chrono;
  const sys_seconds moment{seconds{instant.unix_seconds()}};
  const auto day = floor<days>(moment);
  const year_month_day date{day};
  const hh_mm_ss clock{moment - day};
  put_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out[4] = '-';
  put_digits(out + 5, static_cast<unsigned>(date.month()), 2);
  out[7] = '-';
  put_digits(out + 8, static_cast<unsigned>(date.day()), 2);
  out[10] = 'T';
  put_digits(out + 11, static_cast<unsigned>(clock.hours().count()), 2);
  out[13] = ':';
  put_digits(out + 14, static_cast<unsigned>(clock.minutes().count()), 2);
  out[16] = ':';
  put_digits(out + 17, static_cast<unsigned>(clock.seconds().count()), 2);
  out[19] = 'Z';
}

std::string format_utc(Instant instant) {
  char text[20];
  format_utc_to(text, instant);
  return std::string(text, sizeof text);
}

std::optional<Instant> parse_utc(std::string_view text) {
  if (text.size() != 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || text[19] != 'Z') {
    return std::nullopt;
  }
  const auto year = take_digits(text, 0, 4);
  const auto month = take_digits(text, 5, 2);
  const auto day = take_digits(text, 8, 2);
  const auto hour = take_digits(text, 11, 2);
  const auto minute = take_digits(text, 14, 2);
  const auto second = take_digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  using namespace std::chrono;
  const year_month_day date{std::chrono::year{static_cast<int>(*year)}, std::chrono::month{*month},
                            std::chrono::day{*day}};
  if (!date.ok()) return std::nullopt;
  const auto moment = sys_days{date} + hours{*hour} + minutes{*minute} + seconds{*second};
  return Instant::from_seconds(duration_cast<seconds>(moment.time_since_epoch()).count());
}

std::int64_t monotonic_ns() {
  timespec ts{};
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return ts.tv_sec * 1'000'000'000LL + ts.tv_nsec;
}

}  // namespace strongroom
