// Tasks that always fail hold nobody back, and are tried more and more seldom.

#include "due_work.h"

#include <gtest/gtest.h>

#include <set>

#include "strongroom/base/limits.h"
#include "strongroom/due/due.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::server {
namespace {

class DueWorkTest : public testing::Test {
 protected:
  static constexpr std::int64_t kSecond = 1'000 * kNanosPerMilli;

  void schedule(const std::string& name, Instant when, due::Kind kind = due::Kind::kPurgeSecret) {
    const auto transaction = fixture_->begin();
    due::schedule(**transaction, when,
                  {.kind = kind, .account = AccountId(1), .name = name, .resource = {}});
    ASSERT_TRUE((*transaction)->commit());
  }

  /// A step at this time, of a clock that is believed.
  std::size_t step(Instant now) { return *work_.step({now, now, {}}); }

  Result<void> run(const barrier::TimedRow& row) {
    const due::Task task = *due::decode(row.record->body());
    ++tries_[task.name];
    if (task.name.starts_with("bad"))
      return fail(ErrorKind::kUnavailable, "NotNow", "it never works");
    const auto transaction = fixture_->begin();
    (*transaction)->remove_timed(row.key, row.record->modified());
    EXPECT_TRUE((*transaction)->commit());
    return {};
  }

  test::SealedStoreFixture fixture_;
  std::int64_t monotonic_ns_ = 7;
  std::map<std::string, int> tries_;
  DueWork work_{*fixture_, [this](const barrier::TimedRow& row, Instant) { return run(row); },
                [this] { return monotonic_ns_; }};
};

TEST_F(DueWorkTest, WhatAlwaysFailsHoldsNobodyBack) {
  constexpr std::size_t kBad = 3 * limits::kDueBatchMax;
  for (std::size_t i = 0; i < kBad; ++i) schedule("bad" + std::to_string(i), {1'000});
  schedule("good", {2'000});
  std::size_t done = 0;
  for (int i = 0; i < 4; ++i) {
    done += step({3'000});
    monotonic_ns_ += kSecond;
  }
  EXPECT_EQ(done, 1U);
  EXPECT_EQ(tries_["good"], 1);
  EXPECT_EQ(tries_.size(), kBad + 1);  // none is forgotten
}

TEST_F(DueWorkTest, TheRestGrowsAndHasABound) {
  schedule("bad", {1'000});
  std::vector<std::int64_t> seconds;  // between tries
  for (std::int64_t second = 0, last = 0; second < 2'000; ++second) {
    const int before = tries_["bad"];
    EXPECT_EQ(step({3'000}), 0U);
    monotonic_ns_ += kSecond;
    if (tries_["bad"] == before) continue;
    seconds.push_back(second - last);
    last = second;
  }
  ASSERT_EQ(seconds.size(), 14U);
  EXPECT_EQ(seconds[1], 1);
  EXPECT_EQ(seconds[2], 2);
  EXPECT_EQ(seconds[3], 4);
  for (std::size_t i = 10; i < seconds.size(); ++i) EXPECT_EQ(seconds[i], 300);
}

TEST_F(DueWorkTest, DeletionsThatWaitForTheClockHoldNoRotationBack) {
  const Instant doubted{10'000};
  for (std::size_t i = 0; i <= limits::kDueBatchMax; ++i)
    schedule("held" + std::to_string(i), doubted);
  schedule("rotation", doubted, due::Kind::kRotateSecret);
  const auto done = work_.step({.now = {20'000}, .deletion = {5'000}, .doubted_since = doubted});
  EXPECT_EQ(*done, 1U);
  EXPECT_EQ(tries_["rotation"], 1);
  EXPECT_EQ(tries_.size(), 1U);
}

}  // namespace
}  // namespace strongroom::server
