#include "strongroom/rotation/window.h"

#include <gtest/gtest.h>

namespace strongroom::rotation {
namespace {

std::string opens(std::string_view window, std::string_view from) {
  return format_utc(begins(Timing{.secret = {}, .next = {}, .window = window}, *parse_utc(from)));
}

TEST(Window, FormsThatAreAndAreNot) {
  EXPECT_EQ(*checked_window(" Sat,SUN   22:00-02:00 "), "sat,sun 22:00-02:00");
  EXPECT_EQ(*checked_window("02:00-24:00"), "02:00-24:00");
  EXPECT_EQ(*checked_window(""), "");
  for (const char* wrong :
       {"2:00-04:00", "02:00", "02:00-02:00", "24:00-02:00", "02:60-03:00", "day 02:00-03:00",
        "sat, 02:00-03:00", "02:00-03:00 sat", "-1:00-02:00"})
    EXPECT_FALSE(checked_window(wrong)) << wrong;
}

TEST(Window, EveryDay) {
  EXPECT_EQ(opens("02:00-04:00", "2026-11-22T01:00:00Z"), "2026-11-22T02:00:00Z");
  EXPECT_EQ(opens("02:00-04:00", "2026-11-22T03:59:59Z"), "2026-11-22T03:59:59Z");
  EXPECT_EQ(opens("02:00-04:00", "2026-11-22T04:00:00Z"), "2026-11-23T02:00:00Z");
  EXPECT_EQ(opens("", "2026-11-22T04:00:00Z"), "2026-11-22T04:00:00Z");
}

TEST(Window, OverMidnightAndOnDaysOfTheWeek) {
  // 2026-11-22 is a Sunday.
  EXPECT_EQ(opens("sat,sun 22:00-02:00", "2026-11-23T01:59:00Z"), "2026-11-23T01:59:00Z");
  EXPECT_EQ(opens("sat,sun 22:00-02:00", "2026-11-23T02:00:00Z"), "2026-11-28T22:00:00Z");
  EXPECT_EQ(opens("sun 00:00-24:00", "2026-11-23T00:00:00Z"), "2026-11-29T00:00:00Z");
  EXPECT_EQ(format_utc(next_opening("sun 22:00-02:00", *parse_utc("2026-11-22T00:00:00Z")).ends),
            "2026-11-23T02:00:00Z");
}

}  // namespace
}  // namespace strongroom::rotation
