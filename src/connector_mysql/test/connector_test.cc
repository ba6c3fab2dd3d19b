#include "strongroom/connector_mysql/connector.h"

#include <gmock/gmock.h>

#include "session.h"
#include "strongroom/test/account_test.h"
#include "strongroom/test/hostile_names.h"

namespace strongroom::connector_mysql {
namespace {

using connector::Job;
using connector::Kind;
using connector::Outcome;
using connector::Status;
using connector::Step;
using test::Login;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// One server for all tests: each uses accounts of its own.
class MariaDb : public test::AccountTest<MysqlConnector, Kind::kMysql> {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<test::Throwaway>("mariadb"); }

  MariaDb() {
    const connector_kit::Budget budget(20'000);
    admin_.emplace(std::move(Session::open(server_->target(), server_->admin(), budget).value()));
  }

  void sql(const std::string& statement) {
    const auto done = admin_->change(statement);
    ASSERT_TRUE(done.has_value()) << statement << ": " << done.error().message;
  }
  std::vector<Row> rows(const std::string& statement) {
    auto read = admin_->read(statement);
    EXPECT_TRUE(read.has_value()) << statement << ": " << read.error().message;
    return read ? std::move(*read) : std::vector<Row>();
  }

  /// Every account, role and grant, as one text.
  std::string world() {
    std::string all;
    for (const char* table : {"SELECT Host, User, Priv FROM mysql.global_priv ORDER BY 1, 2",
                              "SELECT * FROM mysql.db ORDER BY 1, 2, 3",
                              "SELECT * FROM mysql.tables_priv ORDER BY 1, 2, 3, 4",
                              "SELECT * FROM mysql.roles_mapping ORDER BY 1, 2, 3"}) {
      for (const Row& row : rows(table))
        for (const std::string& cell : row) all += cell + "\n";
    }
    return all;
  }

  bool logs_in(const Login& login) {
    run(Step::kProbe, {}, login);
    return outcome_.facts.pending == connector::Login::kAccepted;
  }

  std::optional<Session> admin_;
};

TEST_F(MariaDb, SingleAccountAtEveryHost) {
  sql("CREATE USER 'one'@'%' IDENTIFIED BY 'old-password-1', 'one'@'127.0.0.%' IDENTIFIED BY 'x', "
      "'one'@'10.%' IDENTIFIED BY 'y'");
  const Login old{"one", "old-password-1"};
  const Login fresh{"one", "NewPassword-17-aaaaaaaa"};
  EXPECT_EQ(run(Step::kSet, old, fresh), "done");
  EXPECT_EQ(run(Step::kSet, old, fresh), "already_done");
  EXPECT_EQ(run(Step::kTest, old, fresh), "done");
  const auto verifiers =
      rows("SELECT DISTINCT authentication_string FROM mysql.user WHERE User = 'one'");
  EXPECT_EQ(verifiers.size(), 1U);
  EXPECT_FALSE(logs_in(old));
  EXPECT_EQ(run(Step::kRollBack, old, fresh), "done");
  EXPECT_TRUE(logs_in(old));
  EXPECT_EQ(run(Step::kRollBack, old, fresh), "already_done");
}

TEST_F(MariaDb, TwinIsMadeWithTheSameGrantsAndKeptEqual) {
  sql("CREATE ROLE IF NOT EXISTS reader");
  sql("GRANT SELECT ON app.* TO 'two'@'%' IDENTIFIED BY 'first-password-2'");
  sql("GRANT UPDATE (name) ON app.items TO 'two'@'%'");
  sql("GRANT reader TO 'two'@'%'");
  sql("CREATE USER 'two'@'10.%' IDENTIFIED BY 'first-password-2' REQUIRE SSL");
  const Login first{"two", "first-password-2"};
  const Login twin{"two_clone", "TwinPassword-bbbbbbbbbbb"};
  EXPECT_EQ(run(Step::kInspect, first, twin), "done");
  EXPECT_THAT(outcome_.facts.notes, testing::Contains(HasSubstr("two_clone would be created")));
  EXPECT_EQ(run(Step::kSet, first, twin), "done");
  EXPECT_EQ(run(Step::kTest, first, twin), "done");
  EXPECT_TRUE(logs_in(first));

  sql("GRANT INSERT ON app.* TO 'two'@'%'");
  sql("REVOKE UPDATE (name) ON app.items FROM 'two'@'%'");
  EXPECT_THAT(run(Step::kTest, first, twin), StartsWith("configuration RightsMissing"));
  EXPECT_EQ(run(Step::kInspect, first, twin), "done");
  EXPECT_EQ(outcome_.facts.grants_equal, false);
  EXPECT_EQ(run(Step::kSet, first, twin), "done");
  EXPECT_EQ(run(Step::kTest, first, twin), "done");
  EXPECT_EQ(run(Step::kSet, first, twin), "already_done");
  EXPECT_EQ(rows("SHOW GRANTS FOR 'two_clone'@'10.%'").at(0).at(0).find("REQUIRE SSL") ==
                std::string::npos,
            false);
}

TEST_F(MariaDb, AProbeTellsGrantsOfAPairThatDiffer) {
  sql("GRANT SELECT ON app.* TO 'nine'@'%' IDENTIFIED BY 'first-password-9'");
  const Login first{"nine", "first-password-9"};
  const Login twin{"nine_clone", "TwinPassword-bbbbbbbbbbb"};
  expect_probe_tells_grants(first, twin, [&] { sql("GRANT DELETE ON app.* TO 'nine'@'%'"); });
}

TEST_F(MariaDb, ATwinThatIsSomebodyElsesIsNotTaken) {
  sql("CREATE USER 'seven'@'%' IDENTIFIED BY 'first-password-7'");
  sql("GRANT SELECT ON app.* TO 'seven_clone'@'%' IDENTIFIED BY 'somebody-elses-7'");
  const std::string before = world();
  const Login first{"seven", "first-password-7"};
  const Login twin{"seven_clone", "TwinPassword-bbbbbbbbbbb"};
  for (const Step step : {Step::kInspect, Step::kSet}) {
    job_ = test::account_job(*server_, Kind::kMysql, step, first, twin);
    job_.secret_type = "Rds";
    job_.options.emplace_back(connector::kNewAccount, "yes");
    EXPECT_THAT(run(), StartsWith("configuration AccountExists"));
  }
  EXPECT_EQ(world(), before);
  // One that an attempt of ours has made is ours.
  job_.pending = Login{"seven_clone", "somebody-elses-7"}.credential();
  EXPECT_EQ(run(), "done");
}

TEST_F(MariaDb, WhatDoesNotLogInIsNotTakenOverByNamingIt) {
  sql("CREATE USER 'eight'@'%' IDENTIFIED BY 'their-password-8'");
  const Login fresh{"eight", "NewPassword-18-aaaaaaaa"};
  for (const Step step : {Step::kInspect, Step::kSet}) {
    job_ = test::account_job(*server_, Kind::kMysql, step, {"eight", "guessed"}, fresh);
    job_.options.emplace_back(connector::kProve, "yes");
    EXPECT_THAT(run(), StartsWith("configuration NotProven"));
  }
  EXPECT_TRUE(logs_in({"eight", "their-password-8"}));
  job_ =
      test::account_job(*server_, Kind::kMysql, Step::kSet, {"eight", "their-password-8"}, fresh);
  job_.options.emplace_back(connector::kProve, "yes");
  EXPECT_EQ(run(), "done");
}

TEST_F(MariaDb, TheFirstOfAPairIsMadeAsItsOptionsSay) {
  const Login first{"auto", "AutoPassword-1-aaaaaaaa"};
  const Login twin{"auto_clone", "AutoPassword-2-aaaaaaaa"};
  job_ = test::account_job(*server_, Kind::kMysql, Step::kSet, first, first);
  job_.dual = true;
  job_.options = {{"AccountPrivilege", "ReadOnly"}, {"DBName", "app"}};
  EXPECT_EQ(run(), "done");
  EXPECT_EQ(run(), "already_done");
  EXPECT_EQ(run(Step::kSet, first, twin), "done");
  EXPECT_EQ(run(Step::kTest, first, twin), "done");
  EXPECT_THAT(rows("SHOW GRANTS FOR 'auto_clone'@'%'").at(1).at(0),
              StartsWith("GRANT SELECT, LOCK TABLES, SHOW VIEW ON `app`.*"));
}

TEST_F(MariaDb, AnAccountThatIsThereAlreadyIsNotTakenOver) {
  sql("GRANT SELECT ON app.* TO 'billing'@'%' IDENTIFIED BY 'of-somebody-else-1'");
  const Login made{"billing", "AutoPassword-1-aaaaaaaa"};
  job_ = test::account_job(*server_, Kind::kMysql, Step::kSet, made, made);
  job_.dual = true;
  job_.options = {{"NewAccount", "yes"}, {"AccountPrivilege", "ReadOnly"}, {"DBName", "app"}};
  EXPECT_THAT(run(), StartsWith("configuration AccountExists"));
  EXPECT_TRUE(logs_in({"billing", "of-somebody-else-1"}));
}

TEST_F(MariaDb, AnAttemptThatDiedBeforeTheRightsIsFinished) {
  const Login made{"half", "AutoPassword-1-aaaaaaaa"};
  sql("CREATE USER 'half'@'%' IDENTIFIED BY 'AutoPassword-1-aaaaaaaa'");
  job_ = test::account_job(*server_, Kind::kMysql, Step::kSet, made, made);
  job_.dual = true;
  job_.options = {{"NewAccount", "yes"}, {"AccountPrivilege", "ReadOnly"}, {"DBName", "app"}};
  EXPECT_EQ(run(), "done");
  EXPECT_THAT(rows("SHOW GRANTS FOR 'half'@'%'").at(1).at(0), StartsWith("GRANT SELECT"));
  job_.options = {{"NewAccount", "yes"}, {"AccountPrivilege", "Everything"}, {"DBName", "app"}};
  EXPECT_THAT(run(), StartsWith("configuration PrivilegeUnknown"));
}

TEST_F(MariaDb, RetireShutsTheOldAccountOut) {
  sql("GRANT SELECT ON app.* TO 'three'@'%' IDENTIFIED BY 'old-password-3'");
  sql("GRANT SELECT ON app.* TO 'three_clone'@'%' IDENTIFIED BY 'new-password-3'");
  job_ = test::account_job(*server_, Kind::kMysql, Step::kRetire, {"three_clone", "new-password-3"},
                           {});
  job_.previous = Login{"three", "old-password-3"}.credential();
  EXPECT_EQ(run(), "done");
  EXPECT_EQ(run(), "already_done");
  EXPECT_FALSE(logs_in({"three", "old-password-3"}));
  EXPECT_TRUE(logs_in({"three_clone", "new-password-3"}));
}

TEST_F(MariaDb, FailuresHaveTheirClass) {
  const Login nobody{"nobody-here", "some-password"};
  EXPECT_THAT(run(Step::kSet, nobody, nobody), StartsWith("configuration AccountMissing"));
  EXPECT_THAT(run(Step::kSet, {}, {server_->fact("admin"), "some-password"}),
              StartsWith("configuration AdminIsManaged"));
  job_ = test::account_job(*server_, Kind::kMysql, Step::kSet, nobody, nobody);
  job_.admin.secret = test::secret("wrong-password");
  EXPECT_THAT(run(), StartsWith("configuration AdminRefused"));
  job_ = test::account_job(*server_, Kind::kMysql, Step::kSet, nobody, nobody);
  job_.target.address = "127.0.0.1:1";
  EXPECT_THAT(run(), StartsWith("unreachable "));
  job_ = test::account_job(*server_, Kind::kMysql, Step::kSet, nobody, nobody);
  job_.target.tls_roots = "";  // the system's roots do not hold the throwaway CA
  EXPECT_THAT(run(), StartsWith("configuration TlsVerifyFailed"));
  job_.target.tls = "disabled";
  job_.target.address = "db.example.com:3306";
  EXPECT_THAT(run(), StartsWith("configuration TargetWithoutTls"));
}

TEST_F(MariaDb, AnAdminWithoutRightsIsToldSo) {
  sql("CREATE USER 'weak'@'%' IDENTIFIED BY 'weak-password'");
  job_ = test::account_job(*server_, Kind::kMysql, Step::kInspect, {}, {});
  job_.admin = Login{"weak", "weak-password"}.credential();
  EXPECT_THAT(run(), StartsWith("configuration AdminLacksRights"));
  EXPECT_EQ(outcome_.facts.admin_may, false);
}

TEST_F(MariaDb, AServerThatTakesNoHashIsFoundBeforeTheRotation) {
  sql("CREATE USER 'judged'@'%' IDENTIFIED BY 'Old-password-55'");
  const Login old{"judged", "Old-password-55"};
  const Login fresh{"judged", "NewPassword-55-aaaaaaaa"};
  if (!admin_->change("INSTALL SONAME 'simple_password_check'"))
    GTEST_SKIP() << "the plug-in is in the package mariadb-server, beside the server itself";
  EXPECT_THAT(run(Step::kInspect, old, {}), StartsWith("configuration HashRefused"));
  EXPECT_THAT(run(Step::kSet, old, fresh), StartsWith("configuration HashRefused"));
  EXPECT_TRUE(logs_in(old));
  sql("SET GLOBAL strict_password_validation = OFF");
  EXPECT_EQ(run(Step::kInspect, old, {}), "done");
  EXPECT_THAT(outcome_.facts.notes,
              testing::Contains(HasSubstr("simple_password_check judges what people choose")));
  EXPECT_EQ(run(Step::kSet, old, fresh), "done");
  EXPECT_TRUE(logs_in(fresh));
  sql("SET GLOBAL strict_password_validation = ON");
  sql("UNINSTALL SONAME 'simple_password_check'");
}

TEST_F(MariaDb, HostileNamesChangeNobodyElse) {
  sql("CREATE USER 'bystander'@'%' IDENTIFIED BY 'bystander-password'");
  int at = 0;
  for (const std::string& name : test::hostile_names(60)) {
    if (name.starts_with('\'') && name.ends_with('\'') && name.size() > 1) continue;
    const std::string password = "Hostile-password-" + std::to_string(at++) + "-zzzz";
    const std::string twin = name + "_t";
    const std::string before = world();
    sql("CREATE USER " + account_text(name, "%") + " IDENTIFIED BY 'x'");
    EXPECT_EQ(run(Step::kSet, {}, {name, password}), "done") << name;
    EXPECT_TRUE(logs_in({name, password})) << name;
    EXPECT_EQ(run(Step::kSet, {name, password}, {twin, password}), "done") << name;
    EXPECT_EQ(run(Step::kTest, {name, password}, {twin, password}), "done") << name;
    sql("DROP USER " + account_text(name, "%") + ", " + account_text(twin, "%"));
    ASSERT_EQ(before, world()) << name;
  }
  EXPECT_THAT(server_->logged(), Not(HasSubstr("Hostile-password-")));
}

TEST_F(MariaDb, NamesThatTheServerWouldChangeAreRefused) {
  // The server takes quotes off a name that logs in, and spaces off the end of any name: each of
  // these would be another account, bystander's.
  sql("CREATE OR REPLACE USER 'bystander'@'%' IDENTIFIED BY 'bystander-password'");
  sql("CREATE OR REPLACE USER 'model'@'%' IDENTIFIED BY 'model-password'");
  const std::string before = world();
  for (const std::string name : {"'bystander'", "bystander ", " bystander", "bystander  "}) {
    EXPECT_THAT(run(Step::kSet, {}, {name, "some-password"}),
                StartsWith("configuration AccountName"));
    EXPECT_THAT(run(Step::kSet, {"model", "model-password"}, {name, "some-password"}),
                StartsWith("configuration AccountName"));
    EXPECT_FALSE(logs_in({name, "bystander-password"}));
  }
  EXPECT_EQ(before, world());
}

TEST_F(MariaDb, NoPasswordInAnyLog) {
  sql("CREATE USER 'quiet'@'%' IDENTIFIED BY 'x'");
  const Login login{"quiet", "VerySecretPassword-7171"};
  EXPECT_EQ(run(Step::kSet, {}, login), "done");
  EXPECT_TRUE(logs_in(login));
  const std::string logged = server_->logged();
  EXPECT_THAT(logged, HasSubstr("quiet"));
  EXPECT_THAT(logged, Not(HasSubstr(login.password)));
}

}  // namespace
}  // namespace strongroom::connector_mysql
