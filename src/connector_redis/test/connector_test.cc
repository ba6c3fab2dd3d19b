#include "strongroom/connector_redis/connector.h"

#include <gmock/gmock.h>

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
