// Many accounts in one server: who may make them, and that none sees another's.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "service_world.h"

namespace strongroom::service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const std::string& json, const std::string& name) {
  const std::string start = "\"" + name + "\":\"";
  const std::size_t at = json.find(start);
  if (at == std::string::npos) return "(absent)";
  const std::size_t from = at + start.size();
  return json.substr(from, json.find('"', from) - from);
}

class AccountsTest : public ::testing::Test {
 protected:
  identity::PrincipalRef new_account() {
    const Answered made = world_.call(kStrongroom, "CreateAccount", {});
    EXPECT_EQ(made.code, "");
    return world_.principal_of(text_of(made.text, "AccessKeyId"));
  }
  ServiceWorld world_;
};

TEST_F(AccountsTest, OnlyTheOperatorsRootMakesAndSeesAccounts) {
  const auto other = new_account();
  EXPECT_EQ(other->kind, identity::PrincipalKind::kRoot);
  EXPECT_NE(other->account, world_.account);
  EXPECT_THAT(world_.call(kStrongroom, "ListAccounts", {}).text, HasSubstr(other->account.text()));
  for (const char* action : {"CreateAccount", "ListAccounts"}) {
    EXPECT_EQ(world_.call(kStrongroom, action, {}, other).code, "NoPermission");
    EXPECT_EQ(
        world_.call(kStrongroom, action, {}, world_.make_user(action, "AliyunKMSFullAccess")).code,
        "NoPermission");
  }
}

// Every read of one account by the root of another, with the other's own names: the answer is that
// of an account that has nothing, byte for byte.
TEST_F(AccountsTest, WhatOneAccountHasIsAbsentForAnother) {
  const auto theirs = new_account();
  const auto empty = new_account();
  const ServiceWorld::Given fill[] = {
      {{"UserName", "app"}},
      {{"GroupName", "ops"}},
      {{"SecretName", "db"}, {"VersionId", "v1"}, {"SecretData", "x"}}};
  EXPECT_EQ(world_.call(kRam, "CreateUser", fill[0], theirs).code, "");
  EXPECT_EQ(world_.call(kRam, "CreateGroup", fill[1], theirs).code, "");
  EXPECT_EQ(world_.call(kKms, "CreateSecret", fill[2], theirs).code, "");
  const std::string arn = "acs:kms:cn-hangzhou:" + theirs->account.text() + ":secret/db";
  struct Row {
    const ApiVersion& api;
    const char* action;
    ServiceWorld::Given given;
  };
  const Row rows[] = {{kRam, "GetUser", {{"UserName", "app"}}},
                      {kRam, "ListUsers", {}},
                      {kRam, "GetGroup", {{"GroupName", "ops"}}},
                      {kRam, "ListGroups", {}},
                      {kRam, "ListAccessKeys", {{"UserName", "app"}}},
                      {kKms, "GetSecretValue", {{"SecretName", "db"}}},
                      {kKms, "DescribeSecret", {{"SecretName", "db"}}},
                      {kKms, "ListSecrets", {}}};
  for (const Row& row : rows) {
    const Answered before = world_.call(row.api, row.action, row.given, empty);
    EXPECT_THAT(before.text, Not(HasSubstr(theirs->account.text()))) << row.action;
    EXPECT_TRUE(before.code != "" || before.text.find("\"app\"") == std::string::npos);
  }
  const Answered by_arn = world_.call(kKms, "GetSecretValue", {{"SecretName", arn}}, empty);
  const Answered absent = world_.call(kKms, "GetSecretValue", {{"SecretName", arn + "x"}}, empty);
  EXPECT_EQ(by_arn.code, "Forbidden.NoPermission");
  EXPECT_EQ(absent.code, by_arn.code);
}

}  // namespace
}  // namespace strongroom::service
