// The system policies of gateway.md §6.5, and those of the other services that answer here.
// Statements about services this product does not have (RDS accounts, ECS instances, service-linked
// roles, buckets of trails) are left out.

#include <vector>

#include "strongroom/policy/policy.h"

namespace strongroom::policy {
namespace {

Statement allow(std::vector<std::string> actions, std::vector<std::string> resources) {
  return {
      .effect = Effect::kAllow, .actions = std::move(actions), .resources = std::move(resources)};
}

Policy on_everything(std::string name, std::vector<std::string> actions, std::string description) {
  return {std::move(name),
          "System",
          {{allow(std::move(actions), {"*"})}},
          "v1",
          std::move(description)};
}

void add_account_policies(std::vector<Policy>& all) {
  all.push_back(on_everything("AdministratorAccess", {"*"},
                              "Provides full access to every service and resource."));
  all.push_back(on_everything("AliyunRAMFullAccess", {"ram:*"},
                              "Provides full access to Resource Access Management."));
  all.push_back(on_everything("AliyunRAMReadOnlyAccess", {"ram:Get*", "ram:List*"},
                              "Provides read-only access to Resource Access Management."));
  all.push_back(on_everything("AliyunSTSAssumeRoleAccess", {"sts:AssumeRole"},
                              "Provides the right to assume roles that trust the caller."));
  all.push_back(on_everything("AliyunActionTrailFullAccess", {"actiontrail:*"},
                              "Provides full access to ActionTrail."));
}

std::vector<Policy> make_system_policies() {
  std::vector<Policy> all;
  add_account_policies(all);
  all.push_back({"AliyunKMSFullAccess",
                 "System",
                 {{allow({"kms:*"}, {"*"})}},
                 "v3",
                 "Provides full access to Key Management Service."});
  all.push_back(
      {"AliyunKMSReadOnlyAccess",
       "System",
       {{allow({"kms:List*", "kms:Describe*", "kms:GetPublicKey", "kms:GetUploadBackupDataInfo",
                "kms:GetKmsInstanceSharedAccounts", "kms:GetKmsInstanceQuotaInfos",
                "kms:GetCheckAssociateResourceTaskResults", "kms:GetKeyPolicy",
                "kms:GetKeyDefaultPolicy", "kms:GetSecretPolicy", "kms:GetSecretDefaultPolicy",
                "kms:GetKmsInstance", "kms:GetDefaultKmsInstance"},
               {"*"})}},
       "v3",
       "Provides read-only access to Key Management Service; no secret values."});
  all.push_back(
      {"AliyunKMSSecretUserAccess",
       "System",
       {{allow({"kms:GetSecretValue", "kms:DescribeSecret", "kms:ListSecretVersionIds"}, {"*"})}},
       "v1",
       "Provides access to the values of secrets."});
  all.push_back(
      {"AliyunKMSSecretAdminAccess",
       "System",
       {{allow({"kms:*"}, {"acs:kms:*:*:secret*"}), allow({"kms:GetRandomPassword"}, {"*"})}},
       "v5",
       "Provides full access to secrets."});
  all.push_back({"AliyunKMSCryptoUserAccess",
                 "System",
                 {{allow({"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey",
                          "kms:GenerateDataKeyWithoutPlaintext", "kms:AsymmetricEncrypt",
                          "kms:AsymmetricDecrypt", "kms:AsymmetricSign", "kms:AsymmetricVerify",
                          "kms:GetPublicKey", "kms:GenerateMac", "kms:VerifyMac"},
                         {"*"})}},
                 "v2",
                 "Provides the use of keys for cryptography."});
  all.push_back({"AliyunKMSCryptoAdminAccess",
                 "System",
                 {{allow({"kms:*"}, {"acs:kms:*:*:key*", "acs:kms:*:*:alias*"})}},
                 "v2",
                 "Provides full access to keys and aliases."});
  return all;
}

}  // namespace

std::span<const Policy> system_policies() {
  static const std::vector<Policy> all = make_system_policies();
  return all;
}

const Policy* find_system_policy(std::string_view name) {
  for (const Policy& policy : system_policies()) {
    if (policy.name == name) return &policy;
  }
  return nullptr;
}

}  // namespace strongroom::policy
