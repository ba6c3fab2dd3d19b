#include "strongroom/connector_redis/connector.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "session.h"
#include "strongroom/test/account_test.h"
#include "strongroom/test/hostile_names.h"

namespace strongroom::connector_redis {
namespace {

using connector::Job;
using connector::Kind;
using connector::Outcome;
using connector::Step;
using test::Login;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// One server for all tests: each uses users of its own.
class Redis : public test::AccountTest<RedisConnector, Kind::kRedis> {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<test::Throwaway>("redis"); }

  Redis() {
    const connector_kit::Budget budget(20'000);
    admin_.emplace(std::move(Session::open(server_->target(), server_->admin(), budget).value()));
  }

  void acl(const std::vector<std::string_view>& words) {
    const auto done = admin_->command(words);
    ASSERT_TRUE(done.has_value() && !done->error) << done->text;
  }
  std::vector<std::string> world() { return admin_->command({"ACL", "LIST"}).value().items; }

  std::optional<Session> admin_;
};

TEST_F(Redis, SingleAccountKeepsTheOldPasswordUntilItIsRetired) {
  acl({"ACL", "SETUSER", "one", "on", ">old-password-1", "~app:*", "+@read"});
  const Login old{"one", "old-password-1"};
  const Login fresh{"one", "NewPassword-17-aaaaaaaa"};
  EXPECT_EQ(run(Step::kSet, old, fresh), "done");
  EXPECT_EQ(run(Step::kSet, old, fresh), "already_done");
  EXPECT_EQ(run(Step::kTest, old, fresh), "done");
  EXPECT_TRUE(logs_in(old));
  job_ = test::account_job(*server_, Kind::kRedis, Step::kRetire, fresh, {});
  job_.previous = old.credential();
  EXPECT_EQ(run(), "done");
  EXPECT_EQ(run(), "already_done");
  EXPECT_FALSE(logs_in(old));
  EXPECT_TRUE(logs_in(fresh));
}

TEST_F(Redis, TwinHasTheSameRules) {
  acl({"ACL", "SETUSER", "two", "on", ">first-password-2", "~app:*", "&ch:*", "+@read", "-keys",
       "(+set ~own:*)"});
  const Login first{"two", "first-password-2"};
  const Login twin{"two_clone", "TwinPassword-bbbbbbbbbbb"};
  EXPECT_EQ(run(Step::kInspect, first, twin), "done");
  EXPECT_THAT(outcome_.facts.server, StartsWith("Redis "));
  EXPECT_EQ(run(Step::kSet, first, twin), "done");
  EXPECT_EQ(run(Step::kTest, first, twin), "done");
  EXPECT_EQ(run(Step::kSet, first, twin), "already_done");
  EXPECT_TRUE(logs_in(first));
  acl({"ACL", "SETUSER", "two", "+@write"});
  EXPECT_THAT(run(Step::kTest, first, twin), StartsWith("configuration RightsMissing"));
  EXPECT_EQ(run(Step::kSet, first, twin), "done");
  EXPECT_EQ(run(Step::kTest, first, twin), "done");
}

TEST_F(Redis, TheFirstOfAPairIsMadeAsItsOptionsSay) {
  const Login first{"auto", "AutoPassword-1-aaaaaaaa"};
  const Login twin{"auto_clone", "AutoPassword-2-aaaaaaaa"};
  job_ = test::account_job(*server_, Kind::kRedis, Step::kSet, first, first);
  job_.dual = true;
  job_.options = {{"AccountPrivilege", "RoleReadOnly"}};
  EXPECT_EQ(run(), "done");
  EXPECT_EQ(run(), "already_done");
  EXPECT_EQ(run(Step::kSet, first, twin), "done");
  EXPECT_EQ(run(Step::kTest, first, twin), "done");
}

TEST_F(Redis, AnAccountThatIsThereAlreadyIsNotTakenOver) {
  acl({"ACL", "SETUSER", "billing", "on", ">of-somebody-else-1", "~*", "+@all"});
  const Login made{"billing", "AutoPassword-1-aaaaaaaa"};
  job_ = test::account_job(*server_, Kind::kRedis, Step::kSet, made, made);
  job_.dual = true;
  job_.options = {{"NewAccount", "yes"}, {"AccountPrivilege", "RoleReadOnly"}};
  EXPECT_THAT(run(), StartsWith("configuration AccountExists"));
  EXPECT_TRUE(logs_in({"billing", "of-somebody-else-1"}));
  const Login other{"other", "AutoPassword-1-aaaaaaaa"};
  job_ = test::account_job(*server_, Kind::kRedis, Step::kSet, other, other);
  job_.dual = true;
  job_.options = {{"NewAccount", "yes"}, {"AccountPrivilege", "Everything"}};
  EXPECT_THAT(run(), StartsWith("configuration PrivilegeUnknown"));
}

TEST_F(Redis, ChangesAreKeptInTheAclFile) {
  acl({"ACL", "SETUSER", "kept", "on", ">x", "~*", "+@all"});
  EXPECT_EQ(run(Step::kSet, {}, {"kept", "KeptPassword-cccc"}), "done");
  std::ifstream file(server_->fact("acl_file"));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  EXPECT_THAT(text, HasSubstr("user kept on "));
}

// A restart of the server would bring the old password back.
TEST_F(Redis, WhatAnAttemptThatDiedHasSetIsKeptToo) {
  const Login fresh{"half", "HalfwayPassword-cccc"};
  acl({"ACL", "SETUSER", "half", "on", ">x", "~*", "+@all"});
  acl({"ACL", "SAVE"});
  acl({"ACL", "SETUSER", "half", ">HalfwayPassword-cccc"});
  EXPECT_EQ(run(Step::kSet, {}, fresh), "already_done");
  acl({"ACL", "LOAD"});  // as a restart does
  admin_.emplace(std::move(
      Session::open(server_->target(), server_->admin(), connector_kit::Budget(20'000)).value()));
  EXPECT_TRUE(logs_in(fresh));
}

TEST_F(Redis, WhatTheServerCannotKeepIsNotDone) {
  acl({"ACL", "SETUSER", "lost", "on", ">x", "~*", "+@all"});
  acl({"ACL", "SETUSER", "forgetful", "on", ">forgetful-password", "+@all", "-acl|save"});
  job_ = test::account_job(*server_, Kind::kRedis, Step::kSet, {}, {"lost", "LostPassword-dddd"});
  job_.admin = Login{"forgetful", "forgetful-password"}.credential();
  EXPECT_THAT(run(), StartsWith("configuration AdminLacksRights"));
  EXPECT_THAT(outcome_.message, HasSubstr("+acl|save"));
  job_.step = Step::kInspect;
  EXPECT_THAT(run(), StartsWith("configuration AdminLacksRights"));
  const std::string file = server_->fact("acl_file");
  std::filesystem::rename(file, file + ".aside");
  std::filesystem::create_directory(file);  // that the new file cannot replace
  EXPECT_THAT(run(Step::kSet, {}, {"lost", "LostPassword-eeee"}),
              StartsWith("ambiguous UsersNotSaved"));
  std::filesystem::remove(file);
  std::filesystem::rename(file + ".aside", file);
  EXPECT_EQ(run(Step::kSet, {}, {"lost", "LostPassword-eeee"}), "already_done");
}

TEST_F(Redis, AnUndoneRunLeavesNoPasswordBehind) {
  acl({"ACL", "SETUSER", "undone", "on", ">old-password-1", "~*", "+@all"});
  const Login old{"undone", "old-password-1"};
  const Login fresh{"undone", "UndonePassword-ffff"};
  EXPECT_EQ(run(Step::kSet, old, fresh), "done");
  EXPECT_EQ(run(Step::kRollBack, old, fresh), "done");
  EXPECT_EQ(run(Step::kRollBack, old, fresh), "already_done");
  EXPECT_TRUE(logs_in(old));
  EXPECT_FALSE(logs_in(fresh));
}

TEST_F(Redis, AnUndoneRunOfAPairBringsThePreviousPasswordBack) {
  acl({"ACL", "SETUSER", "pair", "on", ">pair-password-1", "~*", "+@all"});
  acl({"ACL", "SETUSER", "pair_clone", "on", ">twin-password-1", "~*", "+@all"});
  const Login current{"pair", "pair-password-1"};
  const Login previous{"pair_clone", "twin-password-1"};
  const Login pending{"pair_clone", "TwinPassword-gggggggg"};
  EXPECT_EQ(run(Step::kSet, current, pending), "done");
  EXPECT_FALSE(logs_in(previous));
  const auto undo = [&] {
    job_ = test::account_job(*server_, Kind::kRedis, Step::kRollBack, current, pending);
    job_.previous = previous.credential();
    return run();
  };
  EXPECT_EQ(undo(), "done");
  EXPECT_EQ(undo(), "already_done");
  EXPECT_TRUE(logs_in(previous));
  EXPECT_FALSE(logs_in(pending));
  EXPECT_TRUE(logs_in(current));
  acl({"ACL", "DELUSER", "pair_clone"});
  EXPECT_EQ(undo(), "already_done") << "who is gone is not made";
  // The first run of a pair has nothing to go back to: it learns whether the twin is its own.
  EXPECT_EQ(run(Step::kRollBack, current, pending), "already_done");
  EXPECT_EQ(run(Step::kSet, current, pending), "done");
  EXPECT_EQ(run(Step::kRollBack, current, pending), "done");
  EXPECT_EQ(run(Step::kRollBack, current, {"pair_clone", "of-another"}), "already_done");
}

// Whoever named an account that is not his gets no password of his set there by an undone run.
TEST_F(Redis, WithoutProofOnlyWhatTheRunHasSetIsUndone) {
  acl({"ACL", "SETUSER", "victim", "on", ">victims-password", "~*", "+@all"});
  const Login guess{"victim", "guessed-password"};
  const Login pending{"victim", "PendingPassword-hhhh"};
  job_ = test::account_job(*server_, Kind::kRedis, Step::kRollBack, guess, pending);
  job_.options.emplace_back(connector::kProve, "yes");
  EXPECT_EQ(run(), "already_done");
  EXPECT_FALSE(logs_in(guess));
  EXPECT_TRUE(logs_in({"victim", "victims-password"}));
}

TEST_F(Redis, WithoutTlsOnLoopback) {
  acl({"ACL", "SETUSER", "plain", "on", ">plain-password", "~*", "+@all"});
  job_ = test::account_job(*server_, Kind::kRedis, Step::kProbe, {}, {"plain", "plain-password"});
  job_.target.address = "127.0.0.1:" + server_->fact("plain_port");
  job_.target.tls = "disabled";
  EXPECT_EQ(run(), "done");
  EXPECT_EQ(outcome_.facts.pending, connector::Login::kAccepted);
}

TEST_F(Redis, FailuresHaveTheirClass) {
  const Login nobody{"nobody-here", "some-password"};
  EXPECT_THAT(run(Step::kSet, nobody, nobody), StartsWith("configuration AccountMissing"));
  EXPECT_THAT(run(Step::kSet, {}, {"a b", "some-password"}),
              StartsWith("configuration AccountName"));
  acl({"ACL", "SETUSER", "weak", "on", ">weak-password", "+ping"});
  job_ = test::account_job(*server_, Kind::kRedis, Step::kInspect, {}, {});
  job_.admin = Login{"weak", "weak-password"}.credential();
  EXPECT_THAT(run(), StartsWith("configuration AdminLacksRights"));
  job_.admin.secret = test::secret("wrong-password");
  EXPECT_THAT(run(), StartsWith("configuration AdminRefused"));
  job_ = test::account_job(*server_, Kind::kRedis, Step::kSet, nobody, nobody);
  job_.target.tls_roots = "";
  EXPECT_THAT(run(), StartsWith("configuration TlsVerifyFailed"));
  job_.target.address = "127.0.0.1:1";
  EXPECT_THAT(run(), StartsWith("unreachable "));
}

TEST_F(Redis, HostileNamesChangeNobodyElse) {
  acl({"ACL", "SETUSER", "bystander", "on", ">bystander-password", "~*", "+@all"});
  int at = 0;
  for (const std::string& name : test::hostile_names(60)) {
    if (name.find(' ') != std::string::npos) continue;  // no user can have it
    const std::string password = "Hostile-password-" + std::to_string(at++) + "-zzzz";
    const std::string twin = name + "_t";
    const auto before = world();
    acl({"ACL", "SETUSER", name, "on", ">x", "~a", "+get"});
    EXPECT_EQ(run(Step::kSet, {}, {name, password}), "done") << name;
    EXPECT_TRUE(logs_in({name, password})) << name;
    EXPECT_EQ(run(Step::kSet, {name, password}, {twin, password}), "done") << name;
    EXPECT_EQ(run(Step::kTest, {name, password}, {twin, password}), "done") << name;
    acl({"ACL", "DELUSER", name, twin});
    ASSERT_EQ(before, world()) << name;
  }
  EXPECT_THAT(server_->logged(), Not(HasSubstr("Hostile-password-")));
}

}  // namespace
}  // namespace strongroom::connector_redis
