// Our own questions about policies, through the pipeline.

#include <gmock/gmock.h>

#include <algorithm>

#include "analysis_world.h"
#include "service_fixture.h"
#include "strongroom/base/limits.h"

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

TEST_F(AnalysisHandlers, WhoMayOnlySignIsSeen) {
  const Answer made = call("CreateKey", {{"KeySpec", "EC_P256"}, {"KeyUsage", "SIGN/VERIFY"}});
  ASSERT_TRUE(made.ok()) << made.message;
  ram("CreatePolicy", {{"PolicyName", "signs"},
                       {"PolicyDocument",
                        R"({"Version":"1","Statement":[{"Effect":"Allow",
                            "Action":["kms:AsymmetricSign","kms:Sign"],"Resource":"*"}]})"}});
  ram("AttachPolicyToUser",
      {{"UserName", "eve"}, {"PolicyType", "Custom"}, {"PolicyName", "signs"}});
  const Answer what = ask("WhatCan", {{"AskedPrincipal", "eve"}});
  EXPECT_EQ(text_at(what.json, "/Resources/0/Always/0"), "kms:AsymmetricSign");
  EXPECT_EQ(text_at(what.json, "/Resources/0/Always/1"), "kms:Sign");
  const char* rule = R"(["only *:assumed-role/app/* may kms:AsymmetricSign on acs:kms:*:*:key/*"])";
  EXPECT_THAT(text_at(ask("CheckRules", {{"Rules", rule}}).json, "/Violations/0/Principal"),
              HasSubstr("user/eve"));
}

// The name is chosen by whoever assumes the role.
TEST_F(AnalysisHandlers, EveryNameOfASessionIsAskedAbout) {
  ram("CreateRole", {{"RoleName", "job"}, {"AssumeRolePolicyDocument", kTrust}});
  ram("CreatePolicy",
      {{"PolicyName", "alices"},
       {"PolicyDocument",
        R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:GetSecretValue",
            "Resource":"*","Condition":{"StringEquals":{"acs:PrincipalARN":
            "acs:ram::1000000000000001:assumed-role/job/alice"}}}]})"}});
  ram("AttachPolicyToRole",
      {{"RoleName", "job"}, {"PolicyType", "Custom"}, {"PolicyName", "alices"}});
  const Answer who =
      ask("WhoCan", {{"AskedAction", "GetSecretValue"}, {"AskedResource", "prod/a"}});
  EXPECT_THAT(who.json, HasSubstr(R"(assumed-role/job/*","Extent":"sometimes")"));
  EXPECT_THAT(who.json, HasSubstr(R"("DependsOn":["acs:PrincipalARN"])"));
  EXPECT_THAT(who.json,
              HasSubstr(R"("SuchAs":["acs:ram::1000000000000001:assumed-role/job/alice"])"));
  const Answer what = ask("WhatCan", {{"AskedPrincipal", "role/job"}});
  EXPECT_EQ(text_at(what.json, "/Resources/0/Sometimes/0"), "kms:GetSecretValue");
  const Answer one = ask("WhatCan", {{"AskedPrincipal", "assumed-role/job/alice"}});
  EXPECT_EQ(text_at(one.json, "/Resources/0/Always/0"), "kms:GetSecretValue");
  const Answer other = ask("WhatCan", {{"AskedPrincipal", "assumed-role/job/mallory"}});
  EXPECT_THAT(other.json, Not(HasSubstr("GetSecretValue")));
  EXPECT_EQ(ask("WhatCan", {{"AskedPrincipal", "assumed-role/job/a"}}).code, "InvalidParameter");
  const char* rule =
      R"(["only *:root,*:user/bob,*/app/* may kms:GetSecretValue on acs:kms:*:*:secret/prod/*"])";
  EXPECT_EQ(text_at(ask("CheckRules", {{"Rules", rule}}).json, "/Violations/0/Principal"),
            "acs:ram::1000000000000001:assumed-role/job/alice");
}

TEST_F(AnalysisHandlers, AnExplanationIsOfOneSession) {
  ram("CreatePolicy", {{"PolicyName", "not-mallory"},
                       {"PolicyDocument",
                        R"({"Version":"1","Statement":[{"Effect":"Deny","Action":"kms:*",
            "Resource":"*","Condition":{"StringLike":{"acs:PrincipalARN":"*/app/mal*"}}}]})"}});
  ram("AttachPolicyToRole",
      {{"RoleName", "app"}, {"PolicyType", "Custom"}, {"PolicyName", "not-mallory"}});
  const auto decision = [this](const char* who) {
    const Answer why = ask(
        "ExplainRequest",
        {{"AskedPrincipal", who}, {"AskedAction", "GetSecretValue"}, {"AskedResource", "prod/a"}});
    return why.ok() ? text_at(why.json, "/Decision") : why.code;
  };
  EXPECT_EQ(decision("assumed-role/app/alice"), "allow");
  EXPECT_EQ(decision("assumed-role/app/mallory"), "explicit-deny");
  // No one answer is true of all.
  EXPECT_EQ(decision("role/app"), "InvalidParameter");
  ram("DetachPolicyFromRole",
      {{"RoleName", "app"}, {"PolicyType", "Custom"}, {"PolicyName", "not-mallory"}});
  EXPECT_EQ(decision("role/app"), "allow");
}

// Else the answer "nobody" would be taken for that of the right one.
TEST_F(AnalysisHandlers, AMisspeltActionIsRefused) {
  const char* rule = R"(["only *:user/bob may kms:GetSecretValues on acs:kms:*:*:secret/*"])";
  EXPECT_EQ(ask("SetRules", {{"Rules", rule}}).code, "InvalidParameter");
  for (const char* action : {"GetSecretValues", "kms:Get*", "sts:GetSecretValue", "kms:", ":"}) {
    EXPECT_EQ(ask("WhoCan", {{"AskedAction", action}, {"AskedResource", "prod/a"}}).code,
              "InvalidParameter")
        << action;
    EXPECT_EQ(ask("ExplainRequest",
                  {{"AskedPrincipal", "eve"}, {"AskedAction", action}, {"AskedResource", "prod/a"}})
                  .code,
              "InvalidParameter")
        << action;
  }
  EXPECT_TRUE(
      ask("WhoCan", {{"AskedAction", "KMS:getsecretvalue"}, {"AskedResource", "prod/a"}}).ok());
}

TEST_F(AnalysisHandlers, EveryActionOnSecretsAndKeysIsAskedAbout) {
  const auto asked = [](Held what, const std::string& action) {
    return std::ranges::count(asked_actions(what), action) == 1;
  };
  for (const Operation* row : service_.operations()) {
    const std::string action = std::string(row->api.prefix) + ":" + std::string(row->name);
    if (row->resource == ResourceKind::kSecret) {
      EXPECT_TRUE(asked(Held::kSecrets, action)) << action;
    }
    if (row->resource == ResourceKind::kKey || row->resource == ResourceKind::kKeyOrAlias) {
      EXPECT_TRUE(asked(Held::kKeys, action)) << action;
    }
  }
}

// The role's trust policy has a word, and the account's root may assume none.
TEST_F(AnalysisHandlers, WhoCanAssumeARole) {
  ram("AttachPolicyToUser",
      {{"UserName", "eve"}, {"PolicyType", "System"}, {"PolicyName", "AliyunSTSAssumeRoleAccess"}});
  ram("CreateRole", {{"RoleName", "bobs"},
                     {"AssumeRolePolicyDocument",
                      R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
            "Principal":{"RAM":"acs:ram::1000000000000001:user/bob"}}]})"}});
  const auto who = [this](const char* role) {
    return ask("WhoCan", {{"AskedAction", "sts:AssumeRole"},
                          {"AskedResource", std::string("acs:ram::1000000000000001:role/") + role}})
        .json;
  };
  EXPECT_THAT(who("app"), HasSubstr(R"("Principal":"acs:ram::1000000000000001:user/eve")"));
  EXPECT_THAT(who("app"), Not(HasSubstr(":root")));
  EXPECT_THAT(who("app"), Not(HasSubstr("user/bob")));  // trusted, but without the right
  EXPECT_THAT(who("bobs"), HasSubstr(R"("Principals":[])"));
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

constexpr const char* kProdRule =
    R"(["only *:assumed-role/app/*,*:user/bob may kms:GetSecretValue on acs:kms:*:*:secret/prod/*"])";

std::string reading(const std::string& where) {
  return R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:GetSecretValue",
             "Resource":"acs:kms:*:*:secret/)" +
         where + R"("}]})";
}

TEST_F(AnalysisHandlers, AChangeThatBreaksARuleDoesNotCommit) {
  ASSERT_EQ(text_at(ask("SetRules", {{"Rules", kProdRule}}).json, "/Violations/0"), "<absent>");
  EXPECT_THAT(ask("GetRules", {}).json, HasSubstr("secret/prod/*"));
  ram("CreatePolicy", {{"PolicyName", "dev"}, {"PolicyDocument", reading("dev/*")}});
  ram("CreatePolicy", {{"PolicyName", "all"}, {"PolicyDocument", reading("*")}});
  const Params dev{{"UserName", "eve"}, {"PolicyType", "Custom"}, {"PolicyName", "dev"}};
  ram("AttachPolicyToUser", dev);
  Params all = dev;
  all["PolicyName"] = "all";
  const Answer refused = invoke(kRam, "AttachPolicyToUser", all, root());
  EXPECT_EQ(refused.code, "Rejected.AccountRule");
  EXPECT_THAT(refused.message, HasSubstr(":user/eve"));
  EXPECT_THAT(refused.message, HasSubstr("secret/prod/a"));
  EXPECT_THAT(ask("WhatCan", {{"AskedPrincipal", "eve"}}).json, Not(HasSubstr("prod/a")));
  // The same by a new version of a policy that is attached already.
  const Answer version = invoke(
      kRam, "CreatePolicyVersion",
      {{"PolicyName", "dev"}, {"PolicyDocument", reading("*")}, {"SetAsDefault", "true"}}, root());
  EXPECT_EQ(version.code, "Rejected.AccountRule");
  // And by trust: whoever may become the role reads what it reads.
  ram("CreatePolicy",
      {{"PolicyName", "become"},
       {"PolicyDocument",
        R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]})"}});
  Params become = dev;
  become["PolicyName"] = "become";
  const Answer trust = invoke(kRam, "AttachPolicyToUser", become, root());
  EXPECT_EQ(trust.code, "Rejected.AccountRule");
  EXPECT_THAT(trust.message, HasSubstr("by way of"));
  // Without rules it goes.
  ASSERT_TRUE(ask("SetRules", {{"Rules", "[]"}}).ok());
  ram("AttachPolicyToUser", all);
}

TEST_F(AnalysisHandlers, ANewSecretIsJudgedByTheRulesToo) {
  ram("CreatePolicy", {{"PolicyName", "next"}, {"PolicyDocument", reading("prod/next*")}});
  ram("AttachPolicyToUser",
      {{"UserName", "eve"}, {"PolicyType", "Custom"}, {"PolicyName", "next"}});
  ASSERT_EQ(text_at(ask("SetRules", {{"Rules", kProdRule}}).json, "/Violations/0"), "<absent>");
  EXPECT_EQ(create("prod/next").code, "Rejected.AccountRule");
  EXPECT_TRUE(create("prod/other").ok());
  EXPECT_TRUE(create("dev/next").ok());
}

TEST_F(AnalysisHandlers, WhatWasBrokenBeforeStopsNothing) {
  const Answer set =
      ask("SetRules",
          {{"Rules",
            R"(["only *:assumed-role/* may kms:GetSecretValue on acs:kms:*:*:secret/prod/*"])"}});
  ASSERT_TRUE(set.ok()) << set.message;
  EXPECT_THAT(text_at(set.json, "/Violations/0/Principal"), HasSubstr("user/bob"));
  ram("CreateUser", {{"UserName", "carol"}});
  EXPECT_EQ(ask("SetRules", {{"Rules", R"(["nobody may anything"])"}}).code, "InvalidParameter");
  // What fits no action or no resource would hold whatever the policies say.
  for (const char* rule : {R"(["only *:user/a may GetSecretValue on acs:kms:*:*:secret/*"])",
                           R"(["only *:user/a may kms:GetSecretValue on secret/*"])",
                           R"(["only *:user/a may kms:* on acs:kms:*:*:applicationaccesspoint/*"])",
                           R"(["only *:user/a may kms:* on acs:kms:*:1000000000000009:secret/*"])",
                           R"(["only *:user/a may kms:Sign on acs:kms:*:*:secret/*"])",
                           R"(["only *:user/a may kms:PutSecretValue on *:key/*"])"}) {
    EXPECT_EQ(ask("SetRules", {{"Rules", rule}}).code, "InvalidParameter") << rule;
    EXPECT_EQ(ask("CheckRules", {{"Rules", rule}}).code, "InvalidParameter") << rule;
  }
}

// The role breaks it with every action on every secret.
TEST_F(AnalysisHandlers, OfMuchThatBreaksRulesAPartIsListed) {
  constexpr std::size_t kListed = limits::kViolationsListedMax;
  const Params rules{{"Rules", R"(["only *:user/carol may kms:* on *"])"}};
  EXPECT_EQ(text_at(ask("CheckRules", rules).json, "/Truncated"), "false");
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(create("dev/more-" + std::to_string(i)).ok());
  for (const char* action : {"CheckRules", "SetRules"}) {
    const Answer told = ask(action, rules);
    ASSERT_TRUE(told.ok()) << told.message;
    EXPECT_EQ(text_at(told.json, "/Truncated"), "true");
    EXPECT_NE(text_at(told.json, "/Violations/" + std::to_string(kListed - 1) + "/Principal"),
              "<absent>");
    EXPECT_EQ(text_at(told.json, "/Violations/" + std::to_string(kListed)), "<absent>");
  }
  // What is not listed counts, too: bob reads the last secret already, eve would newly.
  ram("CreatePolicy", {{"PolicyName", "last"}, {"PolicyDocument", reading("prod/*")}});
  Params attach{{"UserName", "bob"}, {"PolicyType", "Custom"}, {"PolicyName", "last"}};
  ram("AttachPolicyToUser", attach);
  attach["UserName"] = "eve";
  const Answer refused = invoke(kRam, "AttachPolicyToUser", attach, root());
  EXPECT_EQ(refused.code, "Rejected.AccountRule");
  EXPECT_THAT(refused.message, HasSubstr("user/eve do kms:GetSecretValue on"));
}

TEST_F(AnalysisHandlers, ClientKeysAreAmongThoseWhoCan) {
  const auto point = [&](const std::string& network, const std::string& name) {
    EXPECT_TRUE(call("CreateNetworkRule", {{"Name", "net-" + name},
                                           {"Type", "Public"},
                                           {"SourcePrivateIp", "[\"" + network + "\"]"}})
                    .ok());
    EXPECT_TRUE(call("CreatePolicy",
                     {{"Name", "policy-" + name},
                      {"KmsInstance", "shared"},
                      {"Permissions", R"(["RbacPermission/Template/SecretUser"])"},
                      {"Resources", R"(["secret/prod/*"])"},
                      {"AccessControlRules", R"({"NetworkRules":["net-)" + name + R"("]})"}})
                    .ok());
    EXPECT_TRUE(call("CreateApplicationAccessPoint", {{"Name", name},
                                                      {"AuthenticationMethod", "ClientKey"},
                                                      {"Policies", "[\"policy-" + name + "\"]"}})
                    .ok());
    return call("CreateClientKey", {{"AapName", name}, {"Password", "Passw0rd-of-key"}});
  };
  const Answer key = point("10.0.0.0/8", "app");
  ASSERT_TRUE(key.ok()) << key.message;
  const std::string id = text_at(key.json, "/ClientKeyId");
  const Params asked{{"AskedAction", "GetSecretValue"}, {"AskedResource", "prod/a"}};
  const Answer who = ask("WhoCan", asked);
  ASSERT_TRUE(who.ok()) << who.message;
  EXPECT_THAT(who.json, HasSubstr("applicationaccesspoint/app"));
  EXPECT_THAT(who.json, HasSubstr(id));
  EXPECT_THAT(who.json, HasSubstr("acs:SourceIp"));
  EXPECT_EQ(
      ask("WhoCan", {{"AskedAction", "KMS:getsecretvalue"}, {"AskedResource", "prod/a"}}).json,
      who.json);
  const Answer what = ask("WhatCan", {{"AskedPrincipal", id}});
  ASSERT_TRUE(what.ok()) << what.message;
  EXPECT_THAT(what.json, HasSubstr("secret/prod/a"));
  EXPECT_THAT(what.json, Not(HasSubstr("secret/dev/a")));
  EXPECT_EQ(ask("WhatCan", {{"AskedPrincipal", "KAAP.0"}}).code, "Forbidden.ResourceNotFound");
  // A rule binds them like anybody.
  ASSERT_TRUE(
      ask("SetRules", {{"Rules", R"(["only *:applicationaccesspoint/app,*:user/*,*:assumed-role/*)"
                                 R"( may kms:GetSecretValue on acs:kms:*:*:secret/prod/*"])"}})
          .ok());
  EXPECT_EQ(point("0.0.0.0/0", "other").code, "Rejected.AccountRule");
}

TEST_F(AnalysisHandlers, OnlyForThoseWhomAPolicyGivesIt) {
  const Params params{{"AskedAction", "GetSecretValue"}, {"AskedResource", "prod/a"}};
  EXPECT_EQ(invoke(kStrongroom, "WhoCan", params, user({"kms:*"})).code, "NoPermission");
  EXPECT_TRUE(invoke(kStrongroom, "WhoCan", params, user({"*"})).ok());
}

}  // namespace
}  // namespace strongroom::service
