#include "strongroom/notify/outbox.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>

#include "strongroom/base/bytes.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::notify {
namespace {

const AccountId kAccount{1000000000000001ULL};
constexpr std::int64_t kDay = kMillisPerDay;

/// Notes what it took, by event and target.
class FakeCourier final : public Courier {
 public:
  Result<void> send(const Target& target, const Notice& notice, const Proof& proof) override {
    EXPECT_EQ(proof.signing_key.size(), 64U);
    secrets[target.name] = as_chars(proof.secret);
    ++asked;
    if (fails(target)) return fail(ErrorKind::kUnavailable, "Down", "it is down");
    ++taken[{notice.event.id, target.name}];
    last = notice;
    return {};
  }

  std::function<bool(const Target&)> fails = [](const Target&) { return false; };
  std::map<std::pair<std::string, std::string>, int> taken;
  Notice last;
  std::map<std::string, std::string> secrets;
  int asked = 0;
};

class OutboxTest : public testing::Test {
 protected:
  OutboxTest() : outbox_(std::make_unique<Outbox>(*fixture_, courier_, "cn-hangzhou")) {
    save({{.name = "all", .address = "https://a.test/x"},
          {.name = "critical", .address = "https://b.test/x", .min_level = "CRITICAL"},
          {.name = "rotation", .address = "https://c.test/x", .prefix = "Secret:RotateSecret"}});
  }

  void save(std::vector<Target> targets) {
    const auto transaction = *fixture_->begin();
    ASSERT_TRUE(load_targets(*transaction, kAccount).has_value());
    save_targets(*transaction, kAccount, targets);
    ASSERT_TRUE(transaction->commit().has_value());
  }
  void record(Instant when, const std::string& name, const std::string& resource) {
    const auto transaction = *fixture_->begin();
    due::record(*transaction, when, {name, kAccount, resource});
    ASSERT_TRUE(transaction->commit().has_value());
  }
  void drain(Instant now) {
    while (true) {
      const auto done = outbox_->run(now);
      ASSERT_TRUE(done.has_value()) << done.error().message();
      if (*done == 0) return;
    }
  }
  std::size_t waiting() {
    const auto found = list_waiting(*fixture_, kAccount);
    EXPECT_TRUE(found.has_value());
    return found ? found->size() : 0;
  }

  test::SealedStoreFixture fixture_;
  FakeCourier courier_;
  std::unique_ptr<Outbox> outbox_;
};

TEST_F(OutboxTest, EachTargetHearsOfWhatItWants) {
  record({1'000}, "Secret:RotateSecret:Failure", "acs:kms:cn-hangzhou:1:secret/db");
  record({2'000}, "Key:DeletionScheduled", "acs:kms:cn-hangzhou:1:key/k");
  drain({3'000});
  std::map<std::string, int> by_target;
  for (const auto& [key, count] : courier_.taken) by_target[key.second] += count;
  EXPECT_EQ(by_target, (std::map<std::string, int>{{"all", 2}, {"critical", 1}, {"rotation", 1}}));
  EXPECT_EQ(waiting(), 0U);
}

// A day of events with targets that are down half of the time: each notice arrives once.
TEST_F(OutboxTest, ADayInVirtualTimeSendsEachNoticeOnce) {
  std::mt19937 random(7);
  courier_.fails = [&random](const Target& target) {
    return target.name == "all" && random() % 2 == 0;
  };
  constexpr std::int64_t kStep = 15 * 60 * 1000;
  int events = 0;
  for (std::int64_t now = 0; now < kDay; now += kStep) {
    record({now}, "Secret:RotateSecret:Success",
           "acs:kms:cn-hangzhou:1:secret/s" + std::to_string(events++));
    drain({now + 1});
    if (events % 10 == 0) outbox_ = std::make_unique<Outbox>(*fixture_, courier_, "cn-hangzhou");
  }
  for (std::int64_t now = kDay; now < 2 * kDay && waiting() > 0; now += kStep) drain({now});
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(courier_.taken.size(), static_cast<std::size_t>(events) * 2);
  for (const auto& [key, count] : courier_.taken) EXPECT_EQ(count, 1) << key.second;
}

TEST_F(OutboxTest, AKillBetweenDeliveryAndCommitRepeatsWithTheSameId) {
  record({1'000}, "Notify:Test:Success", "acs:kms::1:notify/all");
  // The row is read, sent, and the process ends before its removal: what a second reader sees.
  Outbox other(*fixture_, courier_, "cn-hangzhou");
  ASSERT_TRUE(outbox_->run({1'000}).has_value());  // expands
  bool taken_over = false;
  courier_.fails = [this, &taken_over](const Target&) {
    // Somebody else takes the row while this one is out.
    if (!std::exchange(taken_over, true)) drain({1'000});
    return false;
  };
  const auto done = other.run({1'000});
  ASSERT_TRUE(done.has_value());
  ASSERT_EQ(courier_.taken.size(), 1U);
  EXPECT_EQ(courier_.taken.begin()->second, 2);
  EXPECT_EQ(courier_.last.attempt, 1U);
  EXPECT_EQ(waiting(), 0U);
}

TEST_F(OutboxTest, ATargetThatIsDownHoldsNobodyUp) {
  courier_.fails = [](const Target& target) { return target.name == "all"; };
  for (int i = 0; i < 120; ++i)
    record({i}, "Secret:RotateSecret:Failure", "acs:kms:cn-hangzhou:1:secret/" + std::to_string(i));
  drain({1'000});
  EXPECT_EQ(courier_.taken.size(), 240U);  // the two others
  EXPECT_EQ(courier_.asked, 241);
  courier_.fails = [](const Target&) { return false; };
  drain({60'000});
  EXPECT_EQ(courier_.taken.size(), 360U);
}

TEST_F(OutboxTest, WhatWaitsByAClockThatWasAheadGoesOutWhenItIsBack) {
  constexpr std::int64_t kAhead = 3'650 * kDay;
  courier_.fails = [](const Target& target) { return target.name == "all"; };
  record({kAhead}, "Secret:RotateSecret:Failure", "acs:kms:cn-hangzhou:1:secret/a");
  drain({kAhead + 1});  // "all" is tried again later, by that clock
  record({kAhead + 2}, "Secret:RotateSecret:Failure", "acs:kms:cn-hangzhou:1:secret/b");
  EXPECT_EQ(courier_.taken.size(), 2U);
  courier_.fails = [](const Target&) { return false; };
  drain({1'000});
  EXPECT_EQ(courier_.taken.size(), 6U);
  EXPECT_EQ(waiting(), 0U);
}

TEST_F(OutboxTest, ATargetThatIsGoneEndsInTheDeadLetters) {
  courier_.fails = [](const Target& target) { return target.name == "all"; };
  record({0}, "Key:DeletionScheduled", "acs:kms:cn-hangzhou:1:key/k");
  for (std::int64_t now = 1'000; now < 2 * kDay; now += 3'600'000) drain({now});
  const auto left = list_waiting(*fixture_, kAccount);
  ASSERT_TRUE(left.has_value());
  ASSERT_EQ(left->size(), 1U);
  EXPECT_TRUE(left->front().dead);
  EXPECT_EQ(left->front().attempts, 12U);
  EXPECT_EQ(left->front().last_error, "it is down");
  EXPECT_EQ(courier_.asked, 12);
}

TEST(TargetTest, WhatIsRefused) {
  Target good{.name = "a", .address = "https://a.test/x?token=1"};
  EXPECT_TRUE(check(good).has_value());
  for (const char* address : {"http://a.test", "https://u@a.test", "https://a.test/#x",
                              "https://a.test/ b", "ftp://a", "https://"}) {
    Target bad = good;
    bad.address = address;
    EXPECT_FALSE(check(bad).has_value()) << address;
  }
  Target mail{.name = "m",
              .kind = Kind::kMail,
              .address = "ops@a.test",
              .relay = "mail.a.test:465",
              .sender = "kms@a.test"};
  EXPECT_TRUE(check(mail).has_value());
  mail.address = "a@b>\r\nRCPT TO:<c@d";
  EXPECT_FALSE(check(mail).has_value());
  good.min_level = "LOUD";
  EXPECT_FALSE(check(good).has_value());
}

TEST(EventViewTest, TheDocumentedBody) {
  const EventView view = view_of({.name = "Secret:RotateSecret:Failure",
                                  .account = kAccount,
                                  .resource = "acs:kms:cn-hangzhou:1:secret/db/pass",
                                  .detail_json = R"({"rotationStatus":"Invalid"})"},
                                 {1'534'427'975'689}, "cn-hangzhou");
  EXPECT_EQ(view.level, "CRITICAL");
  EXPECT_EQ(view.status, "Failed");
  EXPECT_EQ(view.instance_name, "db/pass");
  const std::string body = body_of(view);
  EXPECT_NE(body.find(R"("eventTime":"20180816T135935.689+0000")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("content":{"eventId":")" + view.id + R"(","rotationStatus":"Invalid"})"),
            std::string::npos)
      << body;
}

TEST(BackoffTest, DoublesUpToAnHour) {
  EXPECT_EQ(backoff_millis(1), 10'000);
  EXPECT_EQ(backoff_millis(2), 20'000);
  EXPECT_EQ(backoff_millis(12), 3'600'000);
  EXPECT_EQ(backoff_millis(4'000'000'000), 3'600'000);
}

TEST_F(OutboxTest, ASecretGoesToItsTargetAlone) {
  const auto keep = [this](const std::string& target, std::string_view secret) {
    const auto transaction = *fixture_->begin();
    ASSERT_TRUE(save_secret(*transaction, kAccount, target, secret).has_value());
    ASSERT_TRUE(transaction->commit().has_value());
  };
  keep("all", "SEC-of-all");
  record({1'000}, "Secret:RotateSecret:Failure", "acs:kms:cn-hangzhou:1:secret/db");
  drain({3'000});
  EXPECT_EQ(courier_.secrets["all"], "SEC-of-all");
  EXPECT_EQ(courier_.secrets["rotation"], "");
  keep("all", "");
  keep("all", "");  // removed already
  record({4'000}, "Secret:RotateSecret:Failure", "acs:kms:cn-hangzhou:1:secret/db");
  drain({5'000});
  EXPECT_EQ(courier_.secrets["all"], "");
}

TEST_F(OutboxTest, TheUserOfAMailServerIsKept) {
  save({{.name = "mail", .kind = Kind::kMail, .address = "a@b.test", .user = "kms"}});
  const auto reader = *fixture_->reader();
  const auto targets = load_targets(*reader, kAccount);
  ASSERT_TRUE(targets.has_value()) << targets.error().message();
  ASSERT_EQ(targets->size(), 1U);
  EXPECT_EQ(targets->front().user, "kms");
  EXPECT_EQ(targets->front().kind, Kind::kMail);
}

// By the vendor's example code: Python's hmac and urllib.parse.quote_plus.
TEST(RobotTest, TheSignatureIsTheDocumentedOne) {
  const auto signature = robot_signature(as_bytes("SEC0123456789abcdef"), {1'795'330'129'007});
  ASSERT_TRUE(signature.has_value());
  EXPECT_EQ(*signature,
            "timestamp=1795330129007&sign=4T2o2DuIaQkanTqdSeRiRJOTyEBg0Oa2%2BhpbnVK2hGw%3D");
}

}  // namespace
}  // namespace strongroom::notify
