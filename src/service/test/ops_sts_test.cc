#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "service_world.h"

namespace strongroom::service {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr const char* kAccountTrusted =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":)"
    R"({"RAM":"acs:ram::1000000000000001:root"}}]})";
constexpr const char* kWithExternalId =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":)"
    R"({"RAM":"acs:ram::1000000000000001:root"},"Condition":{"StringEquals":)"
    R"({"sts:ExternalId":"ticket-7"}}}]})";
constexpr const char* kOtherTrusted =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":)"
    R"({"RAM":"acs:ram::1000000000000002:root"}}]})";
constexpr const char* kMayAssume =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]})";
constexpr const char* kOnlyRead =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:GetSecretValue","Resource":"*"}]})";
constexpr std::string_view kRole = "acs:ram::1000000000000001:role/app";

class StsTest : public ::testing::Test {
 protected:
  StsTest() {
    ram("CreatePolicy", {{"PolicyName", "assume"}, {"PolicyDocument", kMayAssume}});
    ram("CreateRole", {{"RoleName", "app"}, {"AssumeRolePolicyDocument", kAccountTrusted}});
    ram("AttachPolicyToRole",
        {{"RoleName", "app"}, {"PolicyType", "System"}, {"PolicyName", "AliyunKMSFullAccess"}});
    caller_ = world_.make_user("caller");
    ram("AttachPolicyToUser",
        {{"UserName", "caller"}, {"PolicyType", "Custom"}, {"PolicyName", "assume"}});
    caller_ = world_.principal_of(caller_->access_key_id);
  }

  Answered ram(std::string_view action, ServiceWorld::Given given) {
    return world_.call(kRam, action, std::move(given));
  }
  Answered assume(ServiceWorld::Given more = {}, identity::PrincipalRef who = nullptr,
                  std::string_view role = kRole) {
    ServiceWorld::Given given = {{"RoleArn", std::string(role)}, {"RoleSessionName", "job-1"}};
    for (auto& pair : more) {
      std::erase_if(given, [&](const auto& one) { return one.first == pair.first; });
      given.push_back(pair);
    }
    return world_.call(kSts, "AssumeRole", given, who ? who : caller_);
  }
  Answered revoke(ServiceWorld::Given given, identity::PrincipalRef who = nullptr) {
    return world_.call(kStrongroom, "RevokeSessions", std::move(given), std::move(who));
  }
  static std::string text_of(const std::string& json, const std::string& name) {
    const std::string start = "\"" + name + "\":\"";
    const std::size_t at = json.find(start);
    if (at == std::string::npos) return "(absent)";
    const std::size_t from = at + start.size();
    return json.substr(from, json.find('"', from) - from);
  }
  /// The principal that a token stands for, or the code it is refused with.
  std::string principal_of_token(const std::string& answer, identity::PrincipalRef& into) {
    const std::string token = text_of(answer, "SecurityToken");
    auto session = world_.sessions.open(token);
    if (!session) return session.error().code();
    const auto reader = std::move(*world_.store->reader());
    const auto credential = world_.directory.load_session(*reader, std::move(*session), token);
    if (!credential) return credential.error().code();
    into = (*credential)->principal;
    return "";
  }

  ServiceWorld world_;
  identity::PrincipalRef caller_;
};

TEST_F(StsTest, AnAssumedRoleActsByItsPolicies) {
  const Answered answered = assume();
  EXPECT_THAT(
      answered.text,
      MatchesRegex(R"(\{"AssumedRoleUser":\{"Arn":"acs:ram::1000000000000001:role/app/job-1",)"
                   R"("AssumedRoleId":"3[0-9]{17}:job-1"\},)"
                   R"("Credentials":\{"AccessKeyId":"STS\.NT[A-Za-z0-9]{22}",)"
                   R"("AccessKeySecret":"[A-Za-z0-9]{44}","SecurityToken":"CAIS[A-Za-z0-9+/=]+",)"
                   R"("Expiration":"2026-11-21T23:27:00Z"\}\})"));
  identity::PrincipalRef session;
  ASSERT_EQ(principal_of_token(answered.text, session), "");
  EXPECT_EQ(session->arn, "acs:ram::1000000000000001:assumed-role/app/job-1");
  EXPECT_EQ(world_
                .call(kKms, "CreateSecret",
                      {{"SecretName", "a"}, {"VersionId", "v1"}, {"SecretData", "x"}}, session)
                .code,
            "");
  EXPECT_EQ(world_.call(kRam, "ListUsers", {}, session).code, "NoPermission");
  const Answered who = world_.call(kSts, "GetCallerIdentity", {}, session);
  EXPECT_THAT(who.text, HasSubstr(R"("IdentityType":"AssumedRoleUser")"));
  EXPECT_THAT(who.text, HasSubstr(R"("PrincipalId":")" + session->id + R"(","RoleId":"3)"));
}

TEST_F(StsTest, ASessionPolicyNarrows) {
  identity::PrincipalRef session;
  ASSERT_EQ(principal_of_token(assume({{"Policy", kOnlyRead}}).text, session), "");
  EXPECT_EQ(world_
                .call(kKms, "CreateSecret",
                      {{"SecretName", "a"}, {"VersionId", "v1"}, {"SecretData", "x"}}, session)
                .code,
            "Forbidden.NoPermission");
  EXPECT_EQ(assume({{"Policy", "{}"}}).code, "InvalidParameter.PolicyGrammar");
  EXPECT_EQ(assume({{"Policy", std::string(2'049, ' ')}}).code, "InvalidParameter.PolicySize");
}

TEST_F(StsTest, BothSidesMustAgree) {
  EXPECT_EQ(assume({}, world_.make_user("stranger")).code, "NoPermission");
  EXPECT_THAT(assume({}, world_.root).text, HasSubstr("may not be assumed by root accounts"));
  EXPECT_EQ(assume({}, nullptr, "acs:ram::1000000000000001:role/none").code, "EntityNotExist.Role");
  ram("CreateRole", {{"RoleName", "theirs"}, {"AssumeRolePolicyDocument", kOtherTrusted}});
  EXPECT_EQ(assume({}, nullptr, "acs:ram::1000000000000001:role/theirs").code, "NoPermission");
  ram("CreateRole", {{"RoleName", "ticket"}, {"AssumeRolePolicyDocument", kWithExternalId}});
  const std::string_view ticket = "acs:ram::1000000000000001:role/ticket";
  EXPECT_EQ(assume({}, nullptr, ticket).code, "NoPermission");
  EXPECT_EQ(assume({{"ExternalId", "ticket-8"}}, nullptr, ticket).code, "NoPermission");
  EXPECT_EQ(assume({{"ExternalId", "ticket-7"}}, nullptr, ticket).code, "");
}

TEST_F(StsTest, AnotherAccountsRoleIsAssumedOnlyIfItSaysSoAndIsNotProbed) {
  const AccountId other(1'000'000'000'000'002);
  auto txn = std::move(*world_.store->begin());
  ASSERT_TRUE(world_.directory.create_account(*txn, other, ServiceWorld::kNow) && txn->commit());
  const auto make = [&](const char* name, const char* trust) {
    auto change = std::move(*world_.store->begin());
    ASSERT_TRUE(world_.directory.roles().create(
        *change, {.account = other, .name = name, .trust_document = trust}, ServiceWorld::kNow));
    ASSERT_TRUE(change->commit());
  };
  make("open", kAccountTrusted);
  make("closed", kOtherTrusted);
  EXPECT_EQ(assume({}, nullptr, "acs:ram::1000000000000002:role/open").code, "");
  const Answered closed = assume({}, nullptr, "acs:ram::1000000000000002:role/closed");
  const Answered absent = assume({}, nullptr, "acs:ram::1000000000000002:role/absent");
  EXPECT_EQ(closed.code, "NoPermission");
  EXPECT_EQ(closed.text, absent.text);
  identity::PrincipalRef session;
  ASSERT_EQ(
      principal_of_token(assume({}, nullptr, "acs:ram::1000000000000002:role/open").text, session),
      "");
  EXPECT_EQ(session->account, other);
}

TEST_F(StsTest, ParametersAreChecked) {
  struct Row {
    const char* name;
    std::string value;
    const char* code;
  };
  const Row rows[] = {
      {"RoleArn", "acs:ram::1:role/app", "InvalidParameter.RoleArn"},
      {"RoleArn", "acs:ram::1000000000000001:user/app", "InvalidParameter.RoleArn"},
      {"RoleArn", "acs:ram::1000000000000001:role/", "InvalidParameter.RoleArn"},
      {"RoleSessionName", "x", "InvalidParameter.RoleSessionName"},
      {"RoleSessionName", "a b", "InvalidParameter.RoleSessionName"},
      {"RoleSessionName", std::string(65, 'a'), "InvalidParameter.RoleSessionName"},
      {"DurationSeconds", "899", "InvalidParameter.DurationSeconds"},
      {"DurationSeconds", "3601", "InvalidParameter.DurationSeconds"},
      {"DurationSeconds", "x", "InvalidParameter.DurationSeconds"},
      {"ExternalId", "?", "InvalidParameter.ExternalId"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(assume({{row.name, row.value}}).code, row.code) << row.value;
  EXPECT_THAT(assume({{"DurationSeconds", "900"}}).text, HasSubstr("2026-11-21T22:42:00Z"));
}

TEST_F(StsTest, ARevokedOrDeletedRoleEndsItsSessions) {
  const std::string answer = assume().text;
  identity::PrincipalRef session;
  EXPECT_EQ(principal_of_token(answer, session), "");
  EXPECT_EQ(revoke({{"RoleName", "app"}}).text,
            R"({"RoleName":"app","RevokedBefore":"2026-11-21T22:27:00Z"})");
  EXPECT_EQ(principal_of_token(answer, session), "InvalidSecurityToken.Expired");
  ram("DetachPolicyFromRole",
      {{"RoleName", "app"}, {"PolicyType", "System"}, {"PolicyName", "AliyunKMSFullAccess"}});
  EXPECT_EQ(ram("DeleteRole", {{"RoleName", "app"}}).code, "");
  EXPECT_EQ(principal_of_token(answer, session), "InvalidSecurityToken.Expired");
  ram("CreateRole", {{"RoleName", "app"}, {"AssumeRolePolicyDocument", kAccountTrusted}});
  EXPECT_EQ(principal_of_token(answer, session), "InvalidSecurityToken.Expired");
}

TEST_F(StsTest, WhatWasIssuedBeforeATimeIsRevoked) {
  const std::string answer = assume().text;
  identity::PrincipalRef session;
  EXPECT_EQ(revoke({{"IssuedBefore", "2026-11-21T22:26:59Z"}}).text,
            R"({"RevokedBefore":"2026-11-21T22:26:59Z"})");
  EXPECT_EQ(principal_of_token(answer, session), "");
  EXPECT_EQ(revoke({{"RoleName", "app"}, {"IssuedBefore", "2026-11-21T22:26:59Z"}}).code, "");
  EXPECT_EQ(principal_of_token(answer, session), "");
  EXPECT_EQ(revoke({}).text, R"({"RevokedBefore":"2026-11-21T22:27:00Z"})");
  EXPECT_EQ(principal_of_token(answer, session), "InvalidSecurityToken.Expired");
  // An earlier time gives nothing back.
  EXPECT_EQ(revoke({{"IssuedBefore", "2026-01-01T00:00:00Z"}}).text,
            R"({"RevokedBefore":"2026-11-21T22:27:00Z"})");
  EXPECT_EQ(principal_of_token(answer, session), "InvalidSecurityToken.Expired");
}

TEST_F(StsTest, RevokingNeedsATimeThatWasARoleThatIsAndTheRight) {
  EXPECT_EQ(revoke({{"IssuedBefore", "2026-11-21T22:27:01Z"}}).code, "InvalidParameter");
  EXPECT_EQ(revoke({{"IssuedBefore", "yesterday"}}).code, "InvalidParameter");
  EXPECT_EQ(revoke({{"RoleName", "none"}}).code, "EntityNotExist.Role");
  EXPECT_EQ(revoke({}, caller_).code, "NoPermission");
  EXPECT_EQ(revoke({{"RoleName", "app"}}, caller_).code, "NoPermission");
  const auto admin = world_.make_user("admin", "AliyunRAMFullAccess");
  EXPECT_EQ(revoke({{"RoleName", "app"}}, admin).code, "");
  EXPECT_EQ(revoke({}, admin).code, "");
}

TEST_F(StsTest, SamlIsRefusedAsUnregistered) {
  EXPECT_EQ(world_.call(kSts, "AssumeRoleWithSAML", {}).code, "AuthenticationFail.NoPermission");
}

}  // namespace
}  // namespace strongroom::service
