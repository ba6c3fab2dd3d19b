#include "failure_log.h"

#include <gtest/gtest.h>

#include <vector>

namespace strongroom::server {
namespace {

TEST(FailureLog, TheFirstThenMoreAndMoreSeldom) {
  std::int64_t now_ns = 7;
  FailureLog failures(log::Level::kDebug, "test_failed", [&now_ns] { return now_ns; });
  EXPECT_FALSE(failures.worked());
  std::vector<int> lines;  // the seconds of a day in which one was written
  for (int second = 0; second < 86'400; ++second) {
    if (failures.failed(Error(ErrorKind::kUnavailable, "DiskFull", "no room")))
      lines.push_back(second);
    now_ns += 1'000 * kNanosPerMilli;
  }
  ASSERT_GT(lines.size(), 5U);
  EXPECT_LT(lines.size(), 40U);
  EXPECT_EQ((std::vector<int>{lines[0], lines[1], lines[2], lines[3]}),
            (std::vector<int>{0, 10, 30, 70}));
  EXPECT_EQ(lines.back() - lines[lines.size() - 2], 3'600);  // still there
  EXPECT_TRUE(failures.worked());
  EXPECT_FALSE(failures.worked());
  EXPECT_TRUE(failures.failed(Error(ErrorKind::kUnavailable, "DiskFull", "no room")));
}

}  // namespace
}  // namespace strongroom::server
