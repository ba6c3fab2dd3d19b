// The actions that analyses ask about. A list that lacks one says of somebody who may only sign
// that he may do nothing, so a test holds these against the operation tables.

#include <span>
#include <string>

#include "analysis_world.h"
#include "strongroom/base/ascii.h"
#include "tables.h"

namespace strongroom::service {
namespace {

constexpr std::string_view kSecretActions[] = {"kms:DeleteSecret",
                                               "kms:DescribeSecret",
                                               "kms:GetManagedDataKey",
                                               "kms:GetSecretPolicy",
                                               "kms:GetSecretValue",
                                               "kms:ListManagedDataKeyVersions",
                                               "kms:ListSecretVersionIds",
                                               "kms:ListTagResources",
                                               "kms:PutSecretValue",
                                               "kms:RestoreSecret",
                                               "kms:RotateSecret",
                                               "kms:SetSecretPolicy",
                                               "kms:TagResource",
                                               "kms:TagResources",
                                               "kms:UntagResource",
                                               "kms:UntagResources",
                                               "kms:UpdateSecret",
                                               "kms:UpdateSecretRotationPolicy",
                                               "kms:UpdateSecretVersionStage",
                                               "strongroom:AdoptSecret",
                                               "strongroom:CancelRotation",
                                               "strongroom:DescribeRotation",
                                               "strongroom:InspectRotation",
                                               "strongroom:ListSecretReaders",
                                               "strongroom:RemoveRotationFunction",
                                               "strongroom:ResyncSecret",
                                               "strongroom:SetRotationFunction",
                                               "strongroom:SetRotationWindow"};

// Sign, Verify and the data key pairs are the Instance API's.
constexpr std::string_view kKeyActions[] = {"kms:AsymmetricDecrypt",
                                            "kms:AsymmetricEncrypt",
                                            "kms:AsymmetricSign",
                                            "kms:AsymmetricVerify",
                                            "kms:CancelKeyDeletion",
                                            "kms:CreateAlias",
                                            "kms:CreateKeyVersion",
                                            "kms:Decrypt",
                                            "kms:DeleteAlias",
                                            "kms:DeleteKeyMaterial",
                                            "kms:DescribeKey",
                                            "kms:DescribeKeyVersion",
                                            "kms:DisableKey",
                                            "kms:EnableKey",
                                            "kms:Encrypt",
                                            "kms:ExportDataKey",
                                            "kms:GenerateAndExportDataKey",
                                            "kms:GenerateDataKey",
                                            "kms:GenerateDataKeyPair",
                                            "kms:GenerateDataKeyPairWithoutPlaintext",
                                            "kms:GenerateDataKeyWithoutPlaintext",
                                            "kms:GenerateMac",
                                            "kms:GetKeyPolicy",
                                            "kms:GetParametersForImport",
                                            "kms:GetPublicKey",
                                            "kms:ImportKeyMaterial",
                                            "kms:ListAliasesByKeyId",
                                            "kms:ListKeyVersions",
                                            "kms:ListResourceTags",
                                            "kms:ListTagResources",
                                            "kms:ReEncryptFrom",
                                            "kms:ReEncryptTo",
                                            "kms:ScheduleKeyDeletion",
                                            "kms:SetDeletionProtection",
                                            "kms:SetKeyPolicy",
                                            "kms:Sign",
                                            "kms:TagResource",
                                            "kms:TagResources",
                                            "kms:UntagResource",
                                            "kms:UntagResources",
                                            "kms:UpdateAlias",
                                            "kms:UpdateKeyDescription",
                                            "kms:UpdateRotationPolicy",
                                            "kms:Verify",
                                            "kms:VerifyMac"};

// About an instance itself, in the Instance API's own table.
constexpr std::string_view kOfInstances[] = {"kms:GenerateRandom"};

}  // namespace

std::span<const std::string_view> asked_actions(Held what) {
  if (what == Held::kSecrets) return kSecretActions;
  return kKeyActions;
}

std::optional<std::string> judged_action(std::string_view text) {
  const std::span<const std::string_view> lists[] = {kSecretActions, kKeyActions, kOfInstances};
  for (const std::span<const std::string_view> list : lists) {
    for (const std::string_view action : list) {
      if (equals_any_case(action, text)) return std::string(action);
    }
  }
  for (const std::span<const Operation> table : all_tables()) {
    for (const Operation& row : table) {
      std::string action = std::string(row.api.prefix) + ":" + std::string(row.name);
      if (equals_any_case(action, text)) return action;
    }
  }
  return std::nullopt;
}

}  // namespace strongroom::service
