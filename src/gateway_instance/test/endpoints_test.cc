#include "strongroom/gateway_instance/endpoints.h"

#include "instance_world.h"

namespace strongroom::gateway_instance {
namespace {

constexpr std::string_view kName = "kst-one.test";
constexpr std::string_view kOther = "kst-two.test";

class EndpointsTest : public testing::Test {
 protected:
  EndpointsTest() {
    GatewayParts closed = world_.parts();
    closed.instance_id = "";
    closed.account = AccountId();
    world_.runner = make_runners(endpoints_, closed)();
  }
  Told read(std::string_view name) {
    return world_.send(world_.read(key_), "192.0.2.1", InstanceWorld::kNow, name);
  }
  void open(std::string_view name) {
    endpoints_->open(std::string(name), std::make_shared<const GatewayParts>(world_.parts()));
  }

  InstanceWorld world_;
  InstanceWorld::Key key_ = world_.make_key();
  std::shared_ptr<Endpoints> endpoints_ = std::make_shared<Endpoints>();
};

TEST_F(EndpointsTest, TheNameSaysWhichOne) {
  EXPECT_EQ(read(kName).status, 404);
  open(kName);
  EXPECT_EQ(read(kName).status, 200);
  EXPECT_EQ(read(kName).instance, world_.instance);
  EXPECT_EQ(read(kOther).status, 404);
  EXPECT_EQ(read("").status, 404);
  open(kOther);
  EXPECT_EQ(read(kOther).status, 200);
}

TEST_F(EndpointsTest, AClosedOneRefusesAndEndsTheConnection) {
  open(kName);
  EXPECT_EQ(read(kName).bytes.find("Connection: close"), std::string::npos);
  endpoints_->close(std::string(kName));
  const Told told = read(kName);
  EXPECT_EQ(told.code, "Unauthorized");
  EXPECT_NE(told.bytes.find("Connection: close"), std::string::npos) << told.bytes;
  EXPECT_EQ(told.bytes.find(InstanceWorld::kValue), std::string::npos);
  EXPECT_EQ(told.source, "192.0.2.1");
  open(kName);
  EXPECT_EQ(read(kName).status, 200);
}

TEST_F(EndpointsTest, WhoWasKnownBeforeIsAskedAgainAfterIt) {
  open(kName);
  const Draft draft = world_.read(key_);
  std::vector<NameValue> views;
  gateway::Incoming incoming{.request = draft.request(views),
                             .peer = "192.0.2.1",
                             .request_id = "0F5E8C2B-0000-4000-8000-000000000001",
                             .now = InstanceWorld::kNow,
                             .server_name = kName,
                             .principal = nullptr};
  // The first half of a call that goes to a worker: its principal is known.
  (void)world_.runner->run_on_io(incoming, *world_.cache, world_.principals);
  barrier::ReadSet read_set;
  EXPECT_NE(world_.runner->run_on_worker(incoming, read_set).bytes.find("HTTP/1.1 200"),
            std::string_view::npos);
  EXPECT_NE(incoming.principal, nullptr);
  endpoints_->close(std::string(kName));
  EXPECT_NE(world_.runner->run_on_worker(incoming, read_set).bytes.find("HTTP/1.1 404"),
            std::string_view::npos);
}

}  // namespace
}  // namespace strongroom::gateway_instance
