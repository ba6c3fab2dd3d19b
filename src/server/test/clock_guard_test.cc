// A clock that moves by days decides nothing that cannot be undone, until it is believed.

#include "clock_guard.h"

#include <gtest/gtest.h>

#include "strongroom/due/due.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::server {
namespace {

constexpr std::int64_t kDay = kMillisPerDay;

class ClockGuardTest : public testing::Test {
 protected:
  ClockGuardTest() { open(); }

  void open() {
    auto opened = ClockGuard::open({.store = *fixture_,
                                    .clock = fixture_.clock(),
                                    .random = fixture_.random(),
                                    .account = AccountId(1),
                                    .monotonic = [this] { return monotonic_ns_; }});
    ASSERT_TRUE(opened) << opened.error().message();
    guard_ = std::move(*opened);
  }
  /// The server runs on, and its clock with it.
  void run_for(std::int64_t millis) {
    monotonic_ns_ += millis * kNanosPerMilli;
    fixture_.clock().advance_ms(millis);
  }
  /// The clock alone.
  void leap(std::int64_t millis) { fixture_.clock().advance_ms(millis); }
  void remember() {
    const auto transaction = fixture_->begin();
    ASSERT_TRUE(guard_->remember(**transaction));
    ASSERT_TRUE((*transaction)->commit());
  }
  /// Off for that long.
  void stop_for(std::int64_t millis) {
    guard_->tell();
    remember();
    guard_.reset();
    fixture_.restart();
    leap(millis);
    open();
  }
  std::vector<std::string> events() {
    guard_->tell();
    std::vector<std::string> names;
    const Instant end{fixture_.clock().now().unix_ms + 10'000 * kDay};
    const auto rows = fixture_->due(barrier::TimeTable::kEvent, end, 100);
    for (const auto& row : *rows) names.push_back(due::decode_event(row.record->body())->name);
    return names;
  }
  Instant now() { return fixture_.clock().now(); }
  bool held() { return guard_->due().deletion < now(); }

  test::SealedStoreFixture fixture_;
  std::int64_t monotonic_ns_ = 7;
  std::unique_ptr<ClockGuard> guard_;
};

using Names = std::vector<std::string>;
const std::string kDetected = "Server:ClockLeap:Detected";
const std::string kResolved = "Server:ClockLeap:Resolved";

TEST_F(ClockGuardTest, AClockThatGoesItsWayIsFollowed) {
  for (int i = 0; i < 100; ++i) {
    run_for(kDay / 2);
    leap(i % 2 == 0 ? 1'000 : -1'000);  // as NTP sets it
    EXPECT_EQ(guard_->due().deletion, now());
  }
  stop_for(kDay - 1'000);
  EXPECT_FALSE(held());
  EXPECT_FALSE(guard_->doubt());
  EXPECT_EQ(events(), Names{});
}

TEST_F(ClockGuardTest, ALeapWhileItRunsHoldsDeletion) {
  const Instant before = now();
  leap(30 * kDay);
  const ClockGuard::Due due = guard_->due();
  EXPECT_EQ(due.now, now());
  EXPECT_EQ(due.deletion, before);
  EXPECT_EQ(due.doubted_since, now());
  run_for(3'600'000);  // what falls due by the time run is still done
  EXPECT_EQ(guard_->due().deletion.unix_ms, before.unix_ms + 3'600'000);
  EXPECT_EQ(guard_->due().doubted_since, due.doubted_since);
  ASSERT_TRUE(guard_->doubt());
  EXPECT_EQ(guard_->doubt()->ahead_ms, 30 * kDay);
  EXPECT_EQ(guard_->doubt()->until.unix_ms, now().unix_ms + kDay - 3'600'000);
  EXPECT_EQ(events(), Names{kDetected});
  EXPECT_EQ(events(), Names{kDetected});  // once
}

TEST_F(ClockGuardTest, AServerThatWasOffForWeeksDeletesADayLater) {
  stop_for(21 * kDay);
  EXPECT_TRUE(held());
  run_for(kDay - 1);
  EXPECT_TRUE(held());
  run_for(1);
  EXPECT_FALSE(held());
  EXPECT_EQ(events(), (Names{kDetected, kResolved}));
}

TEST_F(ClockGuardTest, TheDayOfRunningMayHavePauses) {
  stop_for(21 * kDay);
  for (int i = 0; i < 3; ++i) {
    run_for(kDay / 4);
    EXPECT_TRUE(held());
    stop_for(kDay / 4);
    EXPECT_TRUE(held());
  }
  run_for(kDay / 4);
  EXPECT_FALSE(held());
  EXPECT_EQ(events(), (Names{kDetected, kResolved}));
}

TEST_F(ClockGuardTest, AnotherLeapBeginsAnotherDay) {
  leap(10 * kDay);
  EXPECT_TRUE(held());
  run_for(kDay - 1'000);
  EXPECT_TRUE(held());
  leap(10 * kDay);
  EXPECT_TRUE(held());
  run_for(kDay - 1'000);
  EXPECT_TRUE(held());
  EXPECT_EQ(events(), (Names{kDetected, kDetected}));
}

TEST_F(ClockGuardTest, AClockThatIsMendedIsBelievedAtOnce) {
  leap(3'650 * kDay);
  EXPECT_TRUE(held());
  run_for(60'000);
  leap(-3'650 * kDay);
  EXPECT_FALSE(held());
  EXPECT_EQ(guard_->due().deletion, now());
  EXPECT_EQ(guard_->due().doubted_since, Instant{});
  EXPECT_EQ(events(), (Names{kResolved, kDetected}));  // in the order of their times
}

TEST_F(ClockGuardTest, AClockThatWentBackDeletesNothingEarlierAndIsToldOf) {
  const Instant before = now();
  leap(-400 * kDay);
  EXPECT_EQ(guard_->due().deletion, now());
  ASSERT_TRUE(guard_->doubt());
  EXPECT_EQ(guard_->doubt()->ahead_ms, -400 * kDay);
  leap(400 * kDay);  // a machine without a clock of its own, before and after NTP
  EXPECT_EQ(guard_->due().deletion, before);
  EXPECT_FALSE(guard_->doubt());
}

TEST_F(ClockGuardTest, AcceptedItIsBelievedFromTheCommitOnAndAfterARestart) {
  stop_for(21 * kDay);
  {
    const auto given_up = fixture_->begin();
    ASSERT_TRUE(guard_->accept(**given_up));
  }
  EXPECT_TRUE(held());
  const auto transaction = fixture_->begin();
  const auto doubted = guard_->accept(**transaction);
  ASSERT_TRUE(doubted && *doubted);
  EXPECT_EQ((*doubted)->ahead_ms, 21 * kDay);
  ASSERT_TRUE((*transaction)->commit());
  EXPECT_FALSE(held());
  guard_.reset();  // killed: nothing more is noted
  fixture_.restart();
  open();
  EXPECT_FALSE(held());
  const auto again = fixture_->begin();
  EXPECT_EQ(guard_->accept(**again)->has_value(), false);
}

TEST_F(ClockGuardTest, AFormThatIsNotKnownIsRefused) {
  const auto transaction = fixture_->begin();
  (*transaction)
      ->put({barrier::RecordType::kSystem, AccountId(), "clock"}, Uuid::generate(fixture_.random()),
            as_bytes("\2xxxxxxxx"));
  ASSERT_TRUE((*transaction)->commit());
  const auto opened = ClockGuard::open({.store = *fixture_,
                                        .clock = fixture_.clock(),
                                        .random = fixture_.random(),
                                        .account = AccountId(1)});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind(), ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace strongroom::server
