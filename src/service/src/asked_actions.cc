// The actions that analyses ask about. A list that lacks one says of somebody who may only sign
// that he may do nothing, so a test holds these against the operation tables.

#include <algorithm>
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
constexpr std::string_view kOfInstances = "kms:GenerateRandom";

}  // namespace

std::span<const std::string_view> asked_actions(Held what) {
  if (what == Held::kSecrets) return kSecretActions;
  return kKeyActions;
}

bool is_judged_action(std::string_view action) {
  const auto is_it = [action](std::string_view one) { return equals_any_case(one, action); };
  if (is_it(kOfInstances) || std::ranges::any_of(kSecretActions, is_it) ||
      std::ranges::any_of(kKeyActions, is_it)) {
    return true;
  }
  const std::size_t colon = action.find(':');
  if (colon == std::string_view::npos) return false;
  return std::ranges::any_of(all_tables(), [&](std::span<const Operation> table) {
    return std::ranges::any_of(table, [&](const Operation& row) {
      return equals_any_case(row.api.prefix, action.substr(0, colon)) &&
             equals_any_case(row.name, action.substr(colon + 1));
    });
  });
}

}  // namespace strongroom::service
