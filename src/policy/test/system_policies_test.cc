// What the system policies grant, as text that is compared byte by byte: nobody widens one by
// accident.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "strongroom/policy/policy.h"

namespace strongroom::policy {
namespace {

constexpr std::string_view kGolden = R"golden(
AdministratorAccess v1 System
{"Version":"1","Statement":[
  {"Effect":"Allow","Action":["*"],"Resource":["*"]}
]}

AliyunRAMFullAccess v1 System
{"Version":"1","Statement":[
  {"Effect":"Allow","Action":["ram:*"],"Resource":["*"]}
]}

AliyunRAMReadOnlyAccess v1 System
{"Version":"1","Statement":[
  {"Effect":"Allow","Action":["ram:Get*","ram:List*"],"Resource":["*"]}
]}

AliyunSTSAssumeRoleAccess v1 System
{"Version":"1","Statement":[
  {"Effect":"Allow","Action":["sts:AssumeRole"],"Resource":["*"]}
]}

AliyunActionTrailFullAccess v1 System
{"Version":"1","Statement":[
  {"Effect":"Allow","Action":["actiontrail:*"],"Resource":["*"]}
]}

AliyunKMSFullAccess v3 System
{"Version":"1","Statement":[
  {"Effect":"Allow","Action":["kms:*"],"Resource":["*"]}
]}

AliyunKMSReadOnlyAccess v3 System
{"Version":"1","Statement":[
  {"Effect":"Allow","Action":["kms:List*","kms:Describe*","kms:GetPublicKey","kms:GetUploadBackupDataInfo","kms:GetKmsInstanceSharedAccounts","kms:GetKmsInstanceQuotaInfos","kms:GetCheckAssociateResourceTaskResults","kms:GetKeyPolicy","kms:GetKeyDefaultPolicy","kms:GetSecretPolicy","kms:GetSecretDefaultPolicy","kms:GetKmsInstance","kms:GetDefaultKmsInstance"],"Resource":["*"]}
]}

AliyunKMSSecretUserAccess v1 System
{"Version":"1","Statement":[
  {"Effect":"Allow","Action":["kms:GetSecretValue","kms:DescribeSecret","kms:ListSecretVersionIds"],"Resource":["*"]}
]}

AliyunKMSSecretAdminAccess v5 System
{"Version":"1","Statement":[
  {"Effect":"Allow","Action":["kms:*"],"Resource":["acs:kms:*:*:secret*"]},
  {"Effect":"Allow","Action":["kms:GetRandomPassword"],"Resource":["*"]}
]}

AliyunKMSCryptoUserAccess v2 System
{"Version":"1","Statement":[
  {"Effect":"Allow","Action":["kms:Encrypt","kms:Decrypt","kms:GenerateDataKey","kms:GenerateDataKeyWithoutPlaintext","kms:AsymmetricEncrypt","kms:AsymmetricDecrypt","kms:AsymmetricSign","kms:AsymmetricVerify","kms:GetPublicKey","kms:GenerateMac","kms:VerifyMac"],"Resource":["*"]}
]}

AliyunKMSCryptoAdminAccess v2 System
{"Version":"1","Statement":[
  {"Effect":"Allow","Action":["kms:*"],"Resource":["acs:kms:*:*:key*","acs:kms:*:*:alias*"]}
]}
)golden";

TEST(SystemPolicies, TextIsFrozen) {
  std::string text;
  for (const Policy& policy : system_policies()) {
    text += "\n" + policy.name + " " + policy.version + " " + policy.type + "\n";
    text += to_document(policy) + "\n";
  }
  EXPECT_EQ(text, kGolden);
}

}  // namespace
}  // namespace strongroom::policy
