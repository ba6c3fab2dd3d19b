#include "strongroom/base/usage_table.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace strongroom {
namespace {

const AccountId kAlice{1'000'000'000'000'001};

TEST(UsageTable, AReservationThatIsNotConfirmedIsGivenBack) {
  UsageTable table;
  {
    const auto place = table.reserve(kAlice, "kst-1", 2, 3);
    ASSERT_TRUE(place);
    EXPECT_EQ(place->before(), 0U);
    EXPECT_EQ(place->after(), 2U);
    EXPECT_EQ(table.used(kAlice, "kst-1"), 2U);
    EXPECT_FALSE(table.reserve(kAlice, "kst-1", 2, 3));
  }
  EXPECT_EQ(table.used(kAlice, "kst-1"), 0U);
  table.reserve(kAlice, "kst-1", 3, 3)->confirm();
  EXPECT_EQ(table.used(kAlice, "kst-1"), 3U);
  EXPECT_FALSE(table.reserve(kAlice, "kst-1", 1, 3));
  EXPECT_TRUE(table.reserve(kAlice, "kst-2", 1, 1));
  table.remove(kAlice, "kst-1", 1);
  EXPECT_TRUE(table.reserve(kAlice, "kst-1", 1, 3));
}

TEST(UsageTable, TheSharedServiceIsNotCounted) {
  UsageTable table;
  table.add(kAlice, "", 5);
  EXPECT_EQ(table.used(kAlice, ""), 0U);
}

TEST(UsageTable, ManyThreadsDoNotPassTheLimitTogether) {
  UsageTable table;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&table] {
      for (int n = 0; n < 100; ++n) {
        if (const auto place = table.reserve(kAlice, "kst-1", 1, 150)) place->confirm();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(table.used(kAlice, "kst-1"), 150U);
}

}  // namespace
}  // namespace strongroom
