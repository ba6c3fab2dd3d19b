#include "strongroom/connector_ssh/connector.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "session.h"
#include "strongroom/test/account_test.h"
#include "strongroom/test/hostile_names.h"

namespace strongroom::connector_ssh {
namespace {

using connector::Job;
using connector::Kind;
using connector::Outcome;
using connector::Step;
using test::Login;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// One host for all tests: each uses accounts of its own. Its accounts are root's to make.
class Ssh : public test::AccountTest<SshConnector, Kind::kSsh> {
 protected:
  static void SetUpTestSuite() {
    // A mount namespace keeps the accounts out of this machine's /etc.
    if (getuid() == 0 && std::system("unshare -m true") == 0)
      server_ = std::make_unique<test::Throwaway>("sshd");
  }
  void SetUp() override {
    if (!server_) GTEST_SKIP() << "a host with accounts of its own needs root and mount namespaces";
  }

  Job job_of(Step step, const Login& current, const Login& pending) const override {
    Job job;
    job.id = "v1";
    job.step = step;
    job.kind = Kind::kSsh;
    job.target.name = "i-test";
    job.target.address = server_->fact("host") + ":" + server_->fact("port");
    job.target.host_keys = server_->fact("host_key");
    job.admin = {server_->fact("admin"), "", test::secret(server_->fact("private_key"))};
    if (!current.account.empty()) job.current = current.credential();
    if (!pending.account.empty()) job.pending = pending.credential();
    return job;
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// A new key pair: {public line, private PEM}.
  connector::Credential key_pair(const std::string& account, const std::string& name) const {
    const std::string path = server_->fact("directory") + "/" + name;
    const std::string command = "ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -C x -f " + path;
    EXPECT_EQ(std::system(command.c_str()), 0);
    return {account, read(path + ".pub"), test::secret(read(path))};
  }
};

TEST_F(Ssh, Password) {
  const Login old{"app", server_->fact("app_password")};
  const Login fresh{"app", "N3w:Password'\"$(id)`x`\\ ~"};
  EXPECT_EQ(run(Step::kInspect, old, {}), "done");
  EXPECT_THAT(outcome_.facts.server, StartsWith("OpenSSH"));
  EXPECT_TRUE(logs_in(old));
  EXPECT_EQ(run(Step::kSet, old, fresh), "done");
  EXPECT_EQ(run(Step::kSet, old, fresh), "already_done");
  EXPECT_EQ(run(Step::kTest, old, fresh), "done");
  EXPECT_FALSE(logs_in(old));
  EXPECT_EQ(run(Step::kRollBack, old, fresh), "done");
  EXPECT_TRUE(logs_in(old));
  EXPECT_TRUE(logs_in({"other", server_->fact("app_password")}));
}

TEST_F(Ssh, OneManagedKey) {
  const std::string file = server_->fact("directory") + "/home-spare/.ssh/authorized_keys";
  const connector::Credential first = key_pair("spare", "first");
  const connector::Credential second = key_pair("spare", "second");
  const auto step = [&](Step what, const connector::Credential& current,
                        const connector::Credential* pending,
                        const connector::Credential* previous) {
    job_ = job_of(what, {}, {});
    job_.current = current.copy().value();
    if (pending != nullptr) job_.pending = pending->copy().value();
    if (previous != nullptr) job_.previous = previous->copy().value();
    return run();
  };
  // A line of the user's own stays.
  std::ofstream(file) << "ssh-ed25519 AAAAmine my own\n";
  EXPECT_EQ(chmod(file.c_str(), 0666), 0);
  EXPECT_EQ(step(Step::kSet, {}, &first, nullptr), "done");
  EXPECT_EQ(step(Step::kSet, {}, &first, nullptr), "already_done");
  EXPECT_EQ(step(Step::kTest, {}, &first, nullptr), "done");
  EXPECT_EQ(step(Step::kSet, first, &second, nullptr), "done");
  EXPECT_EQ(step(Step::kTest, first, &second, nullptr), "done");
  EXPECT_EQ(step(Step::kProbe, first, &second, nullptr), "done");
  EXPECT_EQ(outcome_.facts.current, connector::Login::kAccepted);
  EXPECT_EQ(step(Step::kFinish, second, nullptr, &first), "done");
  EXPECT_EQ(step(Step::kFinish, second, nullptr, &first), "already_done");
  EXPECT_EQ(step(Step::kProbe, first, &second, nullptr), "done");
  EXPECT_EQ(outcome_.facts.current, connector::Login::kRefused);
  EXPECT_EQ(outcome_.facts.pending, connector::Login::kAccepted);
  const std::string keys = read(file);
  EXPECT_THAT(keys, HasSubstr("ssh-ed25519 AAAAmine my own\n"));
  EXPECT_EQ(keys.find("strongroom-managed"), keys.rfind("strongroom-managed"));
}

TEST_F(Ssh, AnUndoneRunLeavesNoKeyBehind) {
  const std::string file = server_->fact("directory") + "/home-spare/.ssh/authorized_keys";
  const connector::Credential first = key_pair("spare", "sixth");
  const connector::Credential second = key_pair("spare", "seventh");
  const auto step = [&](Step what, const connector::Credential& pending) {
    job_ = job_of(what, {}, {});
    job_.current = first.copy().value();
    job_.pending = pending.copy().value();
    return run();
  };
  EXPECT_EQ(step(Step::kSet, first), "done");
  const std::string before = read(file);
  EXPECT_EQ(step(Step::kSet, second), "done");
  EXPECT_EQ(step(Step::kRollBack, second), "done");
  EXPECT_EQ(read(file), before);
  EXPECT_EQ(step(Step::kRollBack, second), "already_done");
  EXPECT_EQ(step(Step::kRollBack, first), "already_done") << "never the one in use";
  EXPECT_EQ(step(Step::kProbe, second), "done");
  EXPECT_EQ(outcome_.facts.current, connector::Login::kAccepted);
  EXPECT_EQ(outcome_.facts.pending, connector::Login::kRefused);
}

// A key that may come from one place and run one command only must not become one that may do
// everything.
TEST_F(Ssh, TheOptionsOfAKeyStayWithIt) {
  const std::string file = server_->fact("directory") + "/home-other/.ssh/authorized_keys";
  const connector::Credential first = key_pair("other", "third");
  const connector::Credential second = key_pair("other", "fourth");
  const connector::Credential third = key_pair("other", "fifth");
  const std::string options = R"(from="127.0.0.0/8,::1",command="echo 'a  b' \$HOME",restrict )";
  std::ofstream(file) << "# " << first.public_part << options << first.public_part;
  EXPECT_EQ(chmod(file.c_str(), 0666), 0);
  const auto turn = [&](const connector::Credential& current,
                        const connector::Credential& pending) {
    for (const Step what : {Step::kSet, Step::kTest, Step::kFinish}) {
      job_ = job_of(what, {}, {});
      const bool moved = what == Step::kFinish;
      job_.current = (moved ? pending : current).copy().value();
      if (moved) job_.previous = current.copy().value();
      if (!moved) job_.pending = pending.copy().value();
      EXPECT_EQ(run(), "done") << connector::to_text(what);
    }
    EXPECT_EQ(run(), "already_done");
  };
  const auto line_of = [&](const connector::Credential& key) {
    return options + key.public_part.substr(0, key.public_part.rfind(' ')) +
           " strongroom-managed\n";
  };
  turn(first, second);
  EXPECT_THAT(read(file), StartsWith(line_of(second)));
  turn(second, third);
  const std::string keys = read(file);
  EXPECT_THAT(keys, HasSubstr(line_of(third)));
  EXPECT_EQ(keys.find("strongroom-managed"), keys.rfind("strongroom-managed"));
}

TEST_F(Ssh, FailuresHaveTheirClass) {
  const Login nobody{"nobody-here", "some-password"};
  EXPECT_THAT(run(Step::kSet, nobody, nobody), StartsWith("configuration AccountMissing"));
  job_ = job_of(Step::kInspect, {}, {});
  job_.target.host_keys = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIElsewhereElsewhereElsewhere";
  EXPECT_THAT(run(), StartsWith("configuration HostKeyMismatch"));
  job_.target.host_keys = "";
  EXPECT_THAT(run(), StartsWith("configuration HostKeyMissing"));
  job_ = job_of(Step::kInspect, {}, {});
  job_.target.address = "127.0.0.1:1";
  EXPECT_THAT(run(), StartsWith("unreachable "));
  job_ = job_of(Step::kInspect, {}, {});
  job_.admin = Login{"other", server_->fact("app_password")}.credential();
  EXPECT_THAT(run(), StartsWith("configuration AdminLacksRights"));
  job_.admin.secret = test::secret("wrong-password");
  EXPECT_THAT(run(), StartsWith("configuration AdminRefused"));
  EXPECT_THAT(run(Step::kSet, {}, {"app", "two\nlines"}), StartsWith("rejected CredentialText"));
}

TEST_F(Ssh, HostileNamesNeverReachTheHost) {
  const std::string shadow = read(server_->fact("etc") + "/shadow");
  for (const std::string& name : test::hostile_names(300)) {
    job_ = job_of(Step::kSet, {}, {name, "Hostile-password-zzzz"});
    const std::string text = run();
    if (text.starts_with("configuration AccountName")) continue;
    EXPECT_THAT(text, StartsWith("configuration AccountMissing")) << name;
  }
  for (const std::string name : {"-rf", "0", "root:x", "app\nroot", "app root", "../app"})
    EXPECT_THAT(run(Step::kSet, {}, {name, "some-password"}),
                StartsWith("configuration AccountName"));
  EXPECT_EQ(shadow, read(server_->fact("etc") + "/shadow"));
  EXPECT_THAT(server_->logged(), Not(HasSubstr("Hostile-password-")));
}

}  // namespace
}  // namespace strongroom::connector_ssh
