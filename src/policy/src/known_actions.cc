// The actions that requests of this product ask about, so that a large PolicySet can be indexed by
// them (index.h). An action that is missing here is decided alike, only more slowly.

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <unordered_map>

#include "index.h"
#include "strongroom/policy/pattern.h"

namespace strongroom::policy {
namespace {

struct Product {
  std::string_view prefix;
  std::string_view names;  // separated by blanks
};

constexpr std::array<Product, 4> kProducts{{
    {"kms",
     "AsymmetricDecrypt AsymmetricEncrypt AsymmetricSign AsymmetricVerify BatchGetSecretValue "
     "CancelKeyDeletion ConnectKmsInstance CreateAlias CreateApplicationAccessPoint "
     "CreateClientKey CreateKey CreateKeyVersion CreateNetworkRule CreatePolicy CreateSecret "
     "Decrypt DeleteAlias DeleteApplicationAccessPoint DeleteClientKey DeleteKeyMaterial "
     "DeleteNetworkRule DeletePolicy DeleteSecret DescribeAccountKmsStatus "
     "DescribeApplicationAccessPoint DescribeKey DescribeKeyVersion DescribeNetworkRule "
     "DescribePolicy DescribeSecret DisableKey EnableKey Encrypt ExportDataKey "
     "GenerateAndExportDataKey GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateMac "
     "GetClientKey GetDefaultKmsInstance GetKeyPolicy GetKmsInstance GetKmsInstanceQuotaInfos "
     "GetManagedDataKey GetParametersForImport GetPublicKey GetRandomPassword GetSecretPolicy "
     "GetSecretValue ImportKeyMaterial ListAliases ListAliasesByKeyId "
     "ListApplicationAccessPoints ListClientKeys ListKeyVersions ListKeys ListKmsInstances "
     "ListManagedDataKeyVersions ListNetworkRules ListPolicies ListResourceTags "
     "ListSecretVersionIds ListSecrets ListTagResources OpenKmsService PutSecretValue "
     "ReEncryptFrom ReEncryptTo ReleaseKmsInstance RestoreSecret RotateSecret "
     "ScheduleKeyDeletion SetDeletionProtection SetKeyPolicy SetSecretPolicy TagResource "
     "TagResources UntagResource UntagResources UpdateAlias UpdateApplicationAccessPoint "
     "UpdateKeyDescription UpdateKmsInstance UpdateKmsInstanceBindVpc UpdateNetworkRule "
     "UpdatePolicy UpdateRotationPolicy UpdateSecret UpdateSecretRotationPolicy "
     "UpdateSecretVersionStage VerifyMac"},
    {"ram",
     "AddUserToGroup AttachPolicyToGroup AttachPolicyToRole AttachPolicyToUser BindMFADevice "
     "ChangePassword ClearAccountAlias CreateAccessKey CreateGroup CreateLoginProfile "
     "CreatePolicy CreatePolicyVersion CreateRole CreateUser CreateVirtualMFADevice "
     "DecodeDiagnosticMessage DeleteAccessKey DeleteGroup DeleteLoginProfile DeletePolicy "
     "DeletePolicyVersion DeleteRole DeleteUser DeleteVirtualMFADevice DetachPolicyFromGroup "
     "DetachPolicyFromRole DetachPolicyFromUser GetAccessKeyLastUsed GetAccountAlias GetGroup "
     "GetLoginProfile GetPasswordPolicy GetPolicy GetPolicyVersion GetRole "
     "GetSecurityPreference GetUser GetUserMFAInfo ListAccessKeys ListEntitiesForPolicy "
     "ListGroups ListGroupsForUser ListPolicies ListPoliciesForGroup ListPoliciesForRole "
     "ListPoliciesForUser ListPolicyVersions ListRoles ListTagResources ListUsers "
     "ListUsersForGroup ListVirtualMFADevices RemoveUserFromGroup RevokeSessions SetAccountAlias "
     "SetDefaultPolicyVersion SetPasswordPolicy SetSecurityPreference TagResources "
     "UnbindMFADevice UntagResources UpdateAccessKey UpdateGroup UpdateLoginProfile "
     "UpdatePolicyDescription UpdateRole UpdateUser"},
    {"sts", "AssumeRole AssumeRoleWithOIDC AssumeRoleWithSAML GetCallerIdentity"},
    {"ims",
     "AddClientIdToOIDCProvider AddFingerprintToOIDCProvider CreateOIDCProvider "
     "DeleteOIDCProvider GetOIDCProvider ListOIDCProviders RemoveClientIdFromOIDCProvider "
     "RemoveFingerprintFromOIDCProvider UpdateOIDCProvider"},
}};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

struct Table {
  std::vector<std::string> actions;
  std::unordered_map<std::string, std::uint16_t, TextHash, std::equal_to<>> ids;
};

Table make_table() {
  Table table;
  for (const Product& product : kProducts) {
    for (std::size_t at = 0; at < product.names.size();) {
      const std::size_t end = std::min(product.names.find(' ', at), product.names.size());
      const std::string name(product.names.substr(at, end - at));
      std::string action = fold_case(std::string(product.prefix) + ":" + name);
      table.ids.emplace(action, static_cast<std::uint16_t>(table.actions.size()));
      table.actions.push_back(std::move(action));
      at = end + 1;
    }
  }
  return table;
}

const Table& table() {
  static const Table made = make_table();
  return made;
}

}  // namespace

std::span<const std::string> known_actions() {
  return table().actions;
}

std::optional<std::size_t> known_action(std::string_view folded) {
  const Table& all = table();
  const auto found = all.ids.find(folded);
  if (found == all.ids.end()) return std::nullopt;
  return found->second;
}

}  // namespace strongroom::policy
