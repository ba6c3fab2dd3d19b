#include "strongroom/connector_postgres/connector.h"

#include <gmock/gmock.h>

#include "session.h"
#include "strongroom/test/account_test.h"
#include "strongroom/test/hostile_names.h"

namespace strongroom::connector_postgres {
namespace {

using connector::Job;
using connector::Kind;
using connector::Outcome;
using connector::Step;
using test::Login;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// One server for all tests: each uses roles of its own.
class Postgres : public test::AccountTest<PostgresConnector, Kind::kPostgres> {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<test::Throwaway>("postgres"); }

  Postgres() {
    job_ = test::account_job(*server_, Kind::kPostgres, Step::kInspect, {}, {});
    const connector_kit::Budget budget(20'000);
    admin_.emplace(std::move(Session::open(job_, server_->admin(), budget).value()));
  }

  void sql(const std::string& statement) {
    const auto done = admin_->change(statement);
    ASSERT_TRUE(done.has_value()) << statement << ": " << done.error().message;
  }
  /// Every role, membership, setting and grant, as one text.
  std::string world() {
    std::string all;
    for (const char* query :
         {"SELECT r.*::text FROM pg_catalog.pg_authid r ORDER BY 1",
          "SELECT m.*::text FROM pg_catalog.pg_auth_members m ORDER BY 1",
          "SELECT s.*::text FROM pg_catalog.pg_db_role_setting s ORDER BY 1",
          "SELECT oid, relacl FROM pg_catalog.pg_class WHERE relacl IS NOT NULL ORDER BY 1",
          "SELECT oid, nspacl FROM pg_catalog.pg_namespace ORDER BY 1"}) {
      const auto rows = admin_->read(query);
      EXPECT_TRUE(rows.has_value()) << rows.error().message;
      for (const Row& row : *rows)
        for (const std::string& cell : row) all += cell + "\n";
    }
    return all;
  }

  using AccountTest::run;
  std::string run(Step step, const Login& current, const Login& pending, const std::string& owner) {
    job_ = job_of(step, current, pending);
    job_.owner_role = owner;
    return run();
  }

  std::optional<Session> admin_;
};

// A crash of such a server forgets what its disk does not have yet.
TEST_F(Postgres, WhatIsSetIsOnDiskThoughCommitsAreNotWaitedFor) {
  sql("CREATE ROLE durable LOGIN PASSWORD 'first-password-1'");
  sql("ALTER SYSTEM SET wal_writer_delay = '10s'");
  sql("ALTER SYSTEM SET synchronous_commit = off");
  sql("SELECT pg_reload_conf()");
  // What the reload has not come to yet is no matter: new sessions have it after a moment.
  for (bool off = false; !off;) {
    const connector_kit::Budget budget(20'000);
    auto session = Session::open(job_, server_->admin(), budget);
    off = session->read("SHOW synchronous_commit").value()[0][0] == "off";
  }
  EXPECT_EQ(run(Step::kSet, {}, {"durable", "SetPassword-aaaaaaaaaa"}), "done");
  const auto flushed =
      admin_->read("SELECT pg_current_wal_insert_lsn() <= pg_current_wal_flush_lsn()");
  EXPECT_EQ(flushed.value()[0][0], "t");
  sql("ALTER SYSTEM RESET ALL");
  sql("SELECT pg_reload_conf()");
}

TEST_F(Postgres, SingleAccount) {
  sql("CREATE ROLE one LOGIN PASSWORD 'old-password-1'");
  const Login old{"one", "old-password-1"};
  const Login fresh{"one", "NewPassword-17-aaaaaaaa"};
  EXPECT_EQ(run(Step::kSet, old, fresh), "done");
  EXPECT_EQ(run(Step::kSet, old, fresh), "already_done");
  EXPECT_EQ(run(Step::kTest, old, fresh), "done");
  EXPECT_FALSE(logs_in(old));
  EXPECT_EQ(run(Step::kRollBack, old, fresh), "done");
  EXPECT_TRUE(logs_in(old));
  EXPECT_EQ(run(Step::kRollBack, old, fresh), "already_done");
}

TEST_F(Postgres, TwinHasTheSameRightsAndKeepsThem) {
  sql("CREATE ROLE two_owner");
  sql("CREATE TABLE two_items (id int, name text)");
  sql("ALTER TABLE two_items OWNER TO two_owner");
  sql("CREATE ROLE two LOGIN PASSWORD 'first-password-2' IN ROLE two_owner CONNECTION LIMIT 7");
  sql("GRANT SELECT (name) ON two_items TO two");
  sql("ALTER ROLE two SET search_path TO \"$user\", public");
  sql("ALTER ROLE two SET role TO two_owner");
  const Login first{"two", "first-password-2"};
  const Login twin{"two_clone", "TwinPassword-bbbbbbbbbbb"};
  EXPECT_EQ(run(Step::kInspect, first, twin, "two_owner"), "done");
  EXPECT_THAT(outcome_.facts.notes, testing::Contains(HasSubstr("two_clone would be created")));
  EXPECT_EQ(run(Step::kSet, first, twin, "two_owner"), "done");
  EXPECT_EQ(run(Step::kTest, first, twin, "two_owner"), "done");
  EXPECT_EQ(run(Step::kSet, first, twin, "two_owner"), "already_done");
  EXPECT_TRUE(logs_in(first));

  sql("GRANT INSERT ON two_items TO two WITH GRANT OPTION");
  sql("REVOKE SELECT (name) ON two_items FROM two");
  sql("GRANT pg_read_all_stats TO two_clone");
  EXPECT_THAT(run(Step::kTest, first, twin), StartsWith("configuration RightsMissing"));
  EXPECT_EQ(run(Step::kInspect, first, twin), "done");
  EXPECT_EQ(outcome_.facts.grants_equal, false);
  EXPECT_EQ(run(Step::kSet, first, twin), "done");
  EXPECT_EQ(run(Step::kTest, first, twin), "done");
}

TEST_F(Postgres, WhatTheModelHasLostTheTwinLosesToo) {
  sql("CREATE ROLE seven LOGIN SUPERUSER REPLICATION PASSWORD 'first-password-7'");
  const Login first{"seven", "first-password-7"};
  const Login twin{"seven_clone", "TwinPassword-bbbbbbbbbbb"};
  EXPECT_EQ(run(Step::kSet, first, twin), "done");
  sql("ALTER ROLE seven NOSUPERUSER NOREPLICATION");
  EXPECT_THAT(run(Step::kTest, first, twin), StartsWith("configuration RightsMissing"));
  EXPECT_EQ(run(Step::kSet, first, twin), "done");
  EXPECT_EQ(run(Step::kTest, first, twin), "done");
  EXPECT_EQ(admin_
                ->read("SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = "
                       "'seven_clone'")
                ->at(0)
                .at(0),
            "f");
}

TEST_F(Postgres, AProbeTellsGrantsOfAPairThatDiffer) {
  sql("CREATE TABLE nine_items (id int)");
  sql("CREATE ROLE nine LOGIN PASSWORD 'first-password-9'");
  sql("GRANT SELECT ON nine_items TO nine");
  const Login first{"nine", "first-password-9"};
  const Login twin{"nine_clone", "TwinPassword-bbbbbbbbbbb"};
  expect_probe_tells_grants(first, twin, [&] { sql("GRANT DELETE ON nine_items TO nine"); });
}

TEST_F(Postgres, ManyGrantsAreAllSeen) {
  sql("CREATE SCHEMA many");
  sql("DO $$ BEGIN FOR i IN 1..2600 LOOP EXECUTE format('CREATE TABLE many.t%s (id int)', i); END "
      "LOOP; END $$");
  sql("CREATE ROLE eight LOGIN PASSWORD 'first-password-8'");
  sql("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA many TO eight");
  const Login first{"eight", "first-password-8"};
  const Login twin{"eight_clone", "TwinPassword-bbbbbbbbbbb"};
  EXPECT_EQ(run(Step::kSet, first, twin), "done");
  EXPECT_EQ(admin_
                ->read("SELECT count(*) FROM information_schema.role_table_grants WHERE grantee "
                       "= 'eight_clone'")
                ->at(0)
                .at(0),
            "10400");
  EXPECT_EQ(run(Step::kTest, first, twin), "done");
  sql("DROP SCHEMA many CASCADE");
}

TEST_F(Postgres, AnOwnerIsNotCloned) {
  sql("CREATE ROLE three LOGIN PASSWORD 'first-password-3'");
  sql("CREATE TABLE three_items (id int)");
  sql("ALTER TABLE three_items OWNER TO three");
  EXPECT_THAT(run(Step::kSet, {"three", "first-password-3"}, {"three_clone", "xxxxxxxxxxxx"}),
              StartsWith("configuration OwnsObjects"));
  EXPECT_THAT(outcome_.message, HasSubstr("(REASSIGN OWNED)"));
}

TEST_F(Postgres, TheFirstOfAPairIsMade) {
  const Login first{"auto", "AutoPassword-1-aaaaaaaa"};
  const Login twin{"auto_clone", "AutoPassword-2-aaaaaaaa"};
  job_ = test::account_job(*server_, Kind::kPostgres, Step::kSet, first, first);
  job_.dual = true;
  EXPECT_EQ(run(), "done");
  EXPECT_EQ(run(), "already_done");
  EXPECT_EQ(run(Step::kSet, first, twin), "done");
  EXPECT_EQ(run(Step::kTest, first, twin), "done");
}

TEST_F(Postgres, AnAccountThatIsThereAlreadyIsNotTakenOver) {
  sql("CREATE ROLE billing LOGIN PASSWORD 'of-somebody-else-1'");
  sql("CREATE ROLE the_owner");
  const Login made{"billing", "AutoPassword-1-aaaaaaaa"};
  job_ = test::account_job(*server_, Kind::kPostgres, Step::kSet, made, made);
  job_.dual = true;
  job_.owner_role = "the_owner";
  job_.options = {{"NewAccount", "yes"}};
  EXPECT_THAT(run(), StartsWith("configuration AccountExists"));
  EXPECT_TRUE(logs_in({"billing", "of-somebody-else-1"}));
  // One that a dead attempt left without its membership is finished.
  sql("ALTER ROLE billing PASSWORD 'AutoPassword-1-aaaaaaaa'");
  job_ = test::account_job(*server_, Kind::kPostgres, Step::kSet, made, made);
  job_.dual = true;
  job_.owner_role = "the_owner";
  job_.options = {{"NewAccount", "yes"}};
  EXPECT_EQ(run(), "done");
  EXPECT_EQ(admin_->read("SELECT pg_has_role('billing', 'the_owner', 'MEMBER')")->at(0).at(0), "t");
}

TEST_F(Postgres, RetireShutsTheOldAccountOut) {
  sql("CREATE ROLE four LOGIN PASSWORD 'old-password-4'");
  sql("CREATE ROLE four_clone LOGIN PASSWORD 'new-password-4'");
  job_ = test::account_job(*server_, Kind::kPostgres, Step::kRetire,
                           {"four_clone", "new-password-4"}, {});
  job_.previous = Login{"four", "old-password-4"}.credential();
  EXPECT_EQ(run(), "done");
  EXPECT_EQ(run(), "already_done");
  EXPECT_FALSE(logs_in({"four", "old-password-4"}));
  EXPECT_TRUE(logs_in({"four_clone", "new-password-4"}));
}

TEST_F(Postgres, FailuresHaveTheirClass) {
  const Login nobody{"nobody-here", "some-password"};
  EXPECT_THAT(run(Step::kSet, nobody, nobody), StartsWith("configuration AccountMissing"));
  EXPECT_THAT(run(Step::kSet, {}, {std::string(64, 'x'), "some-password"}),
              StartsWith("configuration AccountName"));
  job_ = test::account_job(*server_, Kind::kPostgres, Step::kSet, nobody, nobody);
  job_.admin.secret = test::secret("wrong-password");
  EXPECT_THAT(run(), StartsWith("configuration AdminRefused"));
  job_ = test::account_job(*server_, Kind::kPostgres, Step::kSet, nobody, nobody);
  job_.target.address = "127.0.0.1:1";
  EXPECT_THAT(run(), StartsWith("unreachable "));
  job_ = test::account_job(*server_, Kind::kPostgres, Step::kSet, nobody, nobody);
  job_.target.tls_name = "another.example.com";
  EXPECT_THAT(run(), StartsWith("configuration TlsVerifyFailed"));
  job_.target.tls_name = "localhost";
  EXPECT_THAT(run(), StartsWith("configuration AccountMissing"));
  job_.options = {{"database", "nothing"}};
  EXPECT_THAT(run(), StartsWith("configuration DatabaseMissing"));
}

TEST_F(Postgres, HostileNamesChangeNobodyElse) {
  sql("CREATE ROLE bystander LOGIN PASSWORD 'bystander-password'");
  int at = 0;
  for (const std::string& name : test::hostile_names(60)) {
    const std::string password = "Hostile-password-" + std::to_string(at++) + "-zzzz";
    const std::string twin = name + "_t";
    const std::string before = world();
    sql("CREATE ROLE " + identifier(name) + " LOGIN PASSWORD 'x'");
    EXPECT_EQ(run(Step::kSet, {}, {name, password}), "done") << name;
    EXPECT_TRUE(logs_in({name, password})) << name;
    EXPECT_EQ(run(Step::kSet, {name, password}, {twin, password}), "done") << name;
    EXPECT_EQ(run(Step::kTest, {name, password}, {twin, password}), "done") << name;
    sql("DROP ROLE " + identifier(name) + ", " + identifier(twin));
    ASSERT_EQ(before, world()) << name;
  }
  EXPECT_THAT(server_->logged(), Not(HasSubstr("Hostile-password-")));
}

TEST_F(Postgres, NoPasswordInTheLog) {
  sql("CREATE ROLE quiet LOGIN PASSWORD 'x'");
  const Login login{"quiet", "VerySecretPassword-7171"};
  EXPECT_EQ(run(Step::kSet, {}, login), "done");
  EXPECT_TRUE(logs_in(login));
  const std::string logged = server_->logged();
  EXPECT_THAT(logged, HasSubstr("ALTER ROLE \"quiet\" PASSWORD 'SCRAM-SHA-256"));
  EXPECT_THAT(logged, Not(HasSubstr(login.password)));
}

}  // namespace
}  // namespace strongroom::connector_postgres
