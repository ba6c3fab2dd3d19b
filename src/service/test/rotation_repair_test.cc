// What happens beside rotations: drift is seen, undone or believed; windows; readers who are
// behind.

#include <sys/stat.h>

#include "service_fixture.h"
#include "strongroom/audit/log.h"
#include "strongroom/service/drift_watch.h"
#include "strongroom/trail/call_log.h"

namespace strongroom::service {
namespace {

using connector::Status;

constexpr std::int64_t kHour = 3'600'000;

class RotationRepairTest : public ServiceFixture {
 protected:
  void make(const std::string& accounts, const std::string& sub_type, Params more = {}) {
    more.insert(
        {{"SecretType", "Rds"},
         {"ExtendedConfig", R"({"SecretSubType":")" + sub_type + R"(","DBInstanceId":"rm-1"})"}});
    const Answer made = create("db", accounts, more);
    ASSERT_TRUE(made.ok()) << made.message;
    work();  // the look at what was given
  }
  void make_single(Params more = {}) {
    database_.accounts["app"] = "old";
    make(R"({"Accounts":[{"AccountName":"app","AccountPassword":"old"}]})", "SingleUser",
         std::move(more));
  }
  void make_pair(Params more = {}) {
    database_.accounts = {{"app", "old"}, {"other", "old2"}};
    make(
        R"({"Accounts":[{"AccountName":"app","AccountPassword":"old"},{"AccountName":"other","AccountPassword":"old2"}]})",
        "DoubleUsers", std::move(more));
  }
  Answer own(std::string_view action, Params params = {}) {
    params.insert({{"SecretName", "db"}});
    const Operation& row = *service_.find(kStrongroom.version, action);
    if (row.effect == Effect::kMutation) return run(root(), row, params, nullptr);
    const auto reader = *fixture_->reader();
    return run(root(), row, params, reader.get());
  }
  std::string current(const std::string& stage = "") {
    const Answer got = call("GetSecretValue", {{"SecretName", "db"}, {"VersionStage", stage}});
    return text_at(got.json, "/SecretData");
  }
  std::string known(const std::string& pointer) {
    return text_at(own("DescribeRotation").json, pointer);
  }
  bool works(const std::string& json) {
    const auto account = database_.accounts.find(text_at(json, "/AccountName"));
    return account != database_.accounts.end() &&
           account->second == text_at(json, "/AccountPassword");
  }
  std::vector<std::string> events() {
    std::vector<std::string> names;
    const auto rows = fixture_->due(barrier::TimeTable::kEvent, Instant{INT64_MAX}, 100);
    for (const auto& row : *rows) names.push_back(due::decode_event(row.record->body())->name);
    return names;
  }

  DriftWatch watch_{service_.engines(), kHour};
};

TEST_F(RotationRepairTest, DriftIsToldOnceAndUndone) {
  make_single();
  EXPECT_FALSE(*watch_.look(kAccount, "db"));
  EXPECT_EQ(known("/Drifted"), "false");
  database_.accounts["app"] = "by hand";
  EXPECT_TRUE(*watch_.look(kAccount, "db"));
  EXPECT_FALSE(*watch_.look(kAccount, "db")) << "it is known already";
  EXPECT_EQ(known("/Drifted"), "true");
  EXPECT_EQ(events(), std::vector<std::string>{"Secret:Drift:Detected"});

  fixture_.clock().advance_ms(1'000);
  ASSERT_TRUE(own("ResyncSecret").ok());
  work();
  EXPECT_TRUE(works(current()));
  EXPECT_EQ(text_at(current(), "/AccountPassword"), "old");
  EXPECT_EQ(known("/Drifted"), "false");
  EXPECT_EQ(known("/LastResult"), "succeeded");
  EXPECT_EQ(events().back(), "Secret:ResyncSecret:Success");
}

TEST_F(RotationRepairTest, AWrongPasswordThatIsBroughtInIsToldAtOnce) {
  database_.accounts["app"] = "another";
  make(R"({"Accounts":[{"AccountName":"app","AccountPassword":"old"}]})", "SingleUser");
  EXPECT_EQ(known("/Drifted"), "true");
  EXPECT_EQ(events(), std::vector<std::string>{"Secret:Drift:Detected"});
  EXPECT_EQ(database_.accounts["app"], "another") << "the target was changed";
  ASSERT_TRUE(call("RotateSecret", {{"SecretName", "db"}, {"VersionId", "v2"}}).ok());
  work();
  EXPECT_TRUE(works(current()));
  EXPECT_EQ(known("/Drifted"), "false");
}

TEST_F(RotationRepairTest, GrantsOfAPairThatSomebodyChangedAreToldOnceAndUndone) {
  make_pair();
  database_.differences = {"the grants of other differ from those of app: SELECT on app.*"};
  EXPECT_TRUE(*watch_.look(kAccount, "db"));
  EXPECT_FALSE(*watch_.look(kAccount, "db")) << "it is known already";
  EXPECT_EQ(known("/Drifted"), "false") << "both log in";
  EXPECT_EQ(known("/DriftFindings/0"), database_.differences[0]);
  const auto rows = fixture_->due(barrier::TimeTable::kEvent, Instant{INT64_MAX}, 100);
  ASSERT_EQ(rows->size(), 1U);
  const auto event = due::decode_event(rows->front().record->body());
  EXPECT_EQ(event->name, "Secret:Drift:Detected");
  EXPECT_EQ(text_at(event->detail_json, "/level"), "WARN");
  EXPECT_EQ(text_at(event->detail_json, "/finding"), database_.differences[0]);
  // Eleven of them are not all kept.
  database_.differences.assign(11, "one more");
  EXPECT_TRUE(*watch_.look(kAccount, "db"));
  EXPECT_EQ(known("/DriftFindings/8"), "and 3 more");
  database_.differences.clear();
  fixture_.clock().advance_ms(1'000);
  ASSERT_TRUE(own("ResyncSecret").ok());
  work();
  EXPECT_EQ(known("/DriftFindings"), "<absent>");
  EXPECT_FALSE(*watch_.look(kAccount, "db"));
}

TEST_F(RotationRepairTest, DriftThatGoesByItselfIsToldToo) {
  make_single();
  database_.accounts["app"] = "by hand";
  EXPECT_TRUE(*watch_.look(kAccount, "db"));
  database_.accounts["app"] = "old";
  fixture_.clock().advance_ms(1'000);
  EXPECT_TRUE(*watch_.look(kAccount, "db"));
  EXPECT_EQ(events().back(), "Secret:Drift:Resolved");
}

TEST_F(RotationRepairTest, NothingIsLearntFromATargetThatDoesNotAnswer) {
  make_single();
  database_.accounts["app"] = "by hand";
  database_.script = {Status::kUnreachable};
  EXPECT_FALSE(*watch_.look(kAccount, "db"));
  EXPECT_FALSE(*watch_.look(kAccount, "no-such-secret"));
  ASSERT_TRUE(call("RotateSecret", {{"SecretName", "db"}, {"VersionId", "v2"}}).ok());
  EXPECT_FALSE(*watch_.look(kAccount, "db")) << "a rotation is under way";
}

TEST_F(RotationRepairTest, TheWatchGoesRoundAllSecrets) {
  make_single();
  database_.accounts["app"] = "by hand";
  const int before = database_.probes;
  watch_.step();  // a pause after the start
  EXPECT_EQ(database_.probes, before);
  EXPECT_GE(watch_.step(), 1'000);
  EXPECT_EQ(database_.probes, before + 1);
  EXPECT_EQ(known("/Drifted"), "true");
}

TEST_F(RotationRepairTest, ResyncOfAPairSetsBothAccounts) {
  make_pair();
  database_.accounts = {{"app", "x"}, {"other", "y"}};
  ASSERT_TRUE(own("ResyncSecret").ok());
  EXPECT_EQ(own("ResyncSecret").code, "Rejected.UnsupportedOperation") << "one run at a time";
  work();
  EXPECT_TRUE(works(current()));
  EXPECT_TRUE(works(current("ACSPrevious")));
}

TEST_F(RotationRepairTest, AResyncThatCannotWorkEndsAndCanBeCancelled) {
  make_single();
  database_.script.assign(100, Status::kConfiguration);
  ASSERT_TRUE(own("ResyncSecret").ok());
  work();
  EXPECT_EQ(known("/LastResult"), "failed");
  EXPECT_EQ(known("/AutomaticRotation"), "Disabled");
  database_.script.assign(100, Status::kUnreachable);
  ASSERT_TRUE(own("ResyncSecret").ok());
  work();
  ASSERT_TRUE(own("CancelRotation").ok());
  EXPECT_EQ(known("/LastResult"), "cancelled");
  EXPECT_EQ(known("/Phase"), "idle");
}

TEST_F(RotationRepairTest, WhatSomebodySetByHandIsAdopted) {
  make_pair();
  const std::string previous = current("ACSPrevious");
  database_.accounts["app"] = "by hand";
  const std::string value = R"({"AccountName":"app","AccountPassword":"by hand"})";
  fixture_.clock().advance_ms(1'000);
  ASSERT_TRUE(own("AdoptSecret", {{"VersionId", "v9"}, {"SecretData", value}}).ok());
  work();
  EXPECT_EQ(current(), value);
  EXPECT_EQ(current("ACSPrevious"), previous) << "the twin stays the twin";
  EXPECT_EQ(events().back(), "Secret:AdoptSecret:Success");
  // And goes on taking turns with the right account.
  ASSERT_TRUE(call("RotateSecret", {{"SecretName", "db"}, {"VersionId", "v10"}}).ok());
  work();
  EXPECT_EQ(text_at(current(), "/AccountName"), "other");
  EXPECT_EQ(current("ACSPrevious"), value);
  EXPECT_EQ(database_.accounts["app"], "by hand");
}

TEST_F(RotationRepairTest, WhatTheTargetRefusesIsNotAdoptedAndNothingIsSet) {
  make_single();
  const std::string value = R"({"AccountName":"app","AccountPassword":"wrong"})";
  ASSERT_TRUE(own("AdoptSecret", {{"VersionId", "v9"}, {"SecretData", value}}).ok());
  work();
  EXPECT_EQ(database_.accounts["app"], "old");
  EXPECT_EQ(text_at(current(), "/AccountPassword"), "old");
  EXPECT_EQ(known("/LastResult"), "failed");
  EXPECT_EQ(own("AdoptSecret", {{"VersionId", "v8"}, {"SecretData", "{}"}}).code,
            "InvalidParameter");
  EXPECT_EQ(own("AdoptSecret", {{"VersionId", "v8"},
                                {"SecretData", R"({"AccountName":"root","AccountPassword":"x"})"}})
                .code,
            "InvalidParameter");
}

TEST_F(RotationRepairTest, ScheduledRunsWaitForTheirWindow) {
  make_single({{"EnableAutomaticRotation", "true"}, {"RotationInterval", "6h"}});
  const Instant made = fixture_.clock().now();
  const std::int64_t minute = made.unix_ms / 60'000 % 1'440;
  const auto clock_text = [](std::int64_t minutes) {
    const std::int64_t of_day = minutes % 1'440;
    const std::string hours = std::to_string(100 + of_day / 60);
    const std::string rest = std::to_string(100 + of_day % 60);
    return hours.substr(1) + ":" + rest.substr(1);
  };
  // From eight to nine hours from now.
  const std::string window = clock_text(minute + 480) + "-" + clock_text(minute + 540);
  ASSERT_TRUE(own("SetRotationWindow", {{"Window", window}}).ok());
  EXPECT_EQ(own("SetRotationWindow", {{"Window", "never"}}).code, "InvalidParameter");
  EXPECT_EQ(known("/Window"), window);
  pass(7 * kHour);
  EXPECT_EQ(text_at(current(), "/AccountPassword"), "old");
  EXPECT_EQ(known("/Overdue"), "false");
  pass(1 * kHour + 6 * 60'000);  // in the first tenth of it
  EXPECT_NE(text_at(current(), "/AccountPassword"), "old");
  EXPECT_TRUE(works(current()));
  // By hand at any time.
  ASSERT_TRUE(call("RotateSecret", {{"SecretName", "db"}, {"VersionId", "v3"}}).ok());
  work();
  EXPECT_EQ(text_at(call("GetSecretValue", {{"SecretName", "db"}}).json, "/VersionId"), "v3");
}

class ReadersTest : public RotationRepairTest {
 protected:
  void SetUp() override {
    RotationRepairTest::SetUp();
    auto opened = audit::Log::open({.directory = directory_, .origin = "strongroom/test"},
                                   test::secret(std::string(32, 's')), fixture_.random());
    ASSERT_TRUE(opened) << opened.error().message();
    log_ = std::move(*opened);
    writer_ = log_->make_writer();
    service_.engines().call_log = &calls_;
  }
  void TearDown() override {
    service_.engines().call_log = nullptr;
    writer_.reset();
    log_.reset();
    RotationRepairTest::TearDown();
  }
  void read_as(const std::string& reader, const std::string& version) {
    audit::Record record;
    const std::string request = Uuid::generate(fixture_.random()).upper();
    const std::string arn = secrets_.arn(kAccount, "db");
    record.time = fixture_.clock().now();
    record.request_id = request;
    record.service = "Kms";
    record.action = "GetSecretValue";
    record.account = kAccount;
    record.principal_id = reader;
    record.principal_name = reader;
    record.resource = arn;
    record.version_id = version;
    record.decision = "allow";
    writer_->add(record);
    ASSERT_TRUE(writer_->flush());
    ASSERT_TRUE(log_->settle());
  }
  std::string version() {
    return text_at(call("GetSecretValue", {{"SecretName", "db"}}).json, "/VersionId");
  }

  std::string directory_ = fixture_.directory() + "-audit";
  std::unique_ptr<audit::Log> log_;
  std::unique_ptr<audit::Writer> writer_;
  bool log_answers_ = true;
  trail::CallLog calls_{directory_, [this]() -> Result<void> {
                          if (log_answers_) return {};
                          return fail(ErrorKind::kUnavailable, "AuditSlow", "not in time");
                        }};
};

TEST_F(ReadersTest, AScheduledRunWaitsForAReaderWhoIsBehindButNotForEver) {
  make_pair({{"EnableAutomaticRotation", "true"}, {"RotationInterval", "6h"}});
  read_as("web", "v1");
  pass(6 * kHour);
  const std::string second = version();
  EXPECT_NE(second, "v1") << "everybody had read the newest";
  read_as("batch", second);
  // "web" has not read since: setting the other account anew would break it.
  pass(6 * kHour);
  EXPECT_EQ(version(), second);
  EXPECT_EQ(known("/Overdue"), "false");
  const Answer listed = own("ListSecretReaders");
  EXPECT_EQ(text_at(listed.json, "/Readers/0/PrincipalName"), "batch");
  EXPECT_EQ(text_at(listed.json, "/Readers/0/Stale"), "false");
  EXPECT_EQ(text_at(listed.json, "/Readers/1/PrincipalName"), "web");
  EXPECT_EQ(text_at(listed.json, "/Readers/1/Stale"), "true");
  read_as("web", second);
  pass(kHour);
  const std::string third = version();
  EXPECT_NE(third, second);
  // Now nobody reads any more: after a day it is done all the same.
  pass(6 * kHour);
  EXPECT_EQ(version(), third);
  pass(25 * kHour);
  EXPECT_NE(version(), third);
}

TEST_F(ReadersTest, WhereTheLogDoesNotTellAScheduledRunWaitsToo) {
  make_pair({{"EnableAutomaticRotation", "true"}, {"RotationInterval", "6h"}});
  read_as("web", "v1");
  log_answers_ = false;
  pass(6 * kHour);
  EXPECT_EQ(version(), "v1");
  const Answer dry = own("InspectRotation");
  EXPECT_NE(text_at(dry.json, "/ReadersUnknown").find("not in time"), std::string::npos);
  EXPECT_EQ(text_at(dry.json, "/StaleReaders"), "<absent>");
  log_answers_ = true;
  pass(kHour);
  EXPECT_NE(version(), "v1");
}

// Each waits for its target on a thread that changes need too.
TEST_F(RotationRepairTest, OnlySoManyDryRunsGoOnAtOnce) {
  make_single();
  std::vector<std::string> refused;
  database_.meanwhile = [&] {
    const std::string code = refused.empty() ? own("InspectRotation").code : "";
    if (!code.empty()) refused.push_back(code);
  };
  EXPECT_TRUE(own("InspectRotation").ok());
  EXPECT_EQ(refused, std::vector<std::string>{"ServiceUnavailableTemporary"});
  EXPECT_EQ(database_.steps, 8);
  database_.meanwhile = nullptr;
  EXPECT_TRUE(own("InspectRotation").ok()) << "there is room again";
}

TEST_F(ReadersTest, ADryRunTellsWhoIsBehind) {
  make_pair();
  read_as("web", "v1");
  read_as("batch", "v1");
  EXPECT_EQ(text_at(own("InspectRotation").json, "/StaleReaders"), "[]");
  ASSERT_TRUE(call("RotateSecret", {{"SecretName", "db"}, {"VersionId", "v2"}}).ok());
  work();
  read_as("batch", "v2");
  const int steps = database_.steps;
  const std::string before = current();
  const Answer dry = own("InspectRotation");
  ASSERT_TRUE(dry.ok()) << dry.message;
  EXPECT_EQ(text_at(dry.json, "/StaleReaders/0/PrincipalName"), "web");
  EXPECT_EQ(text_at(dry.json, "/StaleReaders/0/VersionId"), "v1");
  EXPECT_EQ(text_at(dry.json, "/StaleReaders/1"), "<absent>");
  EXPECT_EQ(database_.seen.back(), connector::Step::kInspect);
  EXPECT_EQ(database_.steps, steps + 1);
  EXPECT_EQ(current(), before);
}

TEST_F(ReadersTest, AFunctionsRotationWaitsToo) {
  ASSERT_TRUE(create("db", "old").ok());
  ASSERT_TRUE(own("SetRotationFunction", {{"TargetId", "fn"}}).ok());
  ASSERT_TRUE(
      call("UpdateSecretRotationPolicy",
           {{"SecretName", "db"}, {"EnableAutomaticRotation", "true"}, {"RotationInterval", "6h"}})
          .ok());
  read_as("web", "v1");
  pass(6 * kHour);
  const std::string second = version();
  EXPECT_NE(second, "v1");
  pass(6 * kHour);
  EXPECT_EQ(version(), second) << "web still has v1";
  pass(25 * kHour);
  EXPECT_NE(version(), second);
}

TEST_F(ReadersTest, APersonsRotationDoesNotWait) {
  make_pair();
  ASSERT_TRUE(call("RotateSecret", {{"SecretName", "db"}, {"VersionId", "v2"}}).ok());
  work();
  read_as("web", "v1");
  ASSERT_TRUE(call("RotateSecret", {{"SecretName", "db"}, {"VersionId", "v3"}}).ok());
  work();
  EXPECT_EQ(version(), "v3");
}

}  // namespace
}  // namespace strongroom::service
