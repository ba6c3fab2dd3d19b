// Our own questions about policies, through the pipeline.

#include <gmock/gmock.h>

#include "service_fixture.h"

namespace strongroom::service {
namespace {

using testing::HasSubstr;
using testing::Not;

class AnalysisHandlers : public ServiceFixture {
 protected:
  AnalysisHandlers() {
    auto txn = std::move(*fixture_->begin());
    EXPECT_TRUE(directory_.create_account(*txn, kAccount, fixture_.clock().now()));
    EXPECT_TRUE(txn->commit());
    ram("CreateUser", {{"UserName", "bob"}});
    ram("CreateUser", {{"UserName", "eve"}});
    ram("AttachPolicyToUser", {{"UserName", "bob"},
                               {"PolicyType", "System"},
                               {"PolicyName", "AliyunKMSSecretUserAccess"}});
    ram("CreateRole", {{"RoleName", "app"}, {"AssumeRolePolicyDocument", kTrust}});
    ram("AttachPolicyToRole",
        {{"RoleName", "app"}, {"PolicyType", "System"}, {"PolicyName", "AliyunKMSFullAccess"}});
    EXPECT_TRUE(create("prod/a").ok());
    EXPECT_TRUE(create("dev/a").ok());
  }
  Answer invoke(const ApiVersion& api, const std::string& action, const Params& params,
                const identity::Principal& who) {
    const Operation* row = service_.find(api.version, action);
    EXPECT_NE(row, nullptr) << action;
    if (row->effect == Effect::kMutation) return run(who, *row, params, nullptr);
    const auto reader = *fixture_->reader();
    return run(who, *row, params, reader.get());
  }
  void ram(const std::string& action, const Params& params) {
    const Answer answer = invoke(kRam, action, params, root());
    EXPECT_TRUE(answer.ok()) << action << " " << answer.message;
  }
  Answer ask(const std::string& action, const Params& params) {
    return invoke(kStrongroom, action, params, root());
  }
  static constexpr const char* kTrust =
      R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
          "Principal":{"RAM":"acs:ram::1000000000000001:root"}}]})";
};

TEST_F(AnalysisHandlers, WhoCanAndWhatCan) {
  const Answer who =
      ask("WhoCan", {{"AskedAction", "GetSecretValue"}, {"AskedResource", "prod/a"}});
  ASSERT_TRUE(who.ok()) << who.message;
  EXPECT_THAT(who.json, HasSubstr(":root"));
  EXPECT_THAT(who.json, HasSubstr(":user/bob"));
  EXPECT_THAT(who.json, HasSubstr(":assumed-role/app"));
  EXPECT_THAT(who.json, Not(HasSubstr(":user/eve")));
  const Answer put =
      ask("WhoCan", {{"AskedAction", "PutSecretValue"}, {"AskedResource", "prod/a"}});
  EXPECT_THAT(put.json, Not(HasSubstr(":user/bob")));
  const Answer what = ask("WhatCan", {{"AskedPrincipal", "bob"}});
  EXPECT_THAT(what.json, HasSubstr("secret/dev/a"));
  EXPECT_THAT(what.json, HasSubstr("kms:GetSecretValue"));
  EXPECT_THAT(what.json, Not(HasSubstr("kms:PutSecretValue")));
  EXPECT_EQ(ask("WhatCan", {{"AskedPrincipal", "nobody"}}).code, "EntityNotExist.User");
  EXPECT_EQ(ask("WhatCan", {{"AskedPrincipal", "acs:ram::1000000000000002:root"}}).code,
            "InvalidParameter");
}

TEST_F(AnalysisHandlers, ExplainSaysWhatWouldAllow) {
  const Answer why = ask("ExplainRequest", {{"AskedPrincipal", "eve"},
                                            {"AskedAction", "kms:GetSecretValue"},
                                            {"AskedResource", "prod/a"},
                                            {"SourceIp", "192.0.2.1"}});
  ASSERT_TRUE(why.ok()) << why.message;
  EXPECT_EQ(text_at(why.json, "/Decision"), "implicit-deny");
  EXPECT_EQ(text_at(why.json, "/Remedies/0/Change"), "add-statement");
  EXPECT_THAT(text_at(why.json, "/Remedies/0/Text"), HasSubstr("secret/prod/a"));
  EXPECT_EQ(text_at(why.json, "/Remedies/1"), "<absent>");
}

TEST_F(AnalysisHandlers, DiffAndRules) {
  const auto reads = [](const std::string& where) {
    return R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:GetSecretValue",
               "Resource":"acs:kms:*:*:secret/)" +
           where + R"("}]})";
  };
  const Answer diff =
      ask("DiffPolicies", {{"OldDocument", reads("dev/*")}, {"NewDocument", reads("*")}});
  ASSERT_TRUE(diff.ok()) << diff.message;
  EXPECT_THAT(text_at(diff.json, "/Differences/0/Resource"), HasSubstr("secret/prod/a"));
  EXPECT_EQ(text_at(diff.json, "/Differences/0/After"), "always");
  EXPECT_EQ(text_at(diff.json, "/Differences/1"), "<absent>");
  const Answer rules = ask(
      "CheckRules",
      {{"Rules",
        R"(["only *:assumed-role/app/* may kms:GetSecretValue on acs:kms:*:*:secret/prod/*"])"}});
  ASSERT_TRUE(rules.ok()) << rules.message;
  EXPECT_THAT(text_at(rules.json, "/Violations/0/Principal"), HasSubstr("user/bob"));
  EXPECT_EQ(text_at(rules.json, "/Violations/1"), "<absent>");
}

TEST_F(AnalysisHandlers, OnlyForThoseWhomAPolicyGivesIt) {
  const Params params{{"AskedAction", "GetSecretValue"}, {"AskedResource", "prod/a"}};
  EXPECT_EQ(invoke(kStrongroom, "WhoCan", params, user({"kms:*"})).code, "NoPermission");
  EXPECT_TRUE(invoke(kStrongroom, "WhoCan", params, user({"*"})).ok());
}

}  // namespace
}  // namespace strongroom::service
