#include "strongroom/identity/source_limiter.h"

#include <gtest/gtest.h>

namespace strongroom::identity {
namespace {

// Which sources share a bucket depends on the key; with this one it is always the same.
class FixedRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    std::uint8_t next = 1;
    for (std::uint8_t& byte : out) byte = next = static_cast<std::uint8_t>(next * 73 + 41);
  }
};

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(SourceLimiter, FailuresEmptyTheBucketAndTimeFillsIt) {
  FixedRandom random;
  SourceLimiter limiter(random, {.per_second = 10, .burst = 5});
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(limiter.admits("192.0.2.1", 0));
    limiter.failed("192.0.2.1", 0);
  }
  EXPECT_FALSE(limiter.admits("192.0.2.1", 0));
  EXPECT_TRUE(limiter.admits("192.0.2.1", kSecond / 10));  // one token came back
  limiter.failed("192.0.2.1", kSecond / 10);
  EXPECT_FALSE(limiter.admits("192.0.2.1", kSecond / 10));
  EXPECT_TRUE(limiter.admits("192.0.2.1", 10 * kSecond));
  EXPECT_EQ(limiter.failures(), 6U);
  EXPECT_EQ(limiter.refusals(), 2U);
}

TEST(SourceLimiter, WhoDoesNotFailIsNeverSlowed) {
  FixedRandom random;
  SourceLimiter limiter(random, {.per_second = 1, .burst = 1});
  limiter.failed("192.0.2.1", 0);
  EXPECT_FALSE(limiter.admits("192.0.2.1", 0));
  int slowed = 0;  // sources share buckets by a random hash: two of them may meet
  for (int i = 0; i < 200; ++i) slowed += !limiter.admits("198.51.100." + std::to_string(i), 0);
  EXPECT_LE(slowed, 2);
}

TEST(SourceLimiter, ABurstIsNotSavedUpBeyondItsSize) {
  FixedRandom random;
  SourceLimiter limiter(random, {.per_second = 1, .burst = 3});
  for (int i = 0; i < 3; ++i) limiter.failed("a", 1'000'000 * kSecond);
  EXPECT_FALSE(limiter.admits("a", 1'000'000 * kSecond));
}

TEST(SourceLimiter, AnIpv6SiteIsOneSource) {
  FixedRandom random;
  SourceLimiter limiter(random, {.per_second = 1, .burst = 1});
  limiter.failed("2001:db8:0:1::1", 0);
  EXPECT_FALSE(limiter.admits("2001:db8:0:1:ffff::2", 0));
  EXPECT_TRUE(limiter.admits("2001:db8:0:2::1", 0));
  limiter.failed("::ffff:192.0.2.1", 0);
  EXPECT_TRUE(limiter.admits("::ffff:192.0.2.2", 0));
}

TEST(SourceLimiter, AnAddressIsOneSourceHoweverItIsSpelt) {
  FixedRandom random;
  SourceLimiter limiter(random, {.per_second = 1, .burst = 1});
  limiter.failed("192.0.2.1", 0);
  for (const char* spelling :
       {"::ffff:192.0.2.1", "::FFFF:192.0.2.1", "::ffff:c000:201", "0:0:0:0:0:ffff:c000:0201"}) {
    EXPECT_FALSE(limiter.admits(spelling, 0)) << spelling;
  }
  limiter.failed("2001:DB8::1", 0);
  EXPECT_FALSE(limiter.admits("2001:db8:0:0:0::1", 0));
}

}  // namespace
}  // namespace strongroom::identity
