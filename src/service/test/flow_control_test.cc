#include "strongroom/service/flow_control.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "service_fixture.h"

namespace strongroom::service {
namespace {

constexpr Instant kSecond{1'795'300'020'000};

class FlowControlTest : public ServiceFixture {
 protected:
  FlowControl make(FlowLimits limits) {
    return FlowControl(limits, service_.operations(), fixture_.random());
  }
  int passed(FlowControl& flow, const std::string& action, const identity::Principal& who,
             Instant now, int calls) {
    const Operation* row = service_.find(kKms.version, action);
    int count = 0;
    for (int i = 0; i < calls; ++i) count += flow.take(*row, who, now) == 0 ? 1 : 0;
    return count;
  }
  std::string order(const std::string& spec) {
    const Answer made = run(root(), *service_.find(kBss.version, "CreateInstance"),
                            {{"ProductCode", "kms"},
                             {"ProductType", "kms_ddi_public_cn"},
                             {"Parameter.1.Code", "Spec"},
                             {"Parameter.1.Value", spec}},
                            nullptr);
    EXPECT_TRUE(made.ok()) << made.message;
    return text_at(made.json, "/Data/InstanceId");
  }
  int passed_at(FlowControl& flow, const std::string& instance, const identity::Principal& who,
                Instant now, int calls) {
    const auto reader = *fixture_->reader();
    const InstanceCall call{kAccount, instance, who, now};
    int count = 0;
    for (int i = 0; i < calls; ++i)
      count += flow.take_at_instance(call, service_.engines(), *reader) == 0 ? 1 : 0;
    return count;
  }
};

TEST_F(FlowControlTest, ThePublishedFiguresHoldExactlyForAnAccount) {
  FlowControl flow = make({.published = true, .principal_qps = 0});
  const auto bob = user({"*"});
  EXPECT_EQ(passed(flow, "GetSecretValue", root(), kSecond, 400), 400);
  EXPECT_EQ(passed(flow, "DescribeSecret", bob, kSecond, 100), 50);  // one account, one group
  EXPECT_EQ(passed(flow, "CreateKey", root(), kSecond, 100), 10);
  EXPECT_EQ(passed(flow, "Encrypt", root(), kSecond, 1'500), 1'000);
  EXPECT_EQ(passed(flow, "GetSecretValue", root(), {kSecond.unix_ms + 1'000}, 500), 450);
  auto other = root();
  other.account = AccountId{1'000'000'000'000'009};
  EXPECT_EQ(passed(flow, "GetSecretValue", other, kSecond, 500), 450);
  EXPECT_EQ(flow.published_limit("ListResourceTags"), 300U);
  EXPECT_EQ(flow.published_limit("AsymmetricSign"), 200U);
}

TEST_F(FlowControlTest, TheHintLeadsToTheNextWindow) {
  FlowControl flow = make({.published = false, .principal_qps = 2});
  const Operation* row = service_.find(kKms.version, "ListKeys");
  const Instant late{kSecond.unix_ms + 700};
  EXPECT_EQ(flow.take(*row, root(), late), 0);
  EXPECT_EQ(flow.take(*row, root(), late), 0);
  EXPECT_EQ(flow.take(*row, root(), late), 300);
  EXPECT_EQ(flow.take(*row, user({"*"}), late), 0);  // another principal
  EXPECT_EQ(flow.take(*row, root(), {late.unix_ms + 300}), 0);
}

TEST_F(FlowControlTest, WhoComesNearALimitIsMarkedOnce) {
  FlowControl flow = make({.published = true, .principal_qps = 0});
  passed(flow, "GetSecretValue", root(), kSecond, 314);
  EXPECT_TRUE(flow.take_marks().empty());
  passed(flow, "GetSecretValue", root(), kSecond, 1);  // 315 of 450
  const FlowMark seventy{kAccount, "GetSecretValue", 450, 70};
  EXPECT_EQ(flow.take_marks(), std::vector{seventy});
  passed(flow, "DescribeSecret", root(), kSecond, 1'000);
  const FlowMark ninety{kAccount, "GetSecretValue", 450, 90};
  EXPECT_EQ(flow.take_marks(), std::vector{ninety});
  for (int window = 1; window < 4; ++window) {
    passed(flow, "GetSecretValue", root(), {kSecond.unix_ms + window * 1'000}, 1'000);
  }
  EXPECT_EQ(flow.take_marks(), (std::vector{seventy, ninety}));
  passed(flow, "OpenKmsService", root(), kSecond, 5);  // one a second: no share of it
  EXPECT_TRUE(flow.take_marks().empty());
}

TEST_F(FlowControlTest, AnInstanceHasTheCallsOfItsSpecification) {
  FlowControl flow = make({.specifications = true});
  const std::string small = order("200");
  const std::string large = order("1000");
  const auto bob = user({"*"});
  EXPECT_EQ(passed_at(flow, small, root(), kSecond, 150), 150);
  EXPECT_EQ(passed_at(flow, small, bob, kSecond, 150), 50);  // one capacity for all
  EXPECT_EQ(passed_at(flow, large, bob, kSecond, 1'500), 1'000);
  EXPECT_EQ(passed_at(flow, small, bob, {kSecond.unix_ms + 1'000}, 300), 200);
  EXPECT_EQ(passed(flow, "Encrypt", root(), kSecond, 2'000), 2'000);  // not at its endpoint
  EXPECT_EQ(passed_at(flow, "kst-gone", root(), kSecond, 5'000), 5'000);
}

TEST_F(FlowControlTest, AnInstanceThatComesNearItsSpecificationIsMarked) {
  FlowControl flow = make({.specifications = true});
  const std::string id = order("200");
  passed_at(flow, id, root(), kSecond, 139);
  EXPECT_TRUE(flow.take_marks().empty());
  passed_at(flow, id, root(), kSecond, 500);
  const FlowMark seventy{kAccount, "", 200, 70, id};
  const FlowMark ninety{kAccount, "", 200, 90, id};
  EXPECT_EQ(flow.take_marks(), (std::vector{seventy, ninety}));
}

TEST_F(FlowControlTest, OneCallerIsLimitedAtInstancesToo) {
  FlowControl flow = make({.principal_qps = 10, .specifications = false});
  const std::string id = order("1000");
  EXPECT_EQ(passed_at(flow, id, root(), kSecond, 6), 6);
  EXPECT_EQ(passed(flow, "ListKeys", root(), kSecond, 10), 4);
  EXPECT_EQ(passed_at(flow, id, user({"*"}), kSecond, 20), 10);
}

TEST_F(FlowControlTest, TheCallsOfTheLastWholeSecondAreKnownWithoutALimit) {
  FlowControl flow = make({});
  const std::string id = order("200");
  const auto after = [](std::int64_t millis) { return Instant{kSecond.unix_ms + millis}; };
  EXPECT_EQ(flow.used_at_instance(id, kSecond), 0U);
  EXPECT_EQ(passed_at(flow, id, root(), after(10), 300), 300);
  EXPECT_EQ(flow.used_at_instance(id, after(999)), 0U);  // it is not over yet
  EXPECT_EQ(passed_at(flow, id, root(), after(1'001), 5), 5);
  EXPECT_EQ(flow.used_at_instance(id, after(1'500)), 300U);
  EXPECT_EQ(flow.used_at_instance(id, after(2'500)), 5U);
  EXPECT_EQ(flow.used_at_instance(id, after(3'500)), 0U);
  EXPECT_EQ(flow.used_at_instance("kst-other", after(1'500)), 0U);
}

TEST_F(FlowControlTest, OffMeansOff) {
  FlowControl flow = make({});
  EXPECT_EQ(passed(flow, "CreateKey", root(), kSecond, 5'000), 5'000);
}

TEST_F(FlowControlTest, SessionsOfARoleAreOneCallerWhateverTheyAreCalled) {
  FlowControl flow = make({.published = false, .principal_qps = 10});
  identity::Principal session = root();
  session.kind = identity::PrincipalKind::kRole;
  int total = 0;
  for (const char* id : {"300000000000000001:a", "300000000000000001:b", "300000000000000001:A"}) {
    session.id = id;
    total += passed(flow, "ListKeys", session, kSecond, 10);
  }
  EXPECT_EQ(total, 10);
  session.id = "300000000000000002:a";
  EXPECT_EQ(passed(flow, "ListKeys", session, kSecond, 20), 10);
}

TEST_F(FlowControlTest, ThreadsTogetherPassNoMore) {
  FlowControl flow = make({.published = false, .principal_qps = 100});
  std::atomic<int> total{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { total += passed(flow, "ListKeys", root(), kSecond, 100); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(total.load(), 100);
}

}  // namespace
}  // namespace strongroom::service
