// Whose the accounts of a target are: no secret is a way to one that is somebody else's.

#include <atomic>
#include <chrono>
#include <thread>

#include "rotation_fixture.h"

namespace strongroom::service {
namespace {

using connector::Status;

using RotationAccountsTest = RotationTest;

// Naming an account is not having it: who may not change accounts of the target by himself gets
// none by guessing at its password.
TEST_F(RotationAccountsTest, WhatAPersonWithoutRightsAtTheTargetBringsInHasToLogIn) {
  database_.accounts["app"] = "not known to bob";
  const auto bob = user({"kms:*"});
  const Params more{{"SecretName", "db"},
                    {"VersionId", "v1"},
                    {"SecretData", kOne},
                    {"SecretType", "Rds"},
                    {"ExtendedConfig", R"({"SecretSubType":"SingleUser","DBInstanceId":"rm-1"})"}};
  ASSERT_TRUE(call_as(bob, "CreateSecret", more).ok());
  work();
  ASSERT_TRUE(call_as(bob, "RotateSecret", {{"SecretName", "db"}, {"VersionId", "v2"}}).ok());
  database_.script = {Status::kConfiguration};  // what connectors answer
  work();
  EXPECT_TRUE(database_.wants_proof);
  // Somebody with the right may.
  ASSERT_TRUE(call_as(user({"kms:*", "rds:ResetAccountPassword"}), "RotateSecret",
                      {{"SecretName", "db"}, {"VersionId", "v3"}})
                  .ok());
  work();
  EXPECT_FALSE(database_.wants_proof);
  EXPECT_TRUE(works(value("db")));
}

TEST_F(RotationAccountsTest, WhatLogsInIsProofEnough) {
  database_.accounts["app"] = "old";
  const Params more{{"SecretName", "db"},
                    {"VersionId", "v1"},
                    {"SecretData", kOne},
                    {"SecretType", "Rds"},
                    {"ExtendedConfig", R"({"SecretSubType":"SingleUser","DBInstanceId":"rm-1"})"}};
  ASSERT_TRUE(call_as(user({"kms:*"}), "CreateSecret", more).ok());
  work();
  EXPECT_FALSE(run_of("db").unproven);
  EXPECT_TRUE(events().empty());
}

TEST_F(RotationAccountsTest, ATwinIsMadeOnceAndIsOursFromThenOn) {
  database_.accounts["app"] = "old";
  ASSERT_TRUE(create_rds("db", kOne, "DoubleUsers").ok());
  bool made = false;
  database_.meanwhile = [&] { made = made || database_.makes_account; };
  const auto makes_it = [&](const std::string& version, std::deque<Status> script) {
    made = false;
    database_.script = std::move(script);
    EXPECT_TRUE(rotate("db", version).ok());
    work();
    return made;
  };
  EXPECT_TRUE(makes_it("v2", {Status::kConfiguration}));
  EXPECT_TRUE(makes_it("v3", {Status::kDone, Status::kConfiguration})) << "it was not made yet";
  EXPECT_FALSE(makes_it("v4", {})) << "its first login failed, but it is there and ours";
  EXPECT_EQ(text_at(value("db"), "/AccountName"), "app_clone");
  EXPECT_FALSE(makes_it("v5", {}));
}

TEST_F(RotationAccountsTest, ATwinThatAnAttemptWithoutAnswerHasMadeIsOursToo) {
  database_.accounts["app"] = "old";
  ASSERT_TRUE(create_rds("db", kOne, "DoubleUsers").ok());
  ASSERT_TRUE(rotate("db", "v2").ok());
  database_.meanwhile = [&] {
    // The first set is heard and its answer lost; then a person has to act.
    if (database_.steps == 1) database_.accounts["app_clone"] = "the run's";
  };
  database_.script = {Status::kAmbiguous, Status::kConfiguration, Status::kDone};
  work();
  pass(600'000);
  EXPECT_FALSE(run_of("db").running());
  EXPECT_EQ(run_of("db").result, rotation::Ended::kFailed);
  ASSERT_TRUE(rotate("db", "v3").ok());
  work();
  EXPECT_EQ(text_at(value("db"), "/AccountName"), "app_clone") << run_of("db").message;
}

TEST_F(RotationAccountsTest, AnUndoneRunOfAPairBringsACSPreviousBack) {
  database_.accounts = {{"app", "old"}, {"app_clone", "older"}};
  ASSERT_TRUE(create_rds("db", kTwo, "DoubleUsers").ok());
  ASSERT_TRUE(rotate("db", "v2").ok());
  work();
  ASSERT_TRUE(rotate("db", "v3").ok());
  database_.meanwhile = [&] {
    if (database_.seen.back() == connector::Step::kTest)
      database_.script = {Status::kConfiguration};
  };
  work();
  EXPECT_EQ(run_of("db").result, rotation::Ended::kFailed);
  EXPECT_TRUE(works(value("db")));
  EXPECT_TRUE(works(value("db", "ACSPrevious")));
}

// What the server failed to make is somebody else's, and stays so: neither deleting and restoring
// the secret, nor asking for a resync or a rotation then, is a way to it.
TEST_F(RotationAccountsTest, AnAccountThatIsThereIsNotTakenByDeletingAndRestoring) {
  database_.accounts = {{"app", "somebody's"}, {"app_clone", "somebody's"}};
  ASSERT_TRUE(create("cache", "$Auto", {{"SecretType", "Redis"}, {"ExtendedConfig", kCache}}).ok());
  work();
  EXPECT_EQ(run_of("cache").code, "AccountExists");
  ASSERT_TRUE(call("DeleteSecret", {{"SecretName", "cache"}}).ok());
  ASSERT_TRUE(call("RestoreSecret", {{"SecretName", "cache"}}).ok());
  work();
  const Operation& resync = *service_.find(kStrongroom.version, "ResyncSecret");
  EXPECT_FALSE(run(root(), resync, {{"SecretName", "cache"}}, nullptr).ok());
  EXPECT_FALSE(rotate("cache", "v2").ok());
  work();
  EXPECT_EQ(database_.accounts["app"], "somebody's");
  EXPECT_EQ(database_.accounts["app_clone"], "somebody's");
  database_.accounts.clear();
  pass(3'600'000);
  EXPECT_TRUE(works(value("cache")));
  EXPECT_TRUE(works(value("cache", "ACSPrevious")));
}

TEST_F(RotationAccountsTest, NoAccountIsMadeForADeletedSecretAndEachForARestoredOne) {
  ASSERT_TRUE(create("cache", "$Auto", {{"SecretType", "Redis"}, {"ExtendedConfig", kCache}}).ok());
  ASSERT_TRUE(call("DeleteSecret", {{"SecretName", "cache"}}).ok());
  pass(3'600'000);
  EXPECT_TRUE(database_.accounts.empty());
  ASSERT_TRUE(call("RestoreSecret", {{"SecretName", "cache"}}).ok());
  work();
  EXPECT_EQ(database_.accounts.size(), 2U);
  EXPECT_FALSE(run_of("cache").running());
  ASSERT_TRUE(rotate("cache", "v2").ok());
  work();
  EXPECT_EQ(text_at(value("cache"), "/AccountName"), "app_clone");
}

// A target without logins cannot tell whose account is there: only an attempt that was not heard of
// may have made it.
TEST_F(RotationAccountsTest, OnlyAnAttemptThatDiedMayHaveMadeTheTwin) {
  database_.accounts["app"] = "old";
  ASSERT_TRUE(create_rds("db", kOne, "DoubleUsers").ok());
  ASSERT_TRUE(rotate("db", "v2").ok());
  database_.script = {Status::kUnreachable};
  work();
  EXPECT_FALSE(database_.may_be_made);
  database_.script = {Status::kUnreachable, Status::kAmbiguous};
  pass(4'000);
  EXPECT_FALSE(database_.may_be_made);
  pass(60'000);
  EXPECT_FALSE(database_.may_be_made);
  pass(600'000);
  EXPECT_TRUE(works(value("db")));
  EXPECT_EQ(text_at(value("db"), "/AccountName"), "app_clone");
}

// PolarDB and Rds secrets may name the same registered database.
TEST_F(RotationAccountsTest, OneAccountHasOneSecretOfWhateverType) {
  const Params polar{
      {"SecretType", "PolarDB"},
      {"ExtendedConfig",
       R"({"SecretSubType":"DoubleUsers","RegionId":"cn-hangzhou","DBClusterId":"rm-1","DBType":"PostgreSQL","AccountName":"app","CloneAccountName":"app_clone"})"}};
  const Answer made = create("polar", "$Auto", polar);
  ASSERT_TRUE(made.ok()) << made.message;
  work();
  EXPECT_EQ(create_rds("db", kOne, "SingleUser").code, "Rejected.ResourceInUse");
  EXPECT_TRUE(create_rds("db", kOne, "SingleUser", {}, "rm-2").ok());
  ASSERT_TRUE(
      call("DeleteSecret", {{"SecretName", "polar"}, {"ForceDeleteWithoutRecovery", "true"}}).ok());
  ASSERT_TRUE(create_rds("db2", kOne, "SingleUser").ok());
  EXPECT_EQ(create("polar", "$Auto", polar).code, "Rejected.ResourceInUse");
}

TEST_F(RotationAccountsTest, LooksHoldUpOneThread) {
  constexpr int kSecrets = 4;
  for (int i = 0; i < kSecrets; ++i)
    ASSERT_TRUE(
        create_rds("db" + std::to_string(i), kOne, "SingleUser", {}, "rm-" + std::to_string(i))
            .ok());
  const int before = database_.probes;
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  database_.meanwhile = [&] {
    most = std::max(most.load(), ++at_once);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    --at_once;
  };
  RotationDriver driver{
      {*fixture_, rotations_, runner_, fixture_.clock(), fixture_.random(), "cn-hangzhou"}, 4};
  for (int i = 0; i < kSecrets; ++i) driver.look_soon(kAccount, "db" + std::to_string(i));
  for (int i = 0; i < 500 && (database_.probes < before + kSecrets || at_once > 0); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  driver.stop();
  EXPECT_EQ(database_.probes, before + kSecrets);
  EXPECT_EQ(most, 1);
}

}  // namespace
}  // namespace strongroom::service
