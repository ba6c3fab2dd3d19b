// Limits of calls a second at an instance's endpoint.

#include "instance_world.h"
#include "strongroom/service/flow_control.h"

namespace strongroom::gateway_instance {
namespace {

class InstanceLimits : public testing::Test {
 protected:
  void limit_to(const std::string& spec) {
    world_.must(service::kBss, "ModifyInstance",
                {{"ProductCode", "kms"},
                 {"InstanceId", world_.instance},
                 {"Parameter.1.Code", "Spec"},
                 {"Parameter.1.Value", spec}});
    GatewayParts parts = world_.parts();
    parts.flow = &flow_;
    world_.runner = make_runners(parts)();
  }

  InstanceWorld world_;
  service::FlowControl flow_{{.specifications = true}, world_.service.operations(), world_.random};
};

TEST_F(InstanceLimits, TheSpecificationsCallsPassAndNoMore) {
  const InstanceWorld::Key key = world_.make_key();
  limit_to("3");
  const Draft draft = world_.read(key);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world_.send(draft).status, 200);
  const Told refused = world_.send(draft);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.code, "Rejected.Throttling");
  EXPECT_EQ(refused.access_key_id, key.id);
  EXPECT_NE(refused.bytes.find("x-acs-retry-after: 1000"), std::string::npos) << refused.bytes;
  EXPECT_NE(refused.bytes.find("QPS Limit Exceeded"), std::string::npos);
  EXPECT_EQ(refused.bytes.find(InstanceWorld::kValue), std::string::npos);
  const Instant next{InstanceWorld::kNow.unix_ms + 1'000};
  EXPECT_EQ(world_.send(world_.read(key, next), "192.0.2.1", next).status, 200);
}

TEST_F(InstanceLimits, WhoIsNotKnownUsesNothingUp) {
  const InstanceWorld::Key key = world_.make_key();
  limit_to("1");
  Draft forged = world_.read(key);
  forged.body.back() = 'x';
  for (int i = 0; i < 5; ++i) EXPECT_NE(world_.send(forged).status, 200);
  EXPECT_EQ(world_.send(world_.read(key)).status, 200);
}

}  // namespace
}  // namespace strongroom::gateway_instance
