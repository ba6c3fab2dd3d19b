#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ranges>
#include <string>

#include "service_world.h"

namespace strongroom::service {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class RamTest : public ::testing::Test {
 protected:
  Answered ram(std::string_view action, ServiceWorld::Given given = {},
               identity::PrincipalRef caller = nullptr) {
    return world_.call(kRam, action, std::move(given), std::move(caller));
  }
  // The text between `"name":"` and the next quote.
  static std::string text_of(const std::string& json, const std::string& name) {
    const std::string start = "\"" + name + "\":\"";
    const std::size_t at = json.find(start);
    if (at == std::string::npos) return "(absent)";
    const std::size_t from = at + start.size();
    return json.substr(from, json.find('"', from) - from);
  }
  std::string new_key(const std::string& user) {
    return text_of(ram("CreateAccessKey", {{"UserName", user}}).text, "AccessKeyId");
  }

  ServiceWorld world_;
};

TEST_F(RamTest, AUserFromCreateToDelete) {
  const Answered made =
      ram("CreateUser", {{"UserName", "app"}, {"DisplayName", "App"}, {"Comments", "c"}});
  EXPECT_THAT(
      made.text,
      MatchesRegex(R"(\{"User":\{"UserId":"[0-9]{18}","UserName":"app","DisplayName":"App",)"
                   R"("MobilePhone":"","Email":"","Comments":"c",)"
                   R"("CreateDate":"2026-11-21T22:27:00Z"\}\})"));
  const std::string id = text_of(made.text, "UserId");
  const Answered read = ram("GetUser", {{"UserName", "app"}});
  EXPECT_EQ(text_of(read.text, "UserId"), id);
  EXPECT_EQ(text_of(read.text, "UpdateDate"), "2026-11-21T22:27:00Z");
  const Answered changed = ram(
      "UpdateUser", {{"UserName", "app"}, {"NewUserName", "app2"}, {"NewEmail", "a@example.com"}});
  EXPECT_EQ(text_of(changed.text, "UserName"), "app2");
  EXPECT_EQ(text_of(changed.text, "Email"), "a@example.com");
  EXPECT_EQ(text_of(changed.text, "DisplayName"), "App");
  EXPECT_EQ(ram("GetUser", {{"UserName", "app"}}).code, "EntityNotExist.User");
  EXPECT_EQ(ram("DeleteUser", {{"UserName", "app2"}}).text, "{}");
  EXPECT_EQ(ram("DeleteUser", {{"UserName", "app2"}}).code, "EntityNotExist.User");
}

TEST_F(RamTest, ListUsersPagesAndKeepsItsWrapper) {
  EXPECT_EQ(ram("ListUsers").text, R"({"Users":{"User":[]},"IsTruncated":false})");
  for (const char* name : {"c", "a", "b"}) ram("CreateUser", {{"UserName", name}});
  const Answered first = ram("ListUsers", {{"MaxItems", "2"}});
  EXPECT_THAT(first.text, HasSubstr(R"("UserName":"b")"));
  EXPECT_THAT(first.text, HasSubstr(R"("IsTruncated":true)"));
  const Answered rest =
      ram("ListUsers", {{"MaxItems", "2"}, {"Marker", text_of(first.text, "Marker")}});
  EXPECT_THAT(rest.text, HasSubstr(R"("UserName":"c")"));
  EXPECT_THAT(rest.text, Not(HasSubstr("Marker")));
  for (const char* bad : {"0", "1001", "x"}) {
    EXPECT_EQ(ram("ListUsers", {{"MaxItems", bad}}).code, "InvalidParameter");
  }
}

TEST_F(RamTest, AccessKeysFromCreateToDelete) {
  ram("CreateUser", {{"UserName", "app"}});
  const Answered made = ram("CreateAccessKey", {{"UserName", "app"}});
  EXPECT_THAT(made.text, MatchesRegex(R"(\{"AccessKey":\{"AccessKeyId":"LTAI5t[A-Za-z0-9]{18}",)"
                                      R"("AccessKeySecret":"[A-Za-z0-9]{30}","Status":"Active",)"
                                      R"("CreateDate":"2026-11-21T22:27:00Z"\}\})"));
  const std::string key = text_of(made.text, "AccessKeyId");
  EXPECT_EQ(ram("UpdateAccessKey",
                {{"UserName", "app"}, {"UserAccessKeyId", key}, {"Status", "Inactive"}})
                .text,
            "{}");
  const Answered listed = ram("ListAccessKeys", {{"UserName", "app"}});
  EXPECT_EQ(listed.text, R"({"AccessKeys":{"AccessKey":[{"AccessKeyId":")" + key +
                             R"(","Status":"Inactive","CreateDate":"2026-11-21T22:27:00Z"}]}})");
  EXPECT_EQ(ram("GetAccessKeyLastUsed", {{"UserName", "app"}, {"UserAccessKeyId", key}}).text,
            R"({"AccessKeyLastUsed":{"LastUsedDate":""}})");
  EXPECT_EQ(ram("DeleteUser", {{"UserName", "app"}}).code, "DeleteConflict.User.AccessKey");
  EXPECT_EQ(ram("DeleteAccessKey", {{"UserName", "app"}, {"UserAccessKeyId", key}}).text, "{}");
  EXPECT_EQ(ram("DeleteAccessKey", {{"UserName", "app"}, {"UserAccessKeyId", key}}).code,
            "EntityNotExist.User.AccessKey");
}

TEST_F(RamTest, WithoutUserNameTheCallersOwnKeysAreMeant) {
  EXPECT_THAT(ram("ListAccessKeys").text, HasSubstr(world_.root->access_key_id));
  const std::string second = text_of(ram("CreateAccessKey").text, "AccessKeyId");
  EXPECT_EQ(world_.principal_of(second)->kind, identity::PrincipalKind::kRoot);
  EXPECT_EQ(ram("CreateAccessKey").code, "LimitExceeded.User.AccessKey");
  EXPECT_EQ(ram("CreateAccessKey", {{"UserName", ""}}).code, "MissingParameter");
  // A user called root is not the root.
  ram("CreateUser", {{"UserName", "root"}});
  const std::string impostor = new_key("root");
  EXPECT_EQ(world_.principal_of(impostor)->kind, identity::PrincipalKind::kUser);
  EXPECT_THAT(ram("ListAccessKeys", {{"UserName", "root"}}).text,
              Not(HasSubstr(world_.root->access_key_id)));
}

// The empty name stands for the account itself: nobody else may come to its keys by leaving out a
// name, whatever his policies say of users.
TEST_F(RamTest, WhoIsNoUserHasNoKeysOfHisOwn) {
  const std::string root_key = world_.root->access_key_id;
  identity::Principal session = *world_.make_user("a", "AliyunRAMFullAccess");
  session.kind = identity::PrincipalKind::kRole;
  session.name = "deployer:job-1";
  const auto caller = std::make_shared<const identity::Principal>(std::move(session));
  EXPECT_EQ(ram("CreateAccessKey", {}, caller).code, "MissingParameter");
  EXPECT_EQ(ram("ListAccessKeys", {}, caller).code, "MissingParameter");
  EXPECT_EQ(
      ram("UpdateAccessKey", {{"UserAccessKeyId", root_key}, {"Status", "Inactive"}}, caller).code,
      "MissingParameter");
  EXPECT_EQ(ram("DeleteAccessKey", {{"UserAccessKeyId", root_key}}, caller).code,
            "MissingParameter");
  EXPECT_EQ(ram("GetAccessKeyLastUsed", {{"UserAccessKeyId", root_key}}, caller).code,
            "MissingParameter");
  EXPECT_EQ(ram("CreateAccessKey", {{"UserName", "a"}}, caller).code, "");
}

TEST_F(RamTest, MissingAndWrongParametersAreNamed) {
  ram("CreateUser", {{"UserName", "app"}});
  const std::string key = new_key("app");
  struct Row {
    std::string action;
    ServiceWorld::Given given;
    std::string code;
  };
  const Row rows[] = {
      {"CreateUser", {}, "MissingParameter"},
      {"CreateUser", {{"UserName", "a b"}}, "InvalidParameter.UserName.InvalidChars"},
      {"CreateUser", {{"UserName", "app"}}, "EntityAlreadyExists.User"},
      {"GetUser", {}, "MissingParameter"},
      {"DeleteAccessKey", {{"UserName", "app"}}, "MissingParameter"},
      {"UpdateAccessKey", {{"UserName", "app"}, {"UserAccessKeyId", key}}, "MissingParameter"},
      {"UpdateAccessKey",
       {{"UserName", "app"}, {"UserAccessKeyId", key}, {"Status", "Off"}},
       "InvalidParameter"},
      {"UpdateAccessKey",
       {{"UserName", "app"}, {"UserAccessKeyId", "LTAI5tX"}, {"Status", "Active"}},
       "EntityNotExist.User.AccessKey"},
      {"ListAccessKeys", {{"UserName", "nobody"}}, "EntityNotExist.User"},
  };
  for (const Row& row : rows) EXPECT_EQ(ram(row.action, row.given).code, row.code) << row.action;
}

TEST_F(RamTest, PoliciesAttachAndDecide) {
  ram("CreateUser", {{"UserName", "app"}});
  const ServiceWorld::Given reader = {
      {"UserName", "app"}, {"PolicyType", "System"}, {"PolicyName", "AliyunKMSSecretUserAccess"}};
  EXPECT_EQ(ram("AttachPolicyToUser", reader).text, "{}");
  EXPECT_EQ(ram("AttachPolicyToUser", reader).code, "EntityAlreadyExists.User.Policy");
  EXPECT_EQ(ram("ListPoliciesForUser", {{"UserName", "app"}}).text,
            R"({"Policies":{"Policy":[{"PolicyName":"AliyunKMSSecretUserAccess",)"
            R"("PolicyType":"System","Description":"Provides access to the values of secrets.",)"
            R"("DefaultVersion":"v1","AttachDate":"2026-11-21T22:27:00Z"}]}})");
  EXPECT_EQ(ram("DeleteUser", {{"UserName", "app"}}).code, "DeleteConflict.User.Policy");
  EXPECT_EQ(ram("DetachPolicyFromUser", reader).text, "{}");
  EXPECT_EQ(ram("DetachPolicyFromUser", reader).code, "EntityNotExist.User.Policy");
  const auto attach = [&](const char* type) {
    return ram("AttachPolicyToUser",
               {{"UserName", "app"}, {"PolicyType", type}, {"PolicyName", "mine"}});
  };
  EXPECT_EQ(attach("Custom").code, "EntityNotExist.Policy");
  EXPECT_THAT(attach("System").text, HasSubstr("AliyunKMSFullAccess"));
}

TEST_F(RamTest, WhoIsGivenWhichPolicyIsRecorded) {
  ram("CreateUser", {{"UserName", "app"}});
  const ServiceWorld::Given reader = {
      {"UserName", "app"}, {"PolicyType", "System"}, {"PolicyName", "AliyunKMSSecretUserAccess"}};
  const auto recorded = [this](const std::string& action, const std::string& resource) {
    const auto rows =
        *world_.store->due(barrier::TimeTable::kAuditPending, ServiceWorld::kNow, 100);
    int found = 0;
    for (const barrier::TimedRow& row : rows) {
      for (const auto part : std::views::split(as_chars(row.record->body()), '\n')) {
        const std::string_view leaf(part);
        if (leaf.contains("\"action\":\"" + action + "\"") &&
            leaf.contains("\"resource\":\"" + resource + "\""))
          ++found;
      }
    }
    return found;
  };
  const std::string user = "acs:ram:*:" + world_.account.text() + ":user/";
  const std::string policy = "acs:ram:*:system:policy/AliyunKMSSecretUserAccess";
  EXPECT_EQ(ram("AttachPolicyToUser", reader).code, "");
  EXPECT_EQ(recorded("AttachPolicyToUser", user + "app"), 1);
  EXPECT_EQ(recorded("AttachPolicyToUser", policy), 1);
  EXPECT_EQ(ram("AttachPolicyToUser", reader).outcome.facts.resource, user + "app");  // is there
  EXPECT_EQ(ram("DetachPolicyFromUser", reader).code, "");
  EXPECT_EQ(recorded("DetachPolicyFromUser", policy), 1);
  EXPECT_EQ(ram("UpdateUser", {{"UserName", "app"}, {"NewUserName", "app2"}}).code, "");
  EXPECT_EQ(recorded("UpdateUser", user + "app"), 1);
  EXPECT_EQ(recorded("UpdateUser", user + "app2"), 1);
}

constexpr const char* kAllowRead =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:GetSecretValue","Resource":"*"}]})";
constexpr const char* kTrust =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":)"
    R"({"RAM":"acs:ram::1000000000000001:root"}}]})";

TEST_F(RamTest, GroupsAnswerInTheApisShape) {
  const Answered made = ram("CreateGroup", {{"GroupName", "ops"}, {"Comments", "c"}});
  EXPECT_THAT(made.text,
              MatchesRegex(R"(\{"Group":\{"GroupId":"g-[A-Za-z0-9]{16}","GroupName":"ops",)"
                           R"("Comments":"c","CreateDate":"2026-11-21T22:27:00Z"\}\})"));
  ram("CreateUser", {{"UserName", "app"}, {"DisplayName", "App"}});
  EXPECT_EQ(ram("AddUserToGroup", {{"UserName", "app"}, {"GroupName", "ops"}}).text, "{}");
  EXPECT_EQ(ram("ListUsersForGroup", {{"GroupName", "ops"}}).text,
            R"({"Users":{"User":[{"UserName":"app","DisplayName":"App",)"
            R"("JoinDate":"2026-11-21T22:27:00Z"}]},"IsTruncated":false})");
  EXPECT_THAT(ram("ListGroupsForUser", {{"UserName", "app"}}).text,
              HasSubstr(R"("GroupName":"ops","Comments":"c","JoinDate":"2026-11-21T22:27:00Z")"));
  EXPECT_EQ(ram("DeleteGroup", {{"GroupName", "ops"}}).code, "DeleteConflict.Group.User");
  EXPECT_EQ(ram("RemoveUserFromGroup", {{"UserName", "app"}, {"GroupName", "ops"}}).text, "{}");
  EXPECT_EQ(text_of(ram("UpdateGroup", {{"GroupName", "ops"}, {"NewGroupName", "people"}}).text,
                    "GroupName"),
            "people");
  EXPECT_THAT(ram("ListGroups").text, HasSubstr(R"("IsTruncated":false)"));
  EXPECT_EQ(ram("DeleteGroup", {{"GroupName", "people"}}).text, "{}");
}

TEST_F(RamTest, CustomPoliciesAnswerInTheApisShape) {
  const Answered made = ram("CreatePolicy", {{"PolicyName", "reader"},
                                             {"PolicyDocument", kAllowRead},
                                             {"Description", "reads"},
                                             {"Tag.1.Key", "team"},
                                             {"Tag.1.Value", "a"}});
  EXPECT_EQ(made.text,
            R"({"Policy":{"PolicyName":"reader","PolicyType":"Custom","Description":"reads",)"
            R"("DefaultVersion":"v1","CreateDate":"2026-11-21T22:27:00Z"}})");
  const ServiceWorld::Given named = {{"PolicyName", "reader"}, {"PolicyType", "Custom"}};
  EXPECT_THAT(ram("GetPolicy", named).text,
              HasSubstr(R"("DefaultPolicyVersion":{"VersionId":"v1","IsDefaultVersion":true,)"));
  EXPECT_THAT(
      ram("CreatePolicyVersion",
          {{"PolicyName", "reader"}, {"PolicyDocument", kAllowRead}, {"SetAsDefault", "true"}})
          .text,
      HasSubstr(R"({"PolicyVersion":{"VersionId":"v2","IsDefaultVersion":true,)"));
  EXPECT_THAT(ram("ListPolicies", {{"PolicyType", "Custom"}}).text,
              HasSubstr(R"("Tags":{"Tag":[{"TagKey":"team","TagValue":"a"}]})"));
  EXPECT_THAT(ram("ListPolicies", {{"PolicyType", "Custom"}, {"Tag.1.Key", "other"}}).text,
              HasSubstr(R"("Policy":[])"));
  EXPECT_EQ(
      ram("CreatePolicyVersion",
          {{"PolicyName", "reader"}, {"PolicyDocument", kAllowRead}, {"RotateStrategy", "Some"}})
          .code,
      "InvalidParameter");
  EXPECT_EQ(ram("DeletePolicy", {{"PolicyName", "AliyunKMSFullAccess"}}).code,
            "EntityNotExist.Policy");
  EXPECT_EQ(ram("DeletePolicy", {{"PolicyName", "reader"}}).code, "DeleteConflict.Policy.Version");
  EXPECT_EQ(ram("DeletePolicy", {{"PolicyName", "reader"}, {"CascadingDelete", "true"}}).text,
            "{}");
}

TEST_F(RamTest, RolesAnswerInTheApisShape) {
  const Answered made = ram(
      "CreateRole",
      {{"RoleName", "app"}, {"AssumeRolePolicyDocument", kTrust}, {"MaxSessionDuration", "7200"}});
  EXPECT_THAT(made.text, HasSubstr(R"("Arn":"acs:ram::1000000000000001:role/app")"));
  EXPECT_THAT(made.text, HasSubstr(R"("MaxSessionDuration":7200)"));
  EXPECT_EQ(ram("CreateRole", {{"RoleName", "b"}, {"AssumeRolePolicyDocument", "{}"}}).code,
            "MalformedPolicyDocument");
  EXPECT_EQ(ram("UpdateRole", {{"RoleName", "app"}, {"NewMaxSessionDuration", "60"}}).code,
            "InvalidParameter.MaxSessionDuration");
  EXPECT_EQ(text_of(ram("UpdateRole", {{"RoleName", "app"}, {"NewDescription", "d"}}).text,
                    "Description"),
            "d");
  ram("AttachPolicyToRole",
      {{"RoleName", "app"}, {"PolicyType", "System"}, {"PolicyName", "AliyunKMSSecretUserAccess"}});
  EXPECT_THAT(ram("ListPoliciesForRole", {{"RoleName", "app"}}).text,
              HasSubstr("AliyunKMSSecretUserAccess"));
  EXPECT_THAT(ram("ListEntitiesForPolicy",
                  {{"PolicyType", "System"}, {"PolicyName", "AliyunKMSSecretUserAccess"}})
                  .text,
              HasSubstr(R"("Roles":{"Role":[{"RoleId":"3)"));
  EXPECT_EQ(ram("DeleteRole", {{"RoleName", "app"}}).code, "DeleteConflict.Role.Policy");
}

// Newer clients write lists as JSON texts.
TEST_F(RamTest, TagsAsJson) {
  ram("CreateRole", {{"RoleName", "app"},
                     {"AssumeRolePolicyDocument", kTrust},
                     {"Tag", R"([{"Key":"env","Value":"dev"}])"}});
  EXPECT_EQ(ram("TagResources", {{"ResourceType", "role"},
                                 {"ResourceNames", R"(["app"])"},
                                 {"Tag", R"([{"Key":"team","Value":"a"},{"Key":"x"}])"}})
                .text,
            "{}");
  const auto tags = [this] {
    return ram("ListTagResources", {{"ResourceType", "role"}, {"ResourceNames", R"(["app"])"}})
        .text;
  };
  EXPECT_THAT(tags(), HasSubstr(R"("TagKey":"env","TagValue":"dev")"));
  EXPECT_THAT(tags(), HasSubstr(R"("TagKey":"team","TagValue":"a")"));
  EXPECT_EQ(ram("UntagResources", {{"ResourceType", "role"},
                                   {"ResourceNames", R"(["app"])"},
                                   {"TagKeys", R"(["env","x"])"}})
                .text,
            "{}");
  EXPECT_THAT(tags(), ::testing::Not(HasSubstr("env")));
  for (const char* wrong : {"{}", R"([{"TagKey":"env"}])", "[1]", R"([{"Value":"v"}])"}) {
    EXPECT_EQ(ram("TagResources",
                  {{"ResourceType", "role"}, {"ResourceNames", R"(["app"])"}, {"Tag", wrong}})
                  .code,
              "InvalidParameter")
        << wrong;
  }
}

TEST_F(RamTest, TagsOfRolesAndPolicies) {
  ram("CreateRole", {{"RoleName", "app"}, {"AssumeRolePolicyDocument", kTrust}});
  ram("CreateRole", {{"RoleName", "job"}, {"AssumeRolePolicyDocument", kTrust}});
  ram("CreatePolicy", {{"PolicyName", "reader"}, {"PolicyDocument", kAllowRead}});
  const auto listed = [&](ServiceWorld::Given given) {
    return ram("ListTagResources", std::move(given)).text;
  };
  EXPECT_EQ(ram("TagResources", {{"ResourceType", "role"},
                                 {"ResourceNames.1", "app"},
                                 {"ResourceNames.2", "job"},
                                 {"Tag.1.Key", "team"},
                                 {"Tag.1.Value", "a"}})
                .text,
            "{}");
  EXPECT_EQ(ram("TagResources", {{"ResourceType", "policy"},
                                 {"ResourceNames.1", "reader"},
                                 {"Tag.1.Key", "team"},
                                 {"Tag.1.Value", "b"}})
                .text,
            "{}");
  EXPECT_EQ(listed({{"ResourceType", "policy"}}),
            R"({"TagResources":[{"ResourceName":"reader","ResourceType":"policy",)"
            R"("TagKey":"team","TagValue":"b"}]})");
  const std::string page = listed({{"ResourceType", "role"}, {"PageSize", "1"}});
  EXPECT_THAT(page, HasSubstr(R"("ResourceName":"app")"));
  EXPECT_THAT(page, HasSubstr(R"("NextToken":"app")"));
  EXPECT_THAT(listed({{"ResourceType", "role"}, {"NextToken", "app"}}),
              HasSubstr(R"("ResourceName":"job")"));
  EXPECT_EQ(ram("UntagResources",
                {{"ResourceType", "role"}, {"ResourceNames.1", "app"}, {"TagKeys.1", "team"}})
                .text,
            "{}");
  EXPECT_EQ(listed({{"ResourceType", "role"}, {"ResourceNames.1", "app"}}),
            R"({"TagResources":[]})");
}

TEST_F(RamTest, TagsNameWhatIsWrong) {
  EXPECT_EQ(ram("TagResources",
                {{"ResourceType", "role"}, {"ResourceNames.1", "none"}, {"Tag.1.Key", "k"}})
                .code,
            "EntityNotExist.Role");
  EXPECT_EQ(ram("TagResources", {{"ResourceType", "role"}, {"Tag.1.Key", "k"}}).code,
            "MissingParameter");
  EXPECT_EQ(ram("TagResources", {{"ResourceType", "user"}, {"Tag.1.Key", "k"}}).code,
            "InvalidParameter");
  ram("CreateRole", {{"RoleName", "app"}, {"AssumeRolePolicyDocument", kTrust}});
  EXPECT_EQ(ram("UntagResources", {{"ResourceType", "role"}, {"ResourceNames.1", "app"}}).code,
            "MissingParameter");
  ServiceWorld::Given many = {{"ResourceType", "role"}, {"ResourceNames.1", "app"}};
  for (int i = 1; i <= 20; ++i) {
    many.emplace_back("Tag." + std::to_string(i) + ".Key", "k" + std::to_string(i));
  }
  EXPECT_EQ(ram("TagResources", many).text, "{}");
  EXPECT_EQ(ram("TagResources",
                {{"ResourceType", "role"}, {"ResourceNames.1", "app"}, {"Tag.1.Key", "more"}})
                .code,
            "LimitExceeded.Tag");
}

TEST_F(RamTest, ADiagnosticMessageIsDecodedForItsAccount) {
  const auto user = world_.make_user("app", "AliyunKMSFullAccess");
  const std::string detail =
      ram("GetUser", {{"UserName", "app"}}, user).outcome.access_denied_detail;
  const std::string encoded = text_of(detail, "EncodedDiagnosticMessage");
  EXPECT_EQ(ram("DecodeDiagnosticMessage", {{"EncodedDiagnosticMessage", encoded}}, user).code,
            "NoPermission");
  const std::string told =
      ram("DecodeDiagnosticMessage", {{"EncodedDiagnosticMessage", encoded}}).text;
  EXPECT_THAT(told, HasSubstr(R"({"DecodedDiagnosticMessage":{"AuthAction":"ram:GetUser",)"));
  EXPECT_THAT(told, HasSubstr(R"("AuthResource":"acs:ram:*:1000000000000001:user/app")"));
  EXPECT_THAT(told, HasSubstr(R"("ExplicitDeny":false)"));
  EXPECT_THAT(told, HasSubstr(R"("AuthPrincipalType":"SubUser")"));
  EXPECT_EQ(ram("DecodeDiagnosticMessage", {{"EncodedDiagnosticMessage", "AQEAAAAA"}}).code,
            "EntityNotExist.DiagnosticMessage");
}

// Every action of RAM's table, called by a user without a right on it, changes and tells nothing.
TEST_F(RamTest, NoActionIsOpenToAUserWithoutRights) {
  const auto user = world_.make_user("app", "AliyunKMSFullAccess");
  const ServiceWorld::Given given = {{"UserName", "app"},
                                     {"GroupName", "g"},
                                     {"RoleName", "r"},
                                     {"PolicyName", "p"},
                                     {"PolicyType", "Custom"},
                                     {"UserAccessKeyId", "LTAI5tX"},
                                     {"PolicyDocument", kAllowRead},
                                     {"AssumeRolePolicyDocument", kTrust},
                                     {"VersionId", "v1"},
                                     {"Status", "Active"},
                                     {"OIDCProviderName", "o"},
                                     {"ClientId", "c"},
                                     {"ResourceType", "role"},
                                     {"ResourceNames.1", "r"},
                                     {"Tag.1.Key", "k"},
                                     {"TagKeys.1", "k"},
                                     {"Fingerprint", std::string(40, 'a')}};
  std::size_t covered = 0;
  for (const Operation* row : world_.service.operations()) {
    if (row->api.version != kRam.version && row->api.version != kIms.version) continue;
    EXPECT_EQ(world_.call(row->api, row->name, given, user).code, "NoPermission") << row->name;
    ++covered;
  }
  EXPECT_GE(covered, 40U);
}

TEST_F(RamTest, AUserWithKmsRightsMayTouchNoIdentity) {
  const auto user = world_.make_user("app", "AliyunKMSFullAccess");
  struct Row {
    std::string action;
    ServiceWorld::Given given;
  };
  const std::string key = user->access_key_id;
  const Row rows[] = {
      {"CreateUser", {{"UserName", "x"}}},
      {"ListUsers", {}},
      {"GetUser", {{"UserName", "app"}}},
      {"UpdateUser", {{"UserName", "app"}, {"NewUserName", "x"}}},
      {"DeleteUser", {{"UserName", "app"}}},
      {"CreateAccessKey", {}},
      {"CreateAccessKey", {{"UserName", "root"}}},
      {"ListAccessKeys", {}},
      {"UpdateAccessKey", {{"UserAccessKeyId", key}, {"Status", "Inactive"}}},
      {"DeleteAccessKey", {{"UserAccessKeyId", key}}},
      {"GetAccessKeyLastUsed", {{"UserAccessKeyId", key}}},
      {"AttachPolicyToUser",
       {{"UserName", "app"}, {"PolicyType", "System"}, {"PolicyName", "AliyunKMSFullAccess"}}},
      {"DetachPolicyFromUser",
       {{"UserName", "app"}, {"PolicyType", "System"}, {"PolicyName", "AliyunKMSFullAccess"}}},
      {"ListPoliciesForUser", {{"UserName", "app"}}},
  };
  std::size_t covered = 0;
  for (const Row& row : rows) {
    const Answered answered = ram(row.action, row.given, user);
    EXPECT_EQ(answered.code, "NoPermission") << row.action;
    EXPECT_EQ(answered.outcome.facts.decision, "implicit-deny") << row.action;
    EXPECT_THAT(answered.outcome.access_denied_detail, HasSubstr("\"ram:" + row.action + "\""));
    ++covered;
  }
  EXPECT_EQ(covered, std::size(rows));
  EXPECT_EQ(ram("GetUser", {{"UserName", "app"}}).code, "");  // nothing was changed
}

}  // namespace
}  // namespace strongroom::service
