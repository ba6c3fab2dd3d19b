// Requests that come a second time, through the whole gateway.

#include "instance_world.h"
#include "strongroom/identity/authenticator.h"

namespace strongroom::gateway_instance {
namespace {

class ReplayTest : public ::testing::Test {
 protected:
  void obey(bool strict) {
    GatewayParts parts = world_.parts();
    parts.replays = make_replay_guard({.strict = strict, .alarms = &alarms_});
    world_.runner = make_runners(parts)();
  }

  InstanceWorld world_;
  InstanceWorld::Key key_ = world_.make_key();
  ReplayAlarms alarms_;
};

TEST_F(ReplayTest, FromAnotherAddressItIsRefusedAndSomebodyIsTold) {
  obey(false);
  const Draft draft = world_.read(key_);
  EXPECT_EQ(world_.send(draft, "192.0.2.1").status, 200);
  EXPECT_EQ(world_.send(draft, "192.0.2.1").status, 200);
  EXPECT_TRUE(alarms_.take().empty());
  const Instant later{InstanceWorld::kNow.unix_ms + identity::kFleetMillis + 1};
  for (int i = 0; i < 2; ++i) {
    const Told told = world_.send(draft, "192.0.2.2", later);
    EXPECT_EQ(told.status, 401);
    EXPECT_EQ(told.code, "SignatureNotMatch");
    EXPECT_EQ(told.principal_name, "app");
    EXPECT_EQ(told.source, "192.0.2.2");
  }
  const std::vector<ReplayAlarm> alarms = alarms_.take();
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_EQ(alarms[0].account, world_.account);
  EXPECT_EQ(alarms[0].client_key_id, key_.id);
  EXPECT_EQ(alarms[0].source, "192.0.2.2");
  EXPECT_EQ(alarms[0].access_point_arn, world_.access_points.point_arn(world_.account, "app"));
  EXPECT_TRUE(alarms_.take().empty());
}

TEST_F(ReplayTest, StrictRulesRefuseItFromTheSameAddress) {
  obey(true);
  const Draft draft = world_.read(key_);
  EXPECT_EQ(world_.send(draft).status, 200);
  EXPECT_EQ(world_.send(draft).code, "SignatureNotMatch");
  EXPECT_TRUE(alarms_.take().empty());
}

TEST_F(ReplayTest, ANarrowWindowIsKept) {
  constexpr std::int64_t kNarrow = 60'000;
  GatewayParts parts = world_.parts();
  parts.window_ms = kNarrow;
  world_.runner = make_runners(parts)();
  const Instant now = InstanceWorld::kNow;
  EXPECT_EQ(world_.send(world_.read(key_, {now.unix_ms - kNarrow})).status, 200);
  EXPECT_EQ(world_.send(world_.read(key_, {now.unix_ms - kNarrow - 1'000})).code,
            "RequestTimeTooSkewed");
}

TEST(ReplayAlarms, WhatWaitsIsBounded) {
  ReplayAlarms alarms;
  for (std::size_t i = 0; i < 2 * ReplayAlarms::kWaitingMax; ++i)
    alarms.note({AccountId(), "", std::to_string(i), ""});
  EXPECT_EQ(alarms.take().size(), ReplayAlarms::kWaitingMax);
}

}  // namespace
}  // namespace strongroom::gateway_instance
