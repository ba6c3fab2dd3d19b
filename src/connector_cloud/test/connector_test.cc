// The connectors over a small cloud (tests/support/cloud.py): signatures are checked there, RDS is
// a real MariaDB, ECS a real host with sshd.

#include "strongroom/connector_cloud/connector.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "strongroom/base/time.h"
#include "strongroom/connector_mysql/connector.h"
#include "strongroom/connector_ssh/connector.h"
#include "strongroom/test/account_job.h"

namespace strongroom::connector_cloud {
namespace {

using connector::Credential;
using connector::Job;
using connector::Kind;
using connector::Outcome;
using connector::Step;
using test::Login;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::vector<std::string> kPrivate = {"127.0.0.1"};

class Cloud : public testing::Test {
 protected:
  Job job_of(Step step) const {
    Job job;
    job.id = "v1";
    job.step = step;
    job.target.address = "https://127.0.0.1:" + server().fact("api_port");
    job.target.tls_roots = server().fact("ca");
    job.admin = {server().fact("key_id"), "", test::secret(server().fact("password"))};
    job.options = {{"login", "127.0.0.1:" + server().fact("port")}, {"RegionId", "cn-hangzhou"}};
    job.budget_ms = 20'000;
    return job;
  }
  std::string run(connector::Connector& connector, const Job& job) {
    auto outcome = connector.run(job);
    const std::string text = test::text_of(outcome);
    if (outcome) outcome_ = std::move(*outcome);
    return text;
  }
  /// The next call of `action` goes wrong.
  void order(const std::string& action, const std::string& how) const {
    std::ofstream(server().fact("faults")) << action << " " << how << "\n";
  }
  virtual const test::Throwaway& server() const = 0;

  Outcome outcome_;
};

class CloudDatabases : public Cloud {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<test::Throwaway>("cloud"); }
  static void TearDownTestSuite() { server_.reset(); }
  const test::Throwaway& server() const override { return *server_; }

  static inline std::unique_ptr<test::Throwaway> server_;
};

class Rds : public CloudDatabases {
 protected:
  Job rds(Step step, const Login& current, const Login& pending) const {
    Job job = job_of(step);
    job.kind = Kind::kCloudRds;
    job.target.name = "rm-test";
    job.current = current.credential();
    if (!pending.account.empty()) job.pending = pending.credential();
    job.dual = !pending.account.empty() && pending.account != current.account;
    return job;
  }
  std::string step(Step what, const Login& current, const Login& pending) {
    return run(connector_, rds(what, current, pending));
  }

  connector_mysql::MysqlConnector mysql_;
  CloudRdsConnector connector_{{&mysql_}, kPrivate};
};

TEST_F(Rds, OneAccountIsSetAndTriedAtTheDatabaseItself) {
  const Login old{"shop", "Shop-password-1"};
  const Login fresh{"shop", "Fresh-password-2"};
  EXPECT_EQ(step(Step::kInspect, old, {}), "done");
  EXPECT_EQ(outcome_.facts.server, "RDS MySQL 8.0, Running");
  EXPECT_EQ(outcome_.facts.current, connector::Login::kAccepted);
  EXPECT_EQ(step(Step::kSet, old, fresh), "done");
  EXPECT_EQ(step(Step::kTest, old, fresh), "done");
  EXPECT_EQ(step(Step::kSet, old, fresh), "already_done");
  EXPECT_EQ(step(Step::kProbe, old, fresh), "done");
  EXPECT_EQ(outcome_.facts.current, connector::Login::kRefused);
  EXPECT_EQ(outcome_.facts.pending, connector::Login::kAccepted);
  EXPECT_EQ(step(Step::kRollBack, old, fresh), "done");
  EXPECT_EQ(step(Step::kRollBack, old, fresh), "already_done");
}

TEST_F(Rds, TheTwinIsMadeWithTheSameRightsAndKeptEqual) {
  const Login first{"shop", "Shop-password-1"};
  const Login twin{"shop_clone", "Twin-password-2"};
  EXPECT_EQ(step(Step::kInspect, first, twin), "done");
  EXPECT_THAT(outcome_.facts.notes, testing::Contains(HasSubstr("shop_clone would be created")));
  EXPECT_EQ(step(Step::kSet, first, twin), "done");
  EXPECT_EQ(step(Step::kTest, first, twin), "done");
  EXPECT_EQ(step(Step::kProbe, first, twin), "done");
  EXPECT_EQ(outcome_.facts.current, connector::Login::kAccepted);
  EXPECT_EQ(step(Step::kInspect, first, twin), "done");
  EXPECT_EQ(outcome_.facts.grants_equal, true);
  Job retire = rds(Step::kRetire, twin, {});
  retire.previous = first.credential();
  EXPECT_EQ(run(connector_, retire), "done");
  EXPECT_EQ(run(connector_, retire), "already_done");
  EXPECT_EQ(step(Step::kRollBack, first, {"shop", "x"}), "done");
}

TEST_F(Rds, FailuresHaveTheirClass) {
  const Login old{"shop", "Shop-password-1"};
  EXPECT_THAT(step(Step::kSet, {"nobody", "x"}, {"nobody", "Some-password-1"}),
              StartsWith("configuration AccountMissing"));
  EXPECT_THAT(step(Step::kSet, old, {"shop", "short"}), StartsWith("rejected PasswordRefused"));
  EXPECT_THAT(step(Step::kSet, {"root_of_rds", "Root-password-1"}, {"root_of_rds_clone", "x"}),
              StartsWith("configuration TwinOfSuper"));
  const Login fresh{"shop", "Fresh-password-3"};
  order("ResetAccountPassword", "throttle");
  EXPECT_THAT(step(Step::kSet, old, fresh), StartsWith("unreachable CloudBusy"));
  order("ResetAccountPassword", "fail");
  EXPECT_THAT(step(Step::kSet, old, fresh), StartsWith("ambiguous CloudFailed"));
  order("ResetAccountPassword", "lose");
  EXPECT_THAT(step(Step::kSet, old, fresh), StartsWith("ambiguous NoAnswer"));
  EXPECT_EQ(step(Step::kSet, old, fresh), "already_done") << "the lost call was heard";
  EXPECT_EQ(step(Step::kRollBack, old, fresh), "done");
}

TEST_F(Rds, TheEndpointAndItsKeyAreChecked) {
  Job job = rds(Step::kInspect, {"shop", "Shop-password-1"}, {});
  job.admin.secret = test::secret("another-secret-of-that-key");
  EXPECT_THAT(run(connector_, job), StartsWith("configuration AdminRefused"));
  job = rds(Step::kInspect, {"shop", "Shop-password-1"}, {});
  job.admin.account = "LTAI5tFirstFirstFirstFir";
  job.admin.secret = test::secret("FirstSecretOfThirtyCharacters0");
  EXPECT_THAT(run(connector_, job), StartsWith("configuration AdminLacksRights"));
  job = rds(Step::kInspect, {"shop", "Shop-password-1"}, {});
  job.target.name = "rm-other";
  EXPECT_THAT(run(connector_, job), StartsWith("configuration InstanceMissing"));
  job = rds(Step::kInspect, {"shop", "Shop-password-1"}, {});
  job.target.tls_roots = "";
  EXPECT_THAT(run(connector_, job), StartsWith("configuration TlsVerifyFailed"));
  CloudRdsConnector careful({&mysql_}, {});
  EXPECT_THAT(run(careful, rds(Step::kInspect, {"shop", "x"}, {})), Not(HasSubstr("done")))
      << "not a public address";
  job = rds(Step::kInspect, {"shop", "Shop-password-1"}, {});
  job.options.clear();
  EXPECT_THAT(run(connector_, job), StartsWith("configuration LoginMissing"));
  job.options = {{"login", "none"}};
  EXPECT_EQ(run(connector_, job), "done");
  EXPECT_EQ(outcome_.facts.current, connector::Login::kUnknown);
}

TEST_F(Rds, WithoutALoginTheCloudsWordHasToDo) {
  const Login old{"shop", "Shop-password-1"};
  const Login fresh{"shop", "Fresh-password-4"};
  for (const Step what : {Step::kSet, Step::kTest, Step::kRollBack}) {
    Job job = rds(what, old, fresh);
    job.options = {{"login", "none"}};
    EXPECT_EQ(run(connector_, job), "done");
  }
  EXPECT_EQ(step(Step::kProbe, old, fresh), "done");
  EXPECT_EQ(outcome_.facts.current, connector::Login::kAccepted);
}

// Nobody can try whose the twin is: a second attempt after one that was heard of does not take it.
TEST_F(Rds, WithoutALoginATwinThatIsThereIsNotTaken) {
  Job job = rds(Step::kSet, {"shop", "Shop-password-1"}, {"taken_clone", "Fresh-password-5"});
  job.options = {{"login", "none"}, {std::string(connector::kNewAccount), "yes"}};
  EXPECT_EQ(run(connector_, job), "done");
  job.pending = Login{"taken_clone", "Fresh-password-6"}.credential();
  job.attempt = 2;
  EXPECT_THAT(run(connector_, job), StartsWith("configuration AccountExists"));
  job.options.emplace_back(connector::kMayBeMade, "yes");
  EXPECT_EQ(run(connector_, job), "done");
}

class Ram : public CloudDatabases {
 protected:
  Ram() {
    current_ = {"app.prod", "LTAI5tFirstFirstFirstFir",
                test::secret("FirstSecretOfThirtyCharacters0")};
  }
  Job ram(Step step, const Credential& current, const Credential* pending,
          const Credential* previous) const {
    Job job = job_of(step);
    job.kind = Kind::kCloudRam;
    job.target.name = "app.prod";
    job.current = current.copy().value();
    if (pending != nullptr) job.pending = pending->copy().value();
    if (previous != nullptr) job.previous = previous->copy().value();
    job.options = {{std::string(connector::kRunStarted), started_}};
    return job;
  }
  std::string step(Step what, const Credential& current, const Credential* pending,
                   const Credential* previous = nullptr) {
    return run(connector_, ram(what, current, pending, previous));
  }
  /// Makes a key; what was made.
  Credential made(const Credential& current) {
    const Credential placeholder{"app.prod", "LTAI5tPlaceholder", test::secret("placeholder")};
    EXPECT_EQ(step(Step::kSet, current, &placeholder), "done");
    EXPECT_NE(outcome_.produced.public_part, placeholder.public_part);
    return std::move(outcome_.produced);
  }
  std::size_t keys() {
    step(Step::kInspect, current_, nullptr);
    return outcome_.facts.notes.size();
  }

  const std::string started_ = format_utc(SystemClock().now());
  Credential current_;
  CloudRamConnector connector_{kPrivate};
};

TEST_F(Ram, TheCloudMakesTheKeyAndTheOldOneIsRemoved) {
  EXPECT_EQ(keys(), 1U);
  const Credential fresh = made(current_);
  EXPECT_EQ(step(Step::kTest, current_, &fresh), "done") << "RAM needs a moment";
  EXPECT_EQ(step(Step::kSet, current_, &fresh), "already_done");
  EXPECT_EQ(step(Step::kProbe, current_, &fresh), "done");
  EXPECT_EQ(outcome_.facts.current, connector::Login::kAccepted);
  EXPECT_EQ(outcome_.facts.pending, connector::Login::kAccepted);
  EXPECT_THAT(step(Step::kRetire, fresh, nullptr, &fresh), "already_done")
      << "never the one in use";
  EXPECT_EQ(step(Step::kRollBack, current_, &fresh), "done");
  EXPECT_EQ(step(Step::kRollBack, current_, &fresh), "already_done");
  const Credential next = made(current_);
  EXPECT_EQ(step(Step::kRetire, current_, nullptr, &next), "done");
  EXPECT_EQ(keys(), 1U);
}

TEST_F(Ram, AKeyWhoseSecretWasLostIsRemovedByTheNextAttempt) {
  const Credential placeholder{"app.prod", "LTAI5tPlaceholder", test::secret("placeholder")};
  order("CreateAccessKey", "lose");
  EXPECT_THAT(step(Step::kSet, current_, &placeholder), StartsWith("ambiguous NoAnswer"));
  EXPECT_EQ(keys(), 2U);
  // Another run would not touch it: it may be somebody's.
  EXPECT_THAT(step(Step::kSet, current_, &placeholder),
              StartsWith("configuration NoFreeAccessKeySlot"));
  Job again = ram(Step::kSet, current_, &placeholder, nullptr);
  again.options.emplace_back(connector::kMayBeMade, "yes");
  EXPECT_EQ(run(connector_, again), "done");
  const Credential fresh = std::move(outcome_.produced);
  EXPECT_EQ(keys(), 2U);
  EXPECT_EQ(step(Step::kTest, current_, &fresh), "done");
  EXPECT_EQ(step(Step::kRollBack, current_, &fresh), "done");
  order("CreateAccessKey", "lose");
  EXPECT_THAT(step(Step::kSet, current_, &placeholder), StartsWith("ambiguous NoAnswer"));
  EXPECT_EQ(step(Step::kRollBack, current_, &placeholder), "already_done");
  EXPECT_EQ(keys(), 1U) << "undoing removes it as well";
}

// Who finds that the rotation hangs makes a key by hand; that is his, however often it is tried.
TEST_F(Ram, KeysOfOthersAreToldAndNeverRemoved) {
  const Credential strange = made(current_);
  EXPECT_EQ(step(Step::kProbe, current_, nullptr), "done");
  ASSERT_EQ(outcome_.facts.notes.size(), 1U);
  EXPECT_THAT(outcome_.facts.notes[0], HasSubstr(strange.public_part));
  EXPECT_EQ(step(Step::kProbe, current_, nullptr, &strange), "done");
  EXPECT_TRUE(outcome_.facts.notes.empty()) << "ACSPrevious is the secret's own";
  const Credential placeholder{"app.prod", "LTAI5tPlaceholder", test::secret("placeholder")};
  Job again = ram(Step::kSet, current_, &placeholder, nullptr);
  again.attempt = 2;
  EXPECT_THAT(run(connector_, again), StartsWith("configuration NoFreeAccessKeySlot"));
  EXPECT_EQ(keys(), 2U);
  EXPECT_EQ(step(Step::kRollBack, current_, &strange), "done");
}

TEST_F(Ram, FailuresHaveTheirClass) {
  Job job = ram(Step::kInspect, current_, nullptr, nullptr);
  job.admin = current_.copy().value();
  job.admin.account = current_.public_part;
  EXPECT_THAT(run(connector_, job), StartsWith("configuration AdminIsManaged"));
  job = ram(Step::kInspect, current_, nullptr, nullptr);
  job.target.name = "nobody";
  EXPECT_THAT(run(connector_, job), StartsWith("configuration AccountMissing"));
  const Credential gone{"app.prod", "LTAI5tGone", test::secret("gone-for-good")};
  EXPECT_THAT(step(Step::kSet, gone, &gone), StartsWith("configuration AccessKeyGone"));
  EXPECT_EQ(step(Step::kProbe, gone, nullptr), "done");
  EXPECT_EQ(outcome_.facts.current, connector::Login::kRefused);
}

class Ecs : public Cloud {
 protected:
  static void SetUpTestSuite() {
    if (getuid() == 0 && std::system("unshare -m true") == 0)
      server_ = std::make_unique<test::Throwaway>("cloud-ecs");
  }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override {
    if (!server_) GTEST_SKIP() << "a host with accounts of its own needs root and mount namespaces";
  }
  const test::Throwaway& server() const override { return *server_; }

  Job ecs(Step step, const Credential& current, const Credential* pending) const {
    Job job = job_of(step);
    job.kind = Kind::kCloudEcs;
    job.target.name = "i-test";
    job.target.host_keys = server_->fact("host_key");
    job.current = current.copy().value();
    if (pending != nullptr) job.pending = pending->copy().value();
    return job;
  }
  std::string step(Step what, const Credential& current, const Credential* pending) {
    return run(connector_, ecs(what, current, pending));
  }
  std::string asked() const {
    std::ifstream file(server_->fact("requests"));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static inline std::unique_ptr<test::Throwaway> server_;
  connector_ssh::SshConnector ssh_;
  CloudEcsConnector connector_{{&ssh_}, kPrivate};
};

TEST_F(Ecs, APasswordIsSetByItsHash) {
  const Credential old = Login{"app", server_->fact("app_password")}.credential();
  const Credential fresh = Login{"app", "N3w-Password-of-the-app"}.credential();
  EXPECT_EQ(step(Step::kInspect, old, nullptr), "done");
  EXPECT_EQ(outcome_.facts.current, connector::Login::kAccepted);
  EXPECT_EQ(step(Step::kSet, old, &fresh), "done");
  EXPECT_EQ(step(Step::kTest, old, &fresh), "done");
  EXPECT_EQ(step(Step::kSet, old, &fresh), "already_done");
  EXPECT_EQ(step(Step::kRollBack, old, &fresh), "done");
  EXPECT_THAT(asked(), Not(HasSubstr("N3w-Password")));
  std::string base64 = "TjN3LVBhc3N3b3JkLW9mLXRoZS1hcH";  // of the same
  EXPECT_THAT(asked(), Not(HasSubstr(base64)));
  Job blind = ecs(Step::kSet, old, &fresh);
  blind.options = {{"login", "none"}, {"region", "cn-hangzhou"}};
  EXPECT_EQ(run(connector_, blind), "done");
  EXPECT_EQ(step(Step::kTest, old, &fresh), "done");
}

TEST_F(Ecs, FailuresHaveTheirClass) {
  const Credential nobody = Login{"nobody-here", "some-password"}.credential();
  EXPECT_THAT(step(Step::kSet, nobody, &nobody), StartsWith("configuration AccountMissing"));
  const Credential hostile = Login{"$(id)", "some-password"}.credential();
  EXPECT_THAT(step(Step::kSet, hostile, &hostile), StartsWith("configuration AccountName"));
  const Credential app = Login{"app", "some-password"}.credential();
  Job job = ecs(Step::kSet, app, &app);
  job.target.name = "i-other";
  EXPECT_THAT(run(connector_, job), StartsWith("configuration InstanceMissing"));
  job = ecs(Step::kSet, app, &app);
  job.options = {{"login", "none"}};
  EXPECT_THAT(run(connector_, job), StartsWith("configuration RegionMissing"));
}

}  // namespace
}  // namespace strongroom::connector_cloud
