// Managed secrets as clients see them, over a real store, a scripted database and our own RAM.

#include <gmock/gmock.h>

#include "rotation_fixture.h"
#include "strongroom/secrets/transition.h"

namespace strongroom::service {
namespace {

using connector::Status;

TEST_F(RotationTest, ASingleAccountIsRotatedAndReadsAsDocumented) {
  database_.accounts["app"] = "old";
  const Answer made = create_rds("db", kOne, "SingleUser",
                                 {{"EnableAutomaticRotation", "true"}, {"RotationInterval", "7d"}});
  ASSERT_TRUE(made.ok()) << made.message;
  EXPECT_EQ(text_at(made.json, "/SecretType"), "Rds");
  EXPECT_EQ(text_at(made.json, "/AutomaticRotation"), "Enabled");
  EXPECT_EQ(text_at(made.json, "/RotationInterval"), "604800s");
  EXPECT_EQ(text_at(made.json, "/ExtendedConfig"),
            R"({"CustomData":{},"DBInstanceId":"rm-1","SecretSubType":"SingleUser"})");
  EXPECT_EQ(value("db"), R"({"AccountName":"app","AccountPassword":"old"})");
  EXPECT_EQ(field("db", "/LastRotationDate"), "<absent>");

  ASSERT_TRUE(rotate("db", "v2").ok());
  ASSERT_TRUE(rotate("db", "v2").ok());  // the same request again
  EXPECT_EQ(value("db", "ACSPending"), "Forbidden.ResourceNotFound");
  work();
  EXPECT_TRUE(works(value("db")));
  EXPECT_GE(run_of("db").gap_ms, 0) << "one account has a gap";
  EXPECT_EQ(value("db", "ACSPrevious"), R"({"AccountName":"app","AccountPassword":"old"})");
  EXPECT_NE(field("db", "/LastRotationDate"), "<absent>");
  const Answer got = call("GetSecretValue", {{"SecretName", "db"},
                                             {"VersionId", "v1"},  // ignored on managed types
                                             {"FetchExtendedConfig", "true"}});
  EXPECT_EQ(text_at(got.json, "/VersionId"), "v2");
  EXPECT_NE(text_at(got.json, "/NextRotationDate"), "<absent>");
  EXPECT_NE(text_at(got.json, "/ExtendedConfig"), "<absent>");
  for (const auto& [asked, found] : {std::pair(R"("true")", true), std::pair("false", false)}) {
    const Answer batch =
        call("BatchGetSecretValue",
             {{"SecretsList",
               std::string(R"([{"SecretName":"db","FetchExtendedConfig":)") + asked + "}]"}});
    EXPECT_EQ(text_at(batch.json, "/SecretValues/0/ExtendedConfig") != "<absent>", found);
  }
  EXPECT_EQ(events(), std::vector<std::string>{"Secret:RotateSecret:Success"});
}

TEST_F(RotationTest, ScheduledRunsComeInTimeAndOnceAfterALongNight) {
  ASSERT_TRUE(create_rds("db", kTwo, "DoubleUsers",
                         {{"EnableAutomaticRotation", "true"}, {"RotationInterval", "6h"}})
                  .ok());
  // It begins somewhere in the half hour before its date.
  pass(6 * 3'600'000 - 1'801'000);
  EXPECT_EQ(database_.steps, 0);
  pass(1'801'000);
  EXPECT_EQ(text_at(value("db"), "/AccountName"), "other");
  EXPECT_TRUE(works(value("db")));
  const int steps = database_.steps;
  pass(40 * 3'600'000);
  EXPECT_EQ(database_.steps, 2 * steps);
  EXPECT_EQ(text_at(value("db"), "/AccountName"), "app");
}

// A run that waits for its target is not claimed again, however long that takes: waiting is no
// attempt, and no step is done twice.
TEST_F(RotationTest, RunsThatWaitForABusyTargetKeepTheirTurn) {
  constexpr int kSecrets = 9;
  for (int i = 0; i < kSecrets; ++i) {
    const std::string name = "db" + std::to_string(i);
    database_.accounts["app" + std::to_string(i)] = "old";
    ASSERT_TRUE(create_rds(name,
                           R"({"Accounts":[{"AccountName":"app)" + std::to_string(i) +
                               R"(","AccountPassword":"old"}]})",
                           "SingleUser")
                    .ok());
  }
  for (int i = 0; i < kSecrets; ++i) ASSERT_TRUE(rotate("db" + std::to_string(i), "v2").ok());
  std::uint32_t most_attempts = 0;
  database_.meanwhile = [&] {
    fixture_.clock().advance_ms(15'000);
    const Instant now = fixture_.clock().now();
    const auto rows = fixture_->due(barrier::TimeTable::kDue, now, 100);
    for (const barrier::TimedRow& row : *rows) ASSERT_TRUE(service_.run_due(row, now));
    for (int i = 0; i < kSecrets; ++i)
      most_attempts = std::max(most_attempts, run_of("db" + std::to_string(i)).attempt);
  };
  const Instant now = fixture_.clock().now();
  const auto first = fixture_->due(barrier::TimeTable::kDue, now, 1);
  ASSERT_TRUE(service_.run_due(first->front(), now));  // the others come while it is at work
  database_.meanwhile = nullptr;
  work();
  EXPECT_EQ(most_attempts, 1U);
  EXPECT_EQ(database_.steps, 3 * kSecrets) << "set, test and finish of each";
  for (int i = 0; i < kSecrets; ++i) {
    EXPECT_EQ(run_of("db" + std::to_string(i)).result, rotation::Ended::kSucceeded);
    EXPECT_TRUE(works(value("db" + std::to_string(i))));
  }
}

TEST_F(RotationTest, WhoStartedItIsTold) {
  database_.accounts["app"] = "old";
  ASSERT_TRUE(create_rds("db", kOne, "SingleUser",
                         {{"EnableAutomaticRotation", "true"}, {"RotationInterval", "6h"}})
                  .ok());
  const auto told = [&] {
    const auto reader = *fixture_->reader();
    const Operation& row = *service_.find(kStrongroom.version, "DescribeRotation");
    return text_at(run(root(), row, {{"SecretName", "db"}}, reader.get()).json, "/StartedBy");
  };
  EXPECT_EQ(told(), "<absent>");
  const auto bob = user({"kms:*"});
  ASSERT_TRUE(call_as(bob, "RotateSecret", {{"SecretName", "db"}, {"VersionId", "v2"}}).ok());
  EXPECT_EQ(told(), bob.arn);
  work();
  EXPECT_EQ(told(), bob.arn) << "of the last one";
  pass(6 * 3'600'000);
  EXPECT_EQ(told(), "schedule");
}

TEST_F(RotationTest, ADualAccountNeverTouchesTheCurrentOne) {
  database_.accounts["app"] = "old";
  ASSERT_TRUE(create_rds("db", kOne, "DoubleUsers").ok());
  for (int i = 2; i < 12; ++i) {
    const std::string before = value("db");
    ASSERT_TRUE(rotate("db", "v" + std::to_string(i)).ok());
    EXPECT_TRUE(works(before));
    work();
    EXPECT_TRUE(works(before)) << "the old current stays valid for a whole interval";
    EXPECT_TRUE(works(value("db")));
    EXPECT_EQ(value("db", "ACSPrevious"), before);
    EXPECT_NE(value("db"), before);
  }
  EXPECT_EQ(database_.accounts.size(), 2U);
  EXPECT_EQ(run_of("db").gap_ms, -1);
  EXPECT_TRUE(database_.accounts.contains("app_clone"));
}

TEST_F(RotationTest, FailuresEndInInvalidWithTheLastGoodValueServed) {
  database_.accounts["app"] = "old";
  ASSERT_TRUE(create_rds("db", kOne, "SingleUser",
                         {{"EnableAutomaticRotation", "true"}, {"RotationInterval", "6h"}})
                  .ok());
  database_.script.assign(100, Status::kUnreachable);
  fixture_.clock().advance_ms(6 * 3'600'000);
  for (int i = 0; i < 200; ++i) pass(10'000);
  EXPECT_EQ(field("db", "/AutomaticRotation"), "Invalid");
  EXPECT_NE(field("db", "/NextRotationDate"), "<absent>");
  EXPECT_TRUE(works(value("db")));
  EXPECT_EQ(events(), std::vector<std::string>{"Secret:RotateSecret:Failure"});
  EXPECT_EQ(run_of("db").result, rotation::Ended::kFailed);
  EXPECT_EQ(overdue("db"), "true");
  database_.script.clear();
  ASSERT_TRUE(rotate("db", "again").ok());
  work();
  EXPECT_EQ(field("db", "/AutomaticRotation"), "Enabled");
  EXPECT_EQ(overdue("db"), "false");
  EXPECT_TRUE(works(value("db")));
}

TEST_F(RotationTest, ARefusedPasswordIsReplacedAndAMissingTargetIsToldAtOnce) {
  ASSERT_TRUE(create_rds("db", kOne, "SingleUser").ok());
  database_.script = {Status::kRejected};
  ASSERT_TRUE(rotate("db", "v2").ok());
  work();
  EXPECT_TRUE(works(value("db")));
  EXPECT_EQ(run_of("db").rounds, 1U);

  ASSERT_TRUE(create_rds("lost", kOne, "SingleUser", {}, "unknown").ok());
  ASSERT_TRUE(rotate("lost", "v2").ok());
  work();
  EXPECT_EQ(run_of("lost").code, "TargetUnknown");
  EXPECT_EQ(value("lost"), R"({"AccountName":"app","AccountPassword":"old"})");
}

TEST_F(RotationTest, ATargetOfAnotherKindEndsTheRunAndIsTold) {
  ASSERT_TRUE(create_rds("db", kOne, "SingleUser",
                         {{"EnableAutomaticRotation", "true"}, {"RotationInterval", "6h"}},
                         "of-another-kind")
                  .ok());
  const Operation& inspect = *service_.find(kStrongroom.version, "InspectRotation");
  {
    const auto reader = *fixture_->reader();
    const Answer dry = run(root(), inspect, {{"SecretName", "db"}}, reader.get());
    EXPECT_EQ(text_at(dry.json, "/Ready"), "false") << dry.message;
  }
  pass(6 * 3'600'000);
  EXPECT_EQ(run_of("db").result, rotation::Ended::kFailed);
  EXPECT_EQ(run_of("db").message, "The target is registered as ssh.");
  EXPECT_EQ(field("db", "/AutomaticRotation"), "Invalid");
  EXPECT_EQ(events(), std::vector<std::string>{"Secret:RotateSecret:Failure"});
}

TEST_F(RotationTest, WhatIsNotAllowedOnManagedSecrets) {
  ASSERT_TRUE(create_rds("db", kOne, "SingleUser").ok());
  EXPECT_EQ(
      call("PutSecretValue", {{"SecretName", "db"}, {"VersionId", "v9"}, {"SecretData", "x"}}).code,
      "Rejected.UnsupportedOperation");
  EXPECT_EQ(call("UpdateSecretVersionStage",
                 {{"SecretName", "db"}, {"VersionStage", "x"}, {"MoveToVersion", "v1"}})
                .code,
            "Rejected.UnsupportedOperation");
  EXPECT_EQ(create_rds("twin", kOne, "SingleUser").code, "Rejected.ResourceInUse");
  EXPECT_TRUE(create_rds("twin", kOne, "SingleUser", {}, "rm-2").ok());
  EXPECT_EQ(create_rds("acs/x", kOne, "SingleUser", {}, "rm-3").code, "InvalidParameter");
  EXPECT_EQ(create_rds("x", "plain", "SingleUser", {}, "rm-3").code, "InvalidParameter");
  for (const std::string name : {"app ", " app", R"(a\u0000b)", R"(a\nb)"})
    EXPECT_EQ(
        create_rds("x", R"({"Accounts":[{"AccountName":")" + name + R"(","AccountPassword":"x"}]})",
                   "SingleUser", {}, "rm-3")
            .code,
        "InvalidParameter")
        << name;
  EXPECT_EQ(create_rds("x", kOne, "SingleUser",
                       {{"EnableAutomaticRotation", "true"}, {"RotationInterval", "5h"}}, "rm-3")
                .code,
            "InvalidParameter");
  EXPECT_EQ(create_rds("x", kOne, "SingleUser", {{"EnableAutomaticRotation", "true"}}, "rm-3").code,
            "MissingParameter");
  ASSERT_TRUE(rotate("db", "v2").ok());
  EXPECT_EQ(rotate("db", "v3").code, "Rejected.UnsupportedOperation");
  EXPECT_EQ(call("UpdateSecretRotationPolicy",
                 {{"SecretName", "db"}, {"EnableAutomaticRotation", "false"}})
                .code,
            "Rejected.UnsupportedOperation");
}

TEST_F(RotationTest, PolicyAndCustomDataCanBeChanged) {
  ASSERT_TRUE(create_rds("db", kOne, "SingleUser").ok());
  ASSERT_TRUE(
      call("UpdateSecretRotationPolicy",
           {{"SecretName", "db"}, {"EnableAutomaticRotation", "true"}, {"RotationInterval", "12h"}})
          .ok());
  EXPECT_EQ(field("db", "/RotationInterval"), "43200s");
  ASSERT_TRUE(
      call("UpdateSecret", {{"SecretName", "db"}, {"ExtendedConfig.CustomData", R"({"a":"b"})"}})
          .ok());
  EXPECT_EQ(field("db", "/ExtendedConfig"),
            R"({"CustomData":{"a":"b"},"DBInstanceId":"rm-1","SecretSubType":"SingleUser"})");
  ASSERT_TRUE(call("UpdateSecretRotationPolicy",
                   {{"SecretName", "db"}, {"EnableAutomaticRotation", "false"}})
                  .ok());
  EXPECT_EQ(field("db", "/RotationInterval"), "<absent>");
  pass(24 * 3'600'000);
  EXPECT_EQ(database_.steps, 0);
}

TEST_F(RotationTest, CancelUndoesAndDeletionEndsARun) {
  database_.accounts["app"] = "old";
  ASSERT_TRUE(create_rds("db", kOne, "SingleUser").ok());
  database_.script = {Status::kAmbiguous};
  ASSERT_TRUE(rotate("db", "v2").ok());
  work();
  EXPECT_TRUE(run_of("db").touched);
  const Operation& cancel = *service_.find(kStrongroom.version, "CancelRotation");
  ASSERT_TRUE(run(root(), cancel, {{"SecretName", "db"}}, nullptr).ok());
  work();
  EXPECT_EQ(run_of("db").result, rotation::Ended::kCancelled);
  EXPECT_TRUE(works(value("db")));
  EXPECT_EQ(run(root(), cancel, {{"SecretName", "db"}}, nullptr).code,
            "Rejected.RotationNotRunning");

  ASSERT_TRUE(rotate("db", "v3").ok());
  ASSERT_TRUE(call("DeleteSecret", {{"SecretName", "db"}}).ok());
  pass(60'000);
  EXPECT_FALSE(run_of("db").running());
  ASSERT_TRUE(call("RestoreSecret", {{"SecretName", "db"}}).ok());
  EXPECT_TRUE(works(value("db")));
  ASSERT_TRUE(
      call("DeleteSecret", {{"SecretName", "db"}, {"ForceDeleteWithoutRecovery", "true"}}).ok());
  EXPECT_TRUE(create_rds("db", kOne, "SingleUser").ok()) << "name and account are free again";
}

TEST_F(RotationTest, NothingStartsUnderAKeyThatCannotEncrypt) {
  const std::string key = create_key();
  ASSERT_TRUE(create_rds("db", kOne, "SingleUser", {{"EncryptionKeyId", key}}).ok());
  ASSERT_TRUE(call("DisableKey", {{"KeyId", key}}).ok());
  EXPECT_EQ(rotate("db", "v2").code, "Rejected.Disabled");
  EXPECT_EQ(database_.steps, 0);
}

TEST_F(RotationTest, AccountsThatTheServerMakesAreProvisioned) {
  const Answer made =
      create("cache", "$Auto", {{"SecretType", "Redis"}, {"ExtendedConfig", kCache}});
  ASSERT_TRUE(made.ok()) << made.message;
  work();
  EXPECT_TRUE(works(value("cache")));
  EXPECT_TRUE(works(value("cache", "ACSPrevious")));
  EXPECT_FALSE(run_of("cache").running());
}

TEST_F(RotationTest, AHostIsOfTheSecretsRegion) {
  const auto create_host = [&](const std::string& region) {
    return create("acs/ecs/" + region, R"({"UserName":"root","Password":"x"})",
                  {{"SecretType", "ECS"},
                   {"ExtendedConfig",
                    R"({"SecretSubType":"Password","InstanceId":"i-1","RegionId":")" + region +
                        R"("})"}})
        .code;
  };
  EXPECT_EQ(create_host("us-east-1"), "InvalidParameter");
  EXPECT_EQ(create_host("cn-hangzhou"), "");
}

class RamRotation : public RotationTest {
 protected:
  void SetUp() override {
    auto transaction = *fixture_->begin();
    const Instant now = fixture_.clock().now();
    ASSERT_TRUE(directory_.create_account(*transaction, kAccount, now));
    ASSERT_TRUE(directory_.create_user(*transaction, kAccount, {.name = "bot"}, now));
    auto key = directory_.create_access_key(*transaction, {kAccount, "bot"}, now);
    ASSERT_TRUE(key);
    key_id_ = key->id;
    data_ = R"({"AccessKeys":[{"AccessKeyId":")" + key->id + R"(","AccessKeySecret":")" +
            test::reveal(key->secret) + R"("}]})";
    ASSERT_TRUE(transaction->commit());
  }
  Answer create_ram(const Params& more = {}) {
    Params all{{"SecretType", "RAMCredentials"},
               {"ExtendedConfig", R"({"SecretSubType":"RamUserAccessKey","UserName":"bot"})"}};
    all.insert(more.begin(), more.end());
    return create("$Auto", data_, all);
  }
  std::vector<std::string> keys() {
    const auto reader = *fixture_->reader();
    std::vector<std::string> ids;
    const auto listed = directory_.list_access_keys(*reader, {kAccount, "bot"});
    for (const auto& key : *listed) ids.push_back(key.id);
    return ids;
  }
  std::string key_id_;
  std::string data_;
};

TEST_F(RamRotation, BothKeysAreValidDuringTheOverlap) {
  const Answer made = create_ram();
  ASSERT_TRUE(made.ok()) << made.message;
  const std::string name = "acs/ram/user/bot";
  EXPECT_EQ(text_at(made.json, "/SecretName"), name);
  EXPECT_EQ(rotate(name, "v2", {{"OverlapWindow", "9m"}}).code, "InvalidParameter");
  ASSERT_TRUE(rotate(name, "v2", {{"OverlapWindow", "10m"}}).ok());
  work();
  const std::string fresh = text_at(value(name), "/AccessKeyId");
  EXPECT_NE(fresh, key_id_);
  EXPECT_EQ(keys().size(), 2U);
  pass(9 * 60'000);
  EXPECT_EQ(keys().size(), 2U);
  EXPECT_EQ(rotate(name, "v3").code, "Rejected.UnsupportedOperation");
  // A schedule can be set and turned off meanwhile, two days may be long.
  const Params policy{{"SecretName", name}};
  Params on = policy;
  on.insert({{"EnableAutomaticRotation", "true"}, {"RotationInterval", "30d"}});
  ASSERT_TRUE(call("UpdateSecretRotationPolicy", on).ok());
  Params off = policy;
  off.insert({{"EnableAutomaticRotation", "false"}});
  ASSERT_TRUE(call("UpdateSecretRotationPolicy", off).ok());
  pass(60'000);
  EXPECT_EQ(keys(), std::vector<std::string>{fresh});
  EXPECT_EQ(run_of(name).result, rotation::Ended::kSucceeded);
}

TEST_F(RamRotation, ACancelledOverlapGoesBackToTheOldKey) {
  ASSERT_TRUE(create_ram().ok());
  const std::string name = "acs/ram/user/bot";
  ASSERT_TRUE(rotate(name, "v2").ok());
  work();
  const Operation& cancel = *service_.find(kStrongroom.version, "CancelRotation");
  ASSERT_TRUE(run(root(), cancel, {{"SecretName", name}}, nullptr).ok());
  work();
  EXPECT_EQ(text_at(value(name), "/AccessKeyId"), key_id_);
  EXPECT_EQ(keys(), std::vector<std::string>{key_id_});
}

// There is nothing to go back to, and the new key is the only one that signs.
TEST_F(RamRotation, ACancelledOverlapKeepsTheNewKeyIfTheOldOneIsRefused) {
  for (const bool deleted : {false, true}) {
    if (!deleted) {
      ASSERT_TRUE(create_ram().ok());
    }
    const std::string name = "acs/ram/user/bot";
    const std::string old = text_at(value(name), "/AccessKeyId");
    ASSERT_TRUE(rotate(name, deleted ? "v3" : "v2").ok());
    work();
    const std::string fresh = text_at(value(name), "/AccessKeyId");
    auto transaction = *fixture_->begin();
    const identity::Owner bot{kAccount, "bot"};
    ASSERT_TRUE(deleted ? directory_.delete_access_key(*transaction, bot, old)
                        : directory_.set_access_key_active(*transaction, bot, old, false));
    ASSERT_TRUE(transaction->commit());
    const Operation& cancel = *service_.find(kStrongroom.version, "CancelRotation");
    ASSERT_TRUE(run(root(), cancel, {{"SecretName", name}}, nullptr).ok());
    work();
    EXPECT_EQ(text_at(value(name), "/AccessKeyId"), fresh);
    EXPECT_THAT(keys(), testing::Contains(fresh));
    EXPECT_FALSE(run_of(name).running());
    EXPECT_EQ(run_of(name).code, "OldAccessKeyRefused");
  }
}

TEST_F(RamRotation, TheOldKeyIsNotRemovedWhileTheNewOneIsRefused) {
  ASSERT_TRUE(create_ram().ok());
  const std::string name = "acs/ram/user/bot";
  ASSERT_TRUE(rotate(name, "v2", {{"OverlapWindow", "10m"}}).ok());
  work();
  const std::string fresh = text_at(value(name), "/AccessKeyId");
  auto transaction = *fixture_->begin();
  ASSERT_TRUE(directory_.set_access_key_active(*transaction, {kAccount, "bot"}, fresh, false));
  ASSERT_TRUE(transaction->commit());
  pass(10 * 60'000);
  EXPECT_EQ(keys(), (std::vector<std::string>{key_id_, fresh}));
  EXPECT_FALSE(run_of(name).running());
  ASSERT_TRUE(rotate(name, "v3").ok()) << "which mends it";
  work();
  EXPECT_EQ(keys(), (std::vector<std::string>{fresh, text_at(value(name), "/AccessKeyId")}));
}

TEST_F(RamRotation, AUserWhoWasDeletedIsToldAndHoldsNoRunUp) {
  ASSERT_TRUE(create_ram().ok());
  const std::string name = "acs/ram/user/bot";
  ASSERT_TRUE(rotate(name, "v2", {{"OverlapWindow", "10m"}}).ok());
  work();
  auto transaction = *fixture_->begin();
  const identity::Owner bot{kAccount, "bot"};
  for (const std::string& id : keys())
    ASSERT_TRUE(directory_.delete_access_key(*transaction, bot, id));
  ASSERT_TRUE(directory_.delete_user(*transaction, bot));
  ASSERT_TRUE(transaction->commit());
  pass(10 * 60'000);
  EXPECT_FALSE(run_of(name).running()) << rotation::to_text(run_of(name).phase);
  ASSERT_TRUE(*driver_.look(kAccount, name));
  EXPECT_TRUE(run_of(name).drifted);
}

TEST_F(RamRotation, WhichKeyIsInTheWayIsSaid) {
  ASSERT_TRUE(create_ram().ok());
  const std::string name = "acs/ram/user/bot";
  auto transaction = *fixture_->begin();
  const auto strange =
      directory_.create_access_key(*transaction, {kAccount, "bot"}, fixture_.clock().now());
  ASSERT_TRUE(strange && transaction->commit());
  ASSERT_TRUE(rotate(name, "v2").ok());
  work();
  EXPECT_EQ(run_of(name).code, "NoFreeAccessKeySlot");
  EXPECT_NE(run_of(name).message.find(strange->id), std::string::npos) << run_of(name).message;
}

TEST_F(RamRotation, ResyncSwitchesADisabledKeyOnAndStrangersKeysAreTold) {
  ASSERT_TRUE(create_ram().ok());
  const std::string name = "acs/ram/user/bot";
  work();
  auto transaction = *fixture_->begin();
  const identity::Owner bot{kAccount, "bot"};
  ASSERT_TRUE(directory_.set_access_key_active(*transaction, bot, key_id_, false));
  const auto strange = directory_.create_access_key(*transaction, bot, fixture_.clock().now());
  ASSERT_TRUE(strange);
  ASSERT_TRUE(transaction->commit());
  ASSERT_TRUE(*driver_.look(kAccount, name));
  EXPECT_TRUE(run_of(name).drifted);
  ASSERT_EQ(run_of(name).findings.size(), 1U);
  EXPECT_NE(run_of(name).findings[0].find(strange->id), std::string::npos);
  EXPECT_EQ(events(), std::vector<std::string>{"Secret:Drift:Detected"});
  EXPECT_FALSE(*driver_.look(kAccount, name)) << "told once";

  fixture_.clock().advance_ms(1'000);
  const Operation& resync = *service_.find(kStrongroom.version, "ResyncSecret");
  EXPECT_FALSE(run(user({"kms:*", "strongroom:*"}), resync, {{"SecretName", name}}, nullptr).ok());
  work();
  EXPECT_TRUE(run_of(name).drifted) << "whoever may not switch keys on does not by this either";
  ASSERT_TRUE(run(root(), resync, {{"SecretName", name}}, nullptr).ok());
  work();
  const auto reader = *fixture_->reader();
  const auto listed = directory_.list_access_keys(*reader, bot);
  ASSERT_EQ(listed->size(), 2U) << "other people's keys are left alone";
  for (const auto& key : *listed) EXPECT_TRUE(key.active) << key.id;
  EXPECT_FALSE(run_of(name).drifted);
}

TEST_F(RamRotation, ResyncDoesNotBringADeletedKeyBack) {
  ASSERT_TRUE(create_ram().ok());
  const std::string name = "acs/ram/user/bot";
  work();
  auto transaction = *fixture_->begin();
  ASSERT_TRUE(directory_.delete_access_key(*transaction, {kAccount, "bot"}, key_id_));
  ASSERT_TRUE(transaction->commit());
  fixture_.clock().advance_ms(1'000);
  const Operation& resync = *service_.find(kStrongroom.version, "ResyncSecret");
  ASSERT_TRUE(run(root(), resync, {{"SecretName", name}}, nullptr).ok());
  work();
  EXPECT_TRUE(keys().empty());
  EXPECT_EQ(run_of(name).code, "AccessKeyDeleted");
  EXPECT_EQ(events().back(), "Secret:ResyncSecret:Failure");
}

TEST_F(RamRotation, WhoeverMayNotMakeKeysMayNotManageThem) {
  Params params{{"SecretName", "$Auto"},
                {"VersionId", "v1"},
                {"SecretData", data_},
                {"SecretType", "RAMCredentials"},
                {"ExtendedConfig", R"({"SecretSubType":"RamUserAccessKey","UserName":"bot"})"}};
  EXPECT_FALSE(call_as(user({"kms:*"}), "CreateSecret", params).ok());
  params["SecretData"] = R"({"AccessKeys":[{"AccessKeyId":"LTAIother","AccessKeySecret":"x"}]})";
  EXPECT_EQ(call("CreateSecret", params).code, "InvalidParameter");
  params["ExtendedConfig"] = R"({"SecretSubType":"RamUserAccessKey","UserName":"nobody"})";
  EXPECT_EQ(call("CreateSecret", params).code, "EntityNotExist.User");
  params["SecretName"] = "acs/ram/user/bot";
  EXPECT_EQ(call("CreateSecret", params).code, "InvalidParameter");
}

// Killed after each commit and after each call of the target, one after the other.
class Killed : public RotationTest, public testing::WithParamInterface<const char*> {
 protected:
  /// One step by hand; false when `points_` is used up: the process is gone.
  bool alive() { return --points_ >= 0; }
  bool step() {
    const Instant now = fixture_.clock().now();
    const auto reader = *fixture_->reader();
    const auto view = secrets_.view(*reader, kAccount, "db");
    const due::Task task{due::Kind::kRotateSecret, kAccount, "db", view->uuid()};
    auto transaction = *fixture_->begin();
    auto claimed = rotations_.claim(*transaction, task, now);
    EXPECT_TRUE(claimed);
    if (!claimed->changed) return false;
    EXPECT_TRUE(transaction->commit());
    if (!alive()) return false;
    if (!claimed->work) return true;
    const auto outcome = runner_.run(std::move(claimed->work->job));
    if (!alive()) return false;
    auto second = *fixture_->begin();
    const auto settled = rotations_.settle(*second, *claimed->work, outcome, now);
    EXPECT_TRUE(settled);
    EXPECT_FALSE(settled->stale);
    EXPECT_TRUE(second->commit());
    return alive();
  }
  int points_ = 0;
};

TEST_P(Killed, TheRotationFinishesWhereverItWas) {
  database_.accounts = {{"app", "old"}, {"other", "old2"}};
  const bool dual = std::string_view(GetParam()) == "DoubleUsers";
  ASSERT_TRUE(create_rds("db", dual ? kTwo : kOne, GetParam()).ok());
  for (int point = 0;; ++point) {
    const std::string before = value("db");
    ASSERT_TRUE(rotate("db", "v" + std::to_string(point + 2)).ok());
    points_ = point;
    while (step()) {
    }
    const bool killed = points_ < 0;
    EXPECT_TRUE(!dual || works(value("db"))) << point;
    pass(3'600'000);
    EXPECT_FALSE(run_of("db").running()) << point;
    EXPECT_EQ(run_of("db").result, rotation::Ended::kSucceeded) << point;
    EXPECT_TRUE(works(value("db"))) << point;
    EXPECT_NE(value("db"), before) << point;
    if (!killed) {
      EXPECT_EQ(point, 9) << "set, test and finish have three boundaries each";
      break;
    }
  }
}

// Whoever starts alone over the same data takes over at once; nobody's time has to pass.
TEST_P(Killed, TheNextStartGoesOnAtOnce) {
  database_.accounts = {{"app", "old"}, {"other", "old2"}};
  const bool dual = std::string_view(GetParam()) == "DoubleUsers";
  ASSERT_TRUE(create_rds("db", dual ? kTwo : kOne, GetParam()).ok());
  for (int point = 0; point < 9; ++point) {
    ASSERT_TRUE(rotate("db", "v" + std::to_string(point + 2)).ok());
    points_ = point;
    while (step()) {
    }
    const rotation::Run left = run_of("db");
    const auto taken = driver_.take_over();
    ASSERT_TRUE(taken);
    EXPECT_EQ(*taken, left.leased ? 1U : 0U) << point;
    EXPECT_EQ(*driver_.take_over(), 0U) << "once";
    work();
    EXPECT_EQ(run_of("db").result, rotation::Ended::kSucceeded) << point;
    EXPECT_FALSE(run_of("db").running()) << point;
    EXPECT_TRUE(works(value("db"))) << point;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Killed, testing::Values("SingleUser", "DoubleUsers"));

}  // namespace
}  // namespace strongroom::service
