#include "ram_commands.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace strongroom::cli {
namespace {

using A = RamArgument;
using Columns = std::string_view;

constexpr A kUser[] = {{"", "UserName", "name of the user", true}};
constexpr A kCreateUser[] = {{"", "UserName", "name of the user", true},
                             {"--display-name", "DisplayName", ""},
                             {"--email", "Email", ""},
                             {"--phone", "MobilePhone", "country code, '-', number"},
                             {"--comments", "Comments", ""}};
constexpr A kRenameUser[] = {{"", "UserName", "name of the user", true},
                             {"", "NewUserName", "its new name", true}};
constexpr A kOwner[] = {{"--user", "UserName", "whose key (default: your own)"}};
constexpr A kKey[] = {{"", "UserAccessKeyId", "id of the key", true},
                      {"--user", "UserName", "whose key (default: your own)"}};
constexpr A kKeyOn[] = {kKey[0], kKey[1], {"", "Status", "", false, false, "Active"}};
constexpr A kKeyOff[] = {kKey[0], kKey[1], {"", "Status", "", false, false, "Inactive"}};
constexpr A kGroup[] = {{"", "GroupName", "name of the group", true}};
constexpr A kCreateGroup[] = {{"", "GroupName", "name of the group", true},
                              {"--comments", "Comments", ""}};
constexpr A kMember[] = {{"", "GroupName", "name of the group", true},
                         {"", "UserName", "name of the user", true}};
constexpr A kPolicyType{"--type", "PolicyType", "Custom or System", false, false, "Custom"};
constexpr A kPolicyName{"", "PolicyName", "name of the policy", true};
constexpr A kPolicy[] = {kPolicyName, kPolicyType};
constexpr A kCreatePolicy[] = {
    kPolicyName,
    {"--document", "PolicyDocument", "file with the document", true, true},
    {"--description", "Description", ""}};
constexpr A kUpdatePolicy[] = {
    kPolicyName,
    {"--document", "PolicyDocument", "file with the document", true, true},
    {"", "SetAsDefault", "", false, false, "true"},
    {"", "RotateStrategy", "", false, false, "DeleteOldestNonDefaultVersionWhenLimitExceeded"}};
constexpr A kDeletePolicy[] = {kPolicyName, {"", "CascadingDelete", "", false, false, "true"}};
constexpr A kToUser[] = {kPolicyName, {"", "UserName", "name of the user", true}, kPolicyType};
constexpr A kToGroup[] = {kPolicyName, {"", "GroupName", "name of the group", true}, kPolicyType};
constexpr A kToRole[] = {kPolicyName, {"", "RoleName", "name of the role", true}, kPolicyType};
constexpr A kListPolicies[] = {{"--type", "PolicyType", "Custom or System (default: both)"}};
constexpr A kRole[] = {{"", "RoleName", "name of the role", true}};
constexpr A kCreateRole[] = {
    {"", "RoleName", "name of the role", true},
    {"--trust", "AssumeRolePolicyDocument", "file with the trust policy", true, true},
    {"--description", "Description", ""},
    {"--max-session", "MaxSessionDuration", "seconds, 3600 to 43200"}};
constexpr A kTrustRole[] = {
    {"", "RoleName", "name of the role", true},
    {"--trust", "NewAssumeRolePolicyDocument", "file with the trust policy", true, true}};
constexpr A kBefore{"--before", "IssuedBefore", "as 2026-11-22T01:02:03Z (default: now)"};
constexpr A kRevokeRole[] = {{"", "RoleName", "name of the role", true}, kBefore};
constexpr A kRevoke[] = {{"--role", "RoleName", "of this role alone (default: of all roles)"},
                         kBefore};
constexpr std::span<const A> kNone{};

constexpr Columns kAccountColumns[] = {"AccountId", "Operator"};
constexpr Columns kUserColumns[] = {"UserName", "UserId", "DisplayName", "CreateDate"};
constexpr Columns kKeyColumns[] = {"AccessKeyId", "Status", "CreateDate"};
constexpr Columns kGroupColumns[] = {"GroupName", "GroupId", "Comments", "CreateDate"};
constexpr Columns kMemberColumns[] = {"UserName", "DisplayName", "JoinDate"};
constexpr Columns kPolicyColumns[] = {"PolicyName", "PolicyType", "DefaultVersion",
                                      "AttachmentCount", "Description"};
constexpr Columns kAttachedColumns[] = {"PolicyName", "PolicyType", "DefaultVersion", "AttachDate"};
constexpr Columns kVersionColumns[] = {"VersionId", "IsDefaultVersion", "CreateDate"};
constexpr Columns kRoleColumns[] = {"RoleName", "Arn", "MaxSessionDuration", "CreateDate"};

constexpr RamList kAttached{"Policies", "Policy", kAttachedColumns};

constexpr RamCommand kCommands[] = {
    {"account",
     "create",
     "Create an account with its root key, which is shown this once (operator)",
     "CreateAccount",
     kNone,
     "Account",
     {},
     false,
     client::kOwnVersion},
    {"account",
     "ls",
     "List the accounts of the server (operator)",
     "ListAccounts",
     kNone,
     "",
     {"Accounts", "Account", kAccountColumns},
     false,
     client::kOwnVersion},
    {"user", "create", "Create a user", "CreateUser", kCreateUser, "User"},
    {"user", "ls", "List users", "ListUsers", kNone, "", {"Users", "User", kUserColumns}},
    {"user", "show", "Show a user", "GetUser", kUser, "User"},
    {"user", "rename", "Rename a user", "UpdateUser", kRenameUser, "User"},
    {"user", "policies", "List what is attached to a user", "ListPoliciesForUser", kUser, "",
     kAttached},
    {"user", "rm", "Delete a user", "DeleteUser", kUser, "", {}, true},
    {"key", "create", "Create an access key; its secret is shown this once", "CreateAccessKey",
     kOwner, "AccessKey"},
    {"key",
     "ls",
     "List access keys",
     "ListAccessKeys",
     kOwner,
     "",
     {"AccessKeys", "AccessKey", kKeyColumns}},
    {"key", "enable", "Switch an access key on", "UpdateAccessKey", kKeyOn},
    {"key", "disable", "Switch an access key off", "UpdateAccessKey", kKeyOff},
    {"key", "used", "Show when an access key was last used", "GetAccessKeyLastUsed", kKey,
     "AccessKeyLastUsed"},
    {"key", "rm", "Delete an access key", "DeleteAccessKey", kKey, "", {}, true},
    {"group", "create", "Create a group", "CreateGroup", kCreateGroup, "Group"},
    {"group", "ls", "List groups", "ListGroups", kNone, "", {"Groups", "Group", kGroupColumns}},
    {"group", "show", "Show a group", "GetGroup", kGroup, "Group"},
    {"group",
     "members",
     "List the users of a group",
     "ListUsersForGroup",
     kGroup,
     "",
     {"Users", "User", kMemberColumns}},
    {"group", "add", "Add a user to a group", "AddUserToGroup", kMember},
    {"group", "remove", "Remove a user from a group", "RemoveUserFromGroup", kMember},
    {"group", "policies", "List what is attached to a group", "ListPoliciesForGroup", kGroup, "",
     kAttached},
    {"group", "rm", "Delete a group", "DeleteGroup", kGroup, "", {}, true},
    {"policy", "create", "Create a custom policy", "CreatePolicy", kCreatePolicy, "Policy"},
    {"policy", "update", "Give a custom policy a new version and make it the default",
     "CreatePolicyVersion", kUpdatePolicy, "PolicyVersion"},
    {"policy",
     "ls",
     "List policies",
     "ListPolicies",
     kListPolicies,
     "",
     {"Policies", "Policy", kPolicyColumns}},
    {"policy", "show", "Show a policy with its document", "GetPolicy", kPolicy, "Policy"},
    {"policy",
     "versions",
     "List the versions of a policy",
     "ListPolicyVersions",
     kPolicy,
     "",
     {"PolicyVersions", "PolicyVersion", kVersionColumns}},
    {"policy", "attach-user", "Attach a policy to a user", "AttachPolicyToUser", kToUser},
    {"policy", "attach-group", "Attach a policy to a group", "AttachPolicyToGroup", kToGroup},
    {"policy", "attach-role", "Attach a policy to a role", "AttachPolicyToRole", kToRole},
    {"policy", "detach-user", "Detach a policy from a user", "DetachPolicyFromUser", kToUser},
    {"policy", "detach-group", "Detach a policy from a group", "DetachPolicyFromGroup", kToGroup},
    {"policy", "detach-role", "Detach a policy from a role", "DetachPolicyFromRole", kToRole},
    {"policy",
     "rm",
     "Delete a custom policy with its versions",
     "DeletePolicy",
     kDeletePolicy,
     "",
     {},
     true},
    {"role", "create", "Create a role", "CreateRole", kCreateRole, "Role"},
    {"role", "ls", "List roles", "ListRoles", kNone, "", {"Roles", "Role", kRoleColumns}},
    {"role", "show", "Show a role with its trust policy", "GetRole", kRole, "Role"},
    {"role", "trust", "Replace a role's trust policy", "UpdateRole", kTrustRole, "Role"},
    {"role", "policies", "List what is attached to a role", "ListPoliciesForRole", kRole, "",
     kAttached},
    {"role",
     "revoke",
     "End every session of a role that was issued up to now, or to a time",
     "RevokeSessions",
     kRevokeRole,
     "",
     {},
     true,
     client::kOwnVersion},
    {"role", "rm", "Delete a role; its sessions end", "DeleteRole", kRole, "", {}, true},
    {kStsNoun,
     "revoke",
     "End every session of the account's roles that was issued up to now, or to a time",
     "RevokeSessions",
     kRevoke,
     "",
     {},
     true,
     client::kOwnVersion},
};

}  // namespace

std::string_view noun_about(std::string_view noun) {
  constexpr std::pair<std::string_view, std::string_view> kNouns[] = {
      {"account", "Accounts of the server, for its operator"},
      {"user", "Users"},
      {"key", "Access keys"},
      {"group", "Groups of users"},
      {"policy", "Policies and what they are attached to"},
      {"role", "Roles and their sessions"}};
  const auto found =
      std::ranges::find(kNouns, noun, &std::pair<std::string_view, std::string_view>::first);
  return found == std::end(kNouns) ? std::string_view() : found->second;
}

std::span<const RamCommand> ram_commands() {
  return kCommands;
}

}  // namespace strongroom::cli
