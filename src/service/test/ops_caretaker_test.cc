// The operator's questions about the server's recovery, and a keyring rotation that is asked for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "service_world.h"
#include "strongroom/due/due.h"
#include "strongroom/service/caretaker.h"

namespace strongroom::service {
namespace {

using ::testing::HasSubstr;

class FakeCaretaker final : public Caretaker {
 public:
  Facts facts() const override { return now; }
  Result<void> begin_epoch_after(std::uint32_t epoch) override {
    ++asked;
    if (now.keyring_epoch == epoch) ++now.keyring_epoch;
    return {};
  }
  Result<std::optional<std::int64_t>> accept_clock(barrier::Transaction&) override {
    return std::exchange(ahead_ms, std::nullopt);
  }
  std::optional<std::int64_t> ahead_ms;
  Facts now{.keyring_epoch = 1, .keyring_epochs = 1, .resealed_percent = 100};
  int asked = 0;
};

class CaretakerTest : public ::testing::Test {
 protected:
  CaretakerTest() {
    world_.service.engines().operator_account = world_.account;
    world_.service.engines().caretaker = &care_;
  }
  std::vector<barrier::TimedRow> due() {
    return *world_.store->due(barrier::TimeTable::kDue, ServiceWorld::kNow, 100);
  }
  ServiceWorld world_;
  FakeCaretaker care_;
};

TEST_F(CaretakerTest, TellsTheOperatorsAccountAlone) {
  care_.now.last_backup = ServiceWorld::kNow;
  care_.now.seal_slots = 2;
  const Answered told = world_.call(kStrongroom, "DescribeRecovery", {});
  EXPECT_THAT(told.text, HasSubstr("\"LastBackupTime\":\"2026-11-21T22:27:00Z\""));
  EXPECT_THAT(told.text, HasSubstr("\"LastProvenRestoreTime\":\"\""));
  EXPECT_THAT(told.text, HasSubstr("\"Shredded\":true"));
  EXPECT_THAT(told.text, HasSubstr("\"Seal\":{\"Slots\":2,\"Development\":false}"));
  const auto user = world_.make_user("reader", "AliyunKMSFullAccess");
  world_.service.engines().operator_account = AccountId(1);
  for (const char* action : {"DescribeRecovery", "RotateKeyring", "AcceptClock"}) {
    EXPECT_EQ(world_.call(kStrongroom, action, {}).code, "Forbidden.NoPermission");
    EXPECT_NE(world_.call(kStrongroom, action, {}, user).code, "");
  }
}

TEST_F(CaretakerTest, AcceptsTheClockAndSaysWhatWasDoubted) {
  care_.ahead_ms = 3 * kMillisPerDay;
  const Answered first = world_.call(kStrongroom, "AcceptClock", {});
  EXPECT_THAT(first.text, HasSubstr("\"WasDoubted\":true"));
  EXPECT_THAT(first.text, HasSubstr("\"AheadSeconds\":259200"));
  EXPECT_THAT(world_.call(kStrongroom, "AcceptClock", {}).text, HasSubstr("\"WasDoubted\":false"));
}

TEST_F(CaretakerTest, IsShreddedOnceCompactedAfterTheOldEpochsWent) {
  Caretaker::Facts facts{.keyring_epochs = 2};
  EXPECT_FALSE(facts.shredded());
  facts.keyring_epochs = 1;
  EXPECT_TRUE(facts.shredded());
  facts.last_retirement = Instant{2};
  EXPECT_FALSE(facts.shredded());
  facts.last_compaction = Instant{3};
  EXPECT_TRUE(facts.shredded());
}

TEST_F(CaretakerTest, AnEpochIsBegunOnceHoweverOftenItsTaskRuns) {
  EXPECT_EQ(world_.call(kStrongroom, "RotateKeyring", {}).code, "");
  EXPECT_EQ(care_.asked, 0);  // that is the worker's
  ASSERT_EQ(due().size(), 1U);
  // Killed after the epoch was begun and before the row was removed.
  EXPECT_TRUE(care_.begin_epoch_after(1));
  EXPECT_TRUE(world_.service.run_due(due().front(), ServiceWorld::kNow));
  EXPECT_EQ(care_.now.keyring_epoch, 2U);
  EXPECT_TRUE(due().empty());
}

}  // namespace
}  // namespace strongroom::service
