#include "strongroom/identity/nonce_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace strongroom::identity {
namespace {

using Verdict = NonceTable::Verdict;

constexpr Instant kNow{1'795'300'020'000};  // the first second of a minute
constexpr std::int64_t kMinute = 60'000;

Instant minutes(std::int64_t count) {
  return {kNow.unix_ms + count * kMinute};
}

class NonceTableTest : public ::testing::Test {
 protected:
  Verdict insert(NonceTable& table, const std::string& nonce, Instant signed_at = kNow,
                 Instant now = kNow) {
    return table.insert({.key_id = "LTAI5tA", .text = nonce}, signed_at, now);
  }
  // Fills `table` with requests signed at `signed_at` until it answers anything but fresh.
  Verdict fill(NonceTable& table, Instant signed_at, Instant now, int max = 10'000'000) {
    for (int i = 0; i < max; ++i) {
      const Verdict verdict = insert(table, "f" + std::to_string(i), signed_at, now);
      if (verdict != Verdict::kFresh) return verdict;
    }
    return Verdict::kFresh;
  }
  SystemRandom random_;
};

TEST_F(NonceTableTest, OnceIsFreshTwiceIsSeen) {
  NonceTable table(random_);
  EXPECT_EQ(insert(table, "a"), Verdict::kFresh);
  EXPECT_EQ(insert(table, "b"), Verdict::kFresh);
  EXPECT_EQ(insert(table, "a"), Verdict::kSeen);
  EXPECT_EQ(insert(table, "a", kNow, minutes(14)), Verdict::kSeen);
}

TEST_F(NonceTableTest, LookingRemembersNothing) {
  NonceTable table(random_);
  const NonceTable::Mark mark{.key_id = "LTAI5tA", .text = "a"};
  EXPECT_FALSE(table.holds(mark, kNow));
  EXPECT_EQ(insert(table, "a"), Verdict::kFresh);
  EXPECT_TRUE(table.holds(mark, kNow));
  EXPECT_FALSE(table.holds(mark, minutes(1)));
  EXPECT_FALSE(table.holds({.key_id = "LTAI5tA", .text = "b"}, kNow));
  fill(table, kNow, kNow, 50'000);  // over several levels
  EXPECT_TRUE(table.holds(mark, kNow));
  EXPECT_TRUE(table.holds({.key_id = "LTAI5tA", .text = "f49999"}, kNow));
  EXPECT_FALSE(table.holds({.key_id = "LTAI5tA", .text = "f50000"}, kNow));
}

TEST_F(NonceTableTest, KeysMinutesAndKindsDoNotAnswerForEachOther) {
  NonceTable table(random_);
  EXPECT_EQ(table.insert({.key_id = "LTAI5tA", .text = "n"}, kNow, kNow), Verdict::kFresh);
  EXPECT_EQ(table.insert({.key_id = "LTAI5tB", .text = "n"}, kNow, kNow), Verdict::kFresh);
  EXPECT_EQ(table.insert({.key_id = "LTAI5tA", .text = "n", .is_signature = true}, kNow, kNow),
            Verdict::kFresh);
  EXPECT_EQ(table.insert({.key_id = "LTAI5tAn", .text = ""}, kNow, kNow), Verdict::kFresh);
  // Another signed minute is another request: its signature differs.
  EXPECT_EQ(table.insert({.key_id = "LTAI5tA", .text = "n"}, minutes(1), kNow), Verdict::kFresh);
}

TEST_F(NonceTableTest, NothingIsForgottenWhileLevelsGrow) {
  NonceTable table(random_);
  constexpr int kCount = 200'000;  // levels 0 to 6
  for (int i = 0; i < kCount; ++i) {
    ASSERT_EQ(insert(table, std::to_string(i)), Verdict::kFresh) << i;
  }
  for (int i = 0; i < kCount; ++i) {
    ASSERT_EQ(insert(table, std::to_string(i)), Verdict::kSeen) << i;
  }
  const double bytes_each = static_cast<double>(table.bytes_used()) / kCount;
  EXPECT_LT(bytes_each, 24.0);
}

TEST_F(NonceTableTest, AMinuteThatLeftTheRingGivesItsMemoryBack) {
  NonceTable table(random_);
  for (std::int64_t minute = 0; minute < 500; ++minute) {
    for (int i = 0; i < 3'000; ++i) {
      ASSERT_EQ(insert(table, std::to_string(i), minutes(minute), minutes(minute)),
                Verdict::kFresh);
    }
  }
  EXPECT_LT(table.bytes_used(), 18U * 6 * NonceTable::kSegmentBytes);
  // 64 minutes on, the slot of minute 0 serves another minute: its timestamps are refused.
  EXPECT_EQ(insert(table, "x", minutes(0), minutes(499)), Verdict::kDropped);
}

TEST_F(NonceTableTest, AClockThatWasSetBackIsServedAndForgetsWhatLiesAhead) {
  NonceTable table(random_);
  constexpr std::int64_t kDay = 24 * 60;
  for (int i = 0; i < 64; ++i)  // while the clock was a day ahead
    EXPECT_EQ(insert(table, "a", minutes(kDay + i), minutes(kDay + i)), Verdict::kFresh);
  EXPECT_EQ(insert(table, "a"), Verdict::kSetBack);
  EXPECT_EQ(table.bytes_used(), 0U);
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(insert(table, "a", minutes(i), minutes(i)), Verdict::kFresh);
    EXPECT_EQ(insert(table, "a", minutes(i), minutes(i)), Verdict::kSeen);
  }
}

TEST_F(NonceTableTest, WhenFullTheOldestMinuteGoesAndItsTimestampsAreRefused) {
  NonceTable table(random_, 64 * NonceTable::kSegmentBytes);
  ASSERT_EQ(insert(table, "captured", minutes(-10), kNow), Verdict::kFresh);
  ASSERT_EQ(insert(table, "younger", minutes(-5), kNow), Verdict::kFresh);
  EXPECT_EQ(table.window_millis(), limits::kTimestampWindowMillis);
  fill(table, kNow, kNow, 125'000);
  EXPECT_EQ(table.window_millis(), limits::kTimestampWindowShrunkMillis);
  EXPECT_EQ(fill(table, minutes(1), kNow), Verdict::kFull);
  // Whatever was dropped answers kDropped, never kFresh.
  EXPECT_EQ(insert(table, "captured", minutes(-10), kNow), Verdict::kDropped);
  EXPECT_EQ(insert(table, "younger", minutes(-5), kNow), Verdict::kDropped);
  EXPECT_EQ(insert(table, "new", minutes(-10), kNow), Verdict::kDropped);
  EXPECT_LE(table.bytes_used(), table.bytes_max());
}

TEST_F(NonceTableTest, CurrentMinutesAreNeverDroppedForRoom) {
  NonceTable table(random_, 4 * NonceTable::kSegmentBytes);
  for (const std::int64_t minute : {-1, 0, 1}) {
    ASSERT_EQ(insert(table, "kept", minutes(minute), kNow), Verdict::kFresh);
  }
  EXPECT_EQ(fill(table, kNow, kNow), Verdict::kFull);
  for (const std::int64_t minute : {-1, 0, 1}) {
    EXPECT_EQ(insert(table, "kept", minutes(minute), kNow), Verdict::kSeen);
  }
  // Time passes: the table recovers.
  EXPECT_EQ(insert(table, "later", minutes(20), minutes(20)), Verdict::kFresh);
  EXPECT_EQ(insert(table, "kept", minutes(0), minutes(14)), Verdict::kDropped);
  EXPECT_EQ(table.window_millis(), limits::kTimestampWindowMillis);
}

TEST_F(NonceTableTest, MemoryStaysInItsBoundWhateverComes) {
  NonceTable table(random_, 32 * NonceTable::kSegmentBytes);
  for (std::int64_t minute = 0; minute < 40; ++minute) {
    for (const std::int64_t skew : {0, -14, 14}) {
      fill(table, minutes(minute + skew), minutes(minute), 5'000);
      ASSERT_LE(table.bytes_used(), table.bytes_max());
    }
  }
}

TEST_F(NonceTableTest, OfManyThreadsWithOneNonceExactlyOneWins) {
  NonceTable table(random_, 256 * NonceTable::kSegmentBytes);
  constexpr int kThreads = 4;
  constexpr int kNonces = 30'000;
  std::vector<std::atomic<int>> fresh(kNonces);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kNonces; ++i) {
        const int nonce = (i + t * 7) % kNonces;
        const Instant at = minutes(nonce % 4);
        if (insert(table, std::to_string(nonce), at, minutes(2)) == Verdict::kFresh) {
          fresh[static_cast<std::size_t>(nonce)].fetch_add(1);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kNonces; ++i) ASSERT_EQ(fresh[static_cast<std::size_t>(i)].load(), 1) << i;
}

TEST_F(NonceTableTest, ThreadsUnderPressureNeverAcceptTwice) {
  NonceTable table(random_, 16 * NonceTable::kSegmentBytes);
  constexpr int kNonces = 40'000;
  std::vector<std::atomic<int>> fresh(kNonces);
  std::atomic<std::int64_t> clock{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kNonces; ++i) {
        const std::int64_t minute = i / 2'000;  // 20 minutes of traffic
        std::int64_t seen = clock.load();
        while (seen < minute && !clock.compare_exchange_weak(seen, minute)) {
        }
        const Verdict verdict =
            insert(table, std::to_string(i), minutes(minute), minutes(clock.load()));
        if (verdict == Verdict::kFresh) fresh[static_cast<std::size_t>(i)].fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kNonces; ++i) ASSERT_LE(fresh[static_cast<std::size_t>(i)].load(), 1) << i;
  EXPECT_LE(table.bytes_used(), table.bytes_max());
}

}  // namespace
}  // namespace strongroom::identity
