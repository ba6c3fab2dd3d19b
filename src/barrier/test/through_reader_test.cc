// The way past an I/O thread's cache: one revision, bounded, never while it could wait.

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "barrier_test_support.h"
#include "strongroom/base/limits.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::barrier {
namespace {

using test::SealedStoreFixture;

const AccountId kAlice(1000000000000001);

Address head(std::string_view name) {
  return {RecordType::kSecret, kAlice, name};
}

void put_pair(SealedStore& store, int number) {
  auto transaction = *store.begin();
  for (const char* name : {"left", "right"}) {
    (void)transaction->read(head(name));
    transaction->put(head(name), {}, as_bytes(std::to_string(number)));
  }
  ASSERT_TRUE(transaction->commit());
}

class ThroughReaderTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(fixture_->verify_all()); }
  /// As a call that missed something in the cache.
  std::unique_ptr<Reader> after_a_miss(CachedReader& cache) {
    EXPECT_FALSE(cache.read(head("nothing")));
    return cache.through();
  }

  SealedStoreFixture fixture_;
};

TEST_F(ThroughReaderTest, ReadsWhatTheCacheLacksAndFillsIt) {
  put(*fixture_, head("one"), "1");
  const auto cache = fixture_->make_cache(1);
  const auto through = after_a_miss(*cache);
  ASSERT_NE(through, nullptr);
  EXPECT_TRUE(through->on_io_thread());
  EXPECT_EQ(leave_io_thread(*through).error().kind(), ErrorKind::kNotCached);
  EXPECT_EQ(text(*through->read(head("one"))), "1");
  EXPECT_EQ(text(*cache->read(head("one"))), "1");
  EXPECT_EQ(through->read(head("absent")).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(cache->read(head("absent")).error().kind(), ErrorKind::kNotFound);
}

TEST_F(ThroughReaderTest, IsForCallsThatMissedSomething) {
  put(*fixture_, head("one"), "1");
  const auto cache = fixture_->make_cache(1);
  EXPECT_EQ(cache->through(), nullptr);
  ASSERT_NE(after_a_miss(*cache), nullptr);
  EXPECT_EQ(cache->through(), nullptr);
}

TEST_F(ThroughReaderTest, StopsAtItsBound) {
  const auto cache = fixture_->make_cache(1);
  const auto through = after_a_miss(*cache);
  for (std::size_t i = 0; i < limits::kThroughRowsMax; ++i) {
    EXPECT_EQ(through->read(head("absent-" + std::to_string(i))).error().kind(),
              ErrorKind::kNotFound);
  }
  EXPECT_EQ(through->read(head("one-more")).error().kind(), ErrorKind::kNotCached);
  EXPECT_EQ(through->read(head("absent-0")).error().kind(), ErrorKind::kNotFound);
}

TEST_F(ThroughReaderTest, SeesOneRevisionAndKeepsNothingOlderThanAWrite) {
  put_pair(*fixture_, 1);
  const auto cache = fixture_->make_cache(1);
  const auto through = after_a_miss(*cache);
  EXPECT_EQ(text(*through->read(head("left"))), "1");
  put_pair(*fixture_, 2);
  EXPECT_EQ(text(*through->read(head("right"))), "1");
  EXPECT_EQ(cache->read(head("left")).error().kind(), ErrorKind::kNotCached);
  EXPECT_EQ(cache->read(head("right")).error().kind(), ErrorKind::kNotCached);
  EXPECT_EQ(text(*cache->through()->read(head("right"))), "2");
}

TEST(ThroughReader, NoneBeforeTheStoreIsVerified) {
  SealedStoreFixture fixture;
  fixture.restart();
  const auto cache = fixture->make_cache(1);
  EXPECT_FALSE(cache->read(head("one")));
  EXPECT_EQ(cache->through(), nullptr);
}

// Writers change both halves in one commit; whoever reads the one and then the other, from wherever
// each comes, sees the same number twice.
TEST_F(ThroughReaderTest, HalvesOfOneCommitStayTogether) {
  constexpr int kWrites = 400;
  put_pair(*fixture_, 0);
  std::atomic<bool> writing{true};
  std::atomic<int> acknowledged{0};
  std::atomic<int> torn{0};
  std::atomic<int> stale{0};
  std::atomic<int> looks{0};
  std::vector<std::jthread> threads;
  threads.emplace_back([&] {
    for (int number = 1; number <= kWrites; ++number) {
      put_pair(*fixture_, number);
      acknowledged.store(number);
    }
    writing.store(false);
  });
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      const auto cache = fixture_->make_cache(0.5);
      const std::string_view first = t == 0 ? "left" : "right";
      const std::string_view second = t == 0 ? "right" : "left";
      while (writing.load()) {
        const int least = acknowledged.load();
        const auto through = after_a_miss(*cache);
        if (!through) continue;
        const auto one = through->read(head(first));
        const auto other = through->read(head(second));
        if (!one || !other) continue;
        looks.fetch_add(1);
        if (text(*one) != text(*other)) torn.fetch_add(1);
        if (number_in(*one) < least) stale.fetch_add(1);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(torn.load(), 0);
  EXPECT_EQ(stale.load(), 0);
  EXPECT_GT(looks.load(), 0);
}

}  // namespace
}  // namespace strongroom::barrier
