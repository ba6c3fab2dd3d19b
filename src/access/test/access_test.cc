#include "strongroom/access/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "strongroom/access/request_conditions.h"
#include "strongroom/test/reveal.h"

namespace strongroom::access {
namespace {

using identity::Principal;
using identity::PrincipalKind;
using ::testing::HasSubstr;
using ::testing::Not;

const AccountId kAccount{1'000'000'000'000'001};
const AccountId kOther{1'000'000'000'000'002};
constexpr std::string_view kSecret = "acs:kms:cn-hangzhou:1000000000000001:secret/app/db";

Principal principal(PrincipalKind kind, std::vector<policy::Policy> policies = {}) {
  return {.kind = kind,
          .account = kAccount,
          .id = "200000000000000001",
          .name = "app",
          .arn = "acs:ram::1000000000000001:user/app",
          .access_key_id = "LTAI5tA",
          .session = false,
          .policies = policy::PolicySet::compile(std::move(policies))};
}

policy::Outcome ask(const Principal& who, std::string_view action, AccountId owner = kAccount) {
  const std::string_view resources[] = {kSecret};
  return decide(who, {.action = action, .resources = resources}, {.owner = owner}).decision.outcome;
}

TEST(Decide, RootAndSystemMayDoAllInTheirAccountAndNothingOutside) {
  for (const PrincipalKind kind : {PrincipalKind::kRoot, PrincipalKind::kSystem}) {
    EXPECT_EQ(ask(principal(kind), "kms:DeleteSecret"), policy::Outcome::kAllow);
    EXPECT_EQ(ask(principal(kind), "kms:DeleteSecret", kOther), policy::Outcome::kImplicitDeny);
  }
}

TEST(Decide, AUserMayDoWhatItsPoliciesSay) {
  EXPECT_EQ(ask(principal(PrincipalKind::kUser), "kms:GetSecretValue"),
            policy::Outcome::kImplicitDeny);
  const auto reader =
      principal(PrincipalKind::kUser, {*policy::find_system_policy("AliyunKMSSecretUserAccess")});
  EXPECT_EQ(ask(reader, "kms:GetSecretValue"), policy::Outcome::kAllow);
  EXPECT_EQ(ask(reader, "kms:PutSecretValue"), policy::Outcome::kImplicitDeny);
  EXPECT_EQ(ask(reader, "kms:GetSecretValue", kOther), policy::Outcome::kImplicitDeny);
  Principal bare = reader;
  bare.policies = nullptr;
  EXPECT_EQ(ask(bare, "kms:GetSecretValue"), policy::Outcome::kImplicitDeny);
}

TEST(Decide, ASessionMayDoWhatItsRoleAndItsOwnPolicyBothAllow) {
  Principal session =
      principal(PrincipalKind::kRole, {*policy::find_system_policy("AliyunKMSFullAccess")});
  EXPECT_EQ(ask(session, "kms:PutSecretValue"), policy::Outcome::kAllow);
  session.session_policy =
      policy::PolicySet::compile({*policy::find_system_policy("AliyunKMSSecretUserAccess")});
  EXPECT_EQ(ask(session, "kms:GetSecretValue"), policy::Outcome::kAllow);
  EXPECT_EQ(ask(session, "kms:PutSecretValue"), policy::Outcome::kImplicitDeny);
  session.policies = policy::PolicySet::compile({});
  EXPECT_EQ(ask(session, "kms:GetSecretValue"), policy::Outcome::kImplicitDeny);
}

TEST(Decide, AClientKeyUsesKeysInEveryWayAtItsInstanceAndNowhereElse) {
  Principal app = principal(PrincipalKind::kClientKey);
  app.grants = policy::AccessGrants::compile({{.name = "p",
                                               .scope = "kst-a",
                                               .roles = policy::kCryptoServiceKeyUser,
                                               .resources = {"key/*"},
                                               .networks = {}}});
  const std::string_view keys[] = {"acs:kms:cn-hangzhou:1000000000000001:key/key-a"};
  const auto may = [&](std::string_view action, std::string_view gateway) {
    const CallFacts facts{.now = Instant{}, .source_ip = "10.0.0.1", .gateway = gateway};
    const RequestConditions conditions(facts, app, nullptr);
    return decide(app, {.action = action, .resources = keys, .context = &conditions},
                  {.owner = kAccount})
        .allowed();
  };
  for (const char* action : {"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:Sign",
                             "kms:ExportDataKey", "kms:GenerateAndExportDataKey"}) {
    EXPECT_TRUE(may(action, "kst-a")) << action;
    EXPECT_FALSE(may(action, "kst-b")) << action;
    EXPECT_FALSE(may(action, "shared")) << action;
  }
  for (const char* action : {"kms:DisableKey", "kms:DescribeKey", "kms:ReEncryptFrom"})
    EXPECT_FALSE(may(action, "kst-a")) << action;
}

TEST(Decide, NobodyMayDoNothing) {
  EXPECT_EQ(ask(principal(PrincipalKind::kAnonymous,
                          {*policy::find_system_policy("AliyunKMSFullAccess")}),
                "kms:GetSecretValue"),
            policy::Outcome::kImplicitDeny);
}

class DeniedDetailTest : public ::testing::Test {
 protected:
  std::string encoded_in(const std::string& json) {
    const std::string name = "\"EncodedDiagnosticMessage\":\"";
    const std::size_t at = json.find(name);
    if (at == std::string::npos) return {};
    const std::size_t from = at + name.size();
    return json.substr(from, json.find('"', from) - from);
  }
  SystemRandom random_;
  const SecretBytes key_ = test::secret(std::string(32, 'k'));
  const Principal user_ = principal(PrincipalKind::kUser);
  const Refusal refusal_{user_,
                         "kms:GetSecretValue",
                         kSecret,
                         {.decision = {.outcome = policy::Outcome::kExplicitDeny,
                                       .policy_name = "NoProduction",
                                       .policy_type = "Custom"}}};
};

TEST_F(DeniedDetailTest, SaysWhoAndWhatInTheClientsForm) {
  EXPECT_EQ(denied_detail(refusal_, nullptr, random_),
            R"({"PolicyType":"AccountLevelIdentityBasedPolicy","NoPermissionType":"ExplicitDeny",)"
            R"("AuthAction":"kms:GetSecretValue","AuthPrincipalType":"SubUser",)"
            R"("AuthPrincipalDisplayName":"200000000000000001",)"
            R"("AuthPrincipalOwnerId":"1000000000000001"})");
}

TEST_F(DeniedDetailTest, TheReasonIsSealedForItsAccountAlone) {
  const std::string json = denied_detail(refusal_, &key_, random_);
  EXPECT_THAT(json, Not(HasSubstr("NoProduction")));
  const std::string encoded = encoded_in(json);
  ASSERT_FALSE(encoded.empty());
  const auto opened = decode_diagnostic(encoded, kAccount, key_);
  ASSERT_TRUE(opened);
  const std::string& text = *opened;
  EXPECT_THAT(text, HasSubstr("\"PolicyIdentifier\":\"NoProduction\""));
  EXPECT_THAT(text, HasSubstr("\"ExplicitDeny\":true"));
  EXPECT_THAT(text, HasSubstr("\"AuthResource\":\"" + std::string(kSecret)));

  EXPECT_FALSE(decode_diagnostic(encoded, kOther, key_));
  EXPECT_FALSE(decode_diagnostic(encoded, kAccount, test::secret(std::string(32, 'x'))));
  EXPECT_FALSE(decode_diagnostic("AQEAAAAA", kAccount, key_));
  EXPECT_FALSE(decode_diagnostic("not base64", kAccount, key_));
  EXPECT_FALSE(decode_diagnostic(std::string(100'000, 'A'), kAccount, key_));
}

}  // namespace
}  // namespace strongroom::access
