// Generic secrets that a function rotates, over a real store and a scripted function.

#include "service_fixture.h"

namespace strongroom::service {
namespace {

using connector::Status;

class RotationFunctionsTest : public ServiceFixture {
 protected:
  void SetUp() override {
    ServiceFixture::SetUp();
    ASSERT_TRUE(create("key", "old").ok());
  }
  Answer own(std::string_view action, const Params& params) {
    return run(root(), *service_.find(kStrongroom.version, action), params, nullptr);
  }
  Answer set_function(Params more = {}) {
    more.insert({{"SecretName", "key"}, {"TargetId", "fn"}});
    return own("SetRotationFunction", more);
  }
  Answer rotate(const std::string& version) {
    return call("RotateSecret", {{"SecretName", "key"}, {"VersionId", version}});
  }
  std::string value(const Params& more = {}) {
    Params params = more;
    params.insert({{"SecretName", "key"}});
    const Answer got = call("GetSecretValue", params);
    return got.ok() ? text_at(got.json, "/SecretData") : got.code;
  }
  rotation::Run run_of() {
    const auto reader = *fixture_->reader();
    return *rotations_.run_of(*reader, secrets_.view(*reader, kAccount, "key")->decode());
  }
};

TEST_F(RotationFunctionsTest, TheFunctionsValueBecomesCurrent) {
  EXPECT_EQ(rotate("v2").code, "Rejected.UnsupportedOperation");
  ASSERT_TRUE(set_function().ok());
  database_.produces = "made by the function";
  ASSERT_TRUE(rotate("v2").ok());
  work();
  EXPECT_EQ(value(), "made by the function");
  EXPECT_EQ(value({{"VersionStage", "ACSPrevious"}}), "old");
  EXPECT_EQ(run_of().result, rotation::Ended::kSucceeded);
}

// ACSPending is a ninth label: the scheduled run fails after some attempts, as any other.
TEST_F(RotationFunctionsTest, ASecretWithEightLabelsOfItsOwnFailsAndIsTold) {
  ASSERT_TRUE(set_function().ok());
  ASSERT_TRUE(
      call("UpdateSecretRotationPolicy",
           {{"SecretName", "key"}, {"EnableAutomaticRotation", "true"}, {"RotationInterval", "6h"}})
          .ok());
  for (const char* label : {"a", "b", "c", "d", "e", "f", "g"})
    ASSERT_TRUE(call("UpdateSecretVersionStage",
                     {{"SecretName", "key"}, {"VersionStage", label}, {"MoveToVersion", "v1"}})
                    .ok());
  for (int i = 0; i < 30; ++i) pass(900'000);
  EXPECT_EQ(run_of().result, rotation::Ended::kFailed);
  EXPECT_EQ(run_of().code, "Rejected.LimitExceeded");
  EXPECT_EQ(value(), "old");
}

TEST_F(RotationFunctionsTest, AFunctionThatMakesNoneGetsTheServers) {
  ASSERT_TRUE(set_function().ok());
  ASSERT_TRUE(rotate("v2").ok());
  work();
  EXPECT_EQ(value().size(), 32U);
  EXPECT_EQ(database_.accounts[""], value());
}

TEST_F(RotationFunctionsTest, NobodyReadsOrMovesThePendingValue) {
  ASSERT_TRUE(set_function().ok());
  ASSERT_TRUE(rotate("v2").ok());
  EXPECT_EQ(value({{"VersionStage", "ACSPending"}}), "Forbidden.ResourceNotFound");
  EXPECT_EQ(value({{"VersionId", "v2"}}), "Forbidden.ResourceNotFound");
  EXPECT_EQ(
      call("PutSecretValue", {{"SecretName", "key"}, {"VersionId", "v3"}, {"SecretData", "x"}})
          .code,
      "Rejected.UnsupportedOperation");
  EXPECT_EQ(call("UpdateSecretVersionStage",
                 {{"SecretName", "key"}, {"VersionStage", "ACSCurrent"}, {"MoveToVersion", "v2"}})
                .code,
            "Rejected.UnsupportedOperation");
  work();
  EXPECT_TRUE(
      call("PutSecretValue", {{"SecretName", "key"}, {"VersionId", "v3"}, {"SecretData", "x"}})
          .ok());
  EXPECT_EQ(call("PutSecretValue", {{"SecretName", "key"},
                                    {"VersionId", "v4"},
                                    {"SecretData", "x"},
                                    {"VersionStages", R"(["ACSPending"])"}})
                .code,
            "Rejected.UnsupportedOperation");
}

TEST_F(RotationFunctionsTest, AbortIsAskedOnceTheFunctionMayHaveMadeSomething) {
  ASSERT_TRUE(set_function().ok());
  database_.script = {Status::kAmbiguous, Status::kConfiguration};
  ASSERT_TRUE(rotate("v2").ok());
  for (int i = 0; i < 20; ++i) {
    fixture_.clock().advance_ms(10'000);
    work();
  }
  EXPECT_EQ(run_of().result, rotation::Ended::kFailed);
  EXPECT_EQ(database_.seen.back(), connector::Step::kRollBack);
  EXPECT_EQ(value(), "old");
  EXPECT_EQ(value({{"VersionStage", "ACSPending"}}), "Forbidden.ResourceNotFound");
}

TEST_F(RotationFunctionsTest, ASchedule) {
  ASSERT_TRUE(set_function().ok());
  ASSERT_TRUE(
      call("UpdateSecretRotationPolicy",
           {{"SecretName", "key"}, {"EnableAutomaticRotation", "true"}, {"RotationInterval", "6h"}})
          .ok());
  fixture_.clock().advance_ms(6LL * 3'600'000);
  work();
  EXPECT_EQ(value().size(), 32U);
  const Answer read = call("GetSecretValue", {{"SecretName", "key"}});
  EXPECT_NE(text_at(read.json, "/NextRotationDate"), "<absent>");
  EXPECT_EQ(text_at(read.json, "/ExtendedConfig"), "<absent>");
  ASSERT_TRUE(own("RemoveRotationFunction", {{"SecretName", "key"}}).ok());
  fixture_.clock().advance_ms(7LL * 3'600'000);
  const std::string last = value();
  work();
  EXPECT_EQ(value(), last);
  EXPECT_EQ(own("RemoveRotationFunction", {{"SecretName", "key"}}).code,
            "Rejected.UnsupportedOperation");
}

TEST_F(RotationFunctionsTest, ItIsGivenThePrivilegedSecretAndItsParameters) {
  ASSERT_TRUE(create("admin", "the token").ok());
  ASSERT_TRUE(
      set_function({{"PrivilegedSecretName", "admin"}, {"Parameters", R"({"url":"u"})"}}).ok());
  ASSERT_TRUE(rotate("v2").ok());
  work();
  EXPECT_EQ(database_.privileged, "the token");
  EXPECT_EQ(database_.parameter_url, "u");
  ASSERT_TRUE(
      call("DeleteSecret", {{"SecretName", "admin"}, {"ForceDeleteWithoutRecovery", "true"}}).ok());
  ASSERT_TRUE(rotate("v3").ok());
  work();
  EXPECT_EQ(run_of().code, "Forbidden.ResourceNotFound");
  EXPECT_NE(value(), "old");
}

TEST_F(RotationFunctionsTest, WhatIsNotAllowed) {
  EXPECT_EQ(set_function({{"PrivilegedSecretName", "key"}}).code, "InvalidParameter");
  EXPECT_EQ(set_function({{"PrivilegedSecretName", "none"}}).code, "Forbidden.ResourceNotFound");
  EXPECT_EQ(set_function({{"Parameters", "[]"}}).code, "InvalidParameter");
  EXPECT_EQ(own("SetRotationFunction", {{"SecretName", "key"}, {"TargetId", "unknown"}}).code,
            "TargetUnknown");
  ASSERT_TRUE(set_function().ok());
  ASSERT_TRUE(
      call("DeleteSecret", {{"SecretName", "key"}, {"ForceDeleteWithoutRecovery", "true"}}).ok());
  ASSERT_TRUE(create("key", "new").ok());
  EXPECT_EQ(rotate("v2").code, "Rejected.UnsupportedOperation") << "the function went with it";
}

}  // namespace
}  // namespace strongroom::service
