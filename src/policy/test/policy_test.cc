#include "strongroom/policy/policy.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace strongroom::policy {
namespace {

constexpr std::string_view kSecret = "acs:kms:cn-hangzhou:1000000000000001:secret/app/db";
constexpr std::string_view kKey =
    "acs:kms:cn-hangzhou:1000000000000001:key/key-hzz65f1cb66fa42mo8kl2";

Decision ask(const PolicySet& set, std::string_view action,
             std::vector<std::string_view> resources) {
  return set.evaluate({.action = action, .resources = resources});
}

using Texts = std::vector<std::string>;

Statement statement(Effect effect, Texts actions, Texts resources) {
  return {.effect = effect, .actions = std::move(actions), .resources = std::move(resources)};
}

Policy policy(std::string name, std::vector<Statement> statements) {
  return {
      .name = std::move(name), .type = "Custom", .document = {.statements = std::move(statements)}};
}

std::shared_ptr<const PolicySet> system_set(std::string_view name) {
  const Policy* policy = find_system_policy(name);
  EXPECT_NE(policy, nullptr) << name;
  return PolicySet::compile({*policy});
}

TEST(Wildcard, Table) {
  struct Row {
    std::string_view pattern, text;
    bool ignore_case, want;
  };
  const Row rows[] = {
      {"", "", false, true},
      {"", "a", false, false},
      {"*", "", false, true},
      {"*", "a:b/c", false, true},
      {"**", "x", false, true},
      {"?", "", false, false},
      {"?", "a", false, true},
      {"?", "ab", false, false},
      {"a*c", "abbbc", false, true},
      {"a*c", "abbbcd", false, false},
      {"a*b*c", "aXbYbZc", false, true},
      {"a?c", "abc", false, true},
      {"*?", "", false, false},
      {"*?", "a", false, true},
      {"kms:Get*", "KMS:getSecretValue", true, true},
      {"kms:Get*", "KMS:getSecretValue", false, false},
      {"*aab", "aaaaaab", false, true},
      {"*aab", "aaaaaabb", false, false},
      {"secret/*/db", "secret/app/x/db", false, true},
      {"abc", "ab", false, false},
      {"ab", "abc", false, false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(wildcard_match(row.pattern, row.text, row.ignore_case), row.want)
        << row.pattern << " / " << row.text;
  }
}

TEST(Wildcard, CompiledPatternsAgreeWithTheMatcherOnAllShortTexts) {
  // Every pattern of up to 4 characters over {a,b,*,?} against every text of up to 5 over {a,b}.
  std::vector<std::string> patterns{""};
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (patterns[i].size() == 4) continue;
    for (const char c : {'a', 'b', '*', '?'}) patterns.push_back(patterns[i] + c);
  }
  std::vector<std::string> texts{""};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() == 5) continue;
    for (const char c : {'a', 'b'}) texts.push_back(texts[i] + c);
  }
  for (const std::string& pattern : patterns) {
    const Pattern compiled(pattern, false);
    for (const std::string& text : texts) {
      ASSERT_EQ(compiled.matches(text), wildcard_match(pattern, text, false))
          << pattern << " / " << text;
    }
  }
}

TEST(Wildcard, ManyStarsStayCheap) {
  std::string pattern;
  for (int i = 0; i < 64; ++i) pattern += "a*";
  EXPECT_FALSE(wildcard_match(pattern + "b", std::string(20'000, 'a'), false));
}

TEST(PolicySet, NothingMeansImplicitDeny) {
  const auto set = PolicySet::compile({});
  const Decision decision = ask(*set, "kms:GetSecretValue", {kSecret});
  EXPECT_EQ(decision.outcome, Outcome::kImplicitDeny);
  EXPECT_TRUE(decision.policy_name.empty());
}

TEST(PolicySet, DenyWinsWhateverTheOrder) {
  const Policy allow = policy("A", {statement(Effect::kAllow, {"kms:*"}, {"*"})});
  const Policy deny =
      policy("D", {statement(Effect::kDeny, {"kms:GetSecretValue"}, {"*:secret/app/*"})});
  for (const auto& order : {std::vector{allow, deny}, std::vector{deny, allow}}) {
    const auto set = PolicySet::compile(order);
    const Decision denied = ask(*set, "kms:GetSecretValue", {kSecret});
    EXPECT_EQ(denied.outcome, Outcome::kExplicitDeny);
    EXPECT_EQ(denied.policy_name, "D");
    EXPECT_EQ(denied.policy_type, "Custom");
    EXPECT_EQ(ask(*set, "kms:DescribeSecret", {kSecret}).policy_name, "A");
  }
}

TEST(PolicySet, ActionAndResourceMustMatchInOneStatement) {
  const auto set = PolicySet::compile(
      {policy("P", {statement(Effect::kAllow, {"kms:Decrypt"}, {"*:key/*"}),
                    statement(Effect::kAllow, {"kms:GetSecretValue"}, {"*:secret/*"})})});
  EXPECT_TRUE(ask(*set, "kms:Decrypt", {kKey}).allowed());
  EXPECT_FALSE(ask(*set, "kms:Decrypt", {kSecret}).allowed());
  EXPECT_FALSE(ask(*set, "kms:GetSecretValue", {kKey}).allowed());
}

TEST(PolicySet, ActionsFoldCaseAndResourcesDoNot) {
  const auto set = PolicySet::compile(
      {policy("P", {statement(Effect::kAllow, {"KMS:getsecretVALUE"}, {std::string(kSecret)})})});
  EXPECT_TRUE(ask(*set, "kms:GetSecretValue", {kSecret}).allowed());
  EXPECT_FALSE(
      ask(*set, "kms:GetSecretValue", {"acs:kms:cn-hangzhou:1000000000000001:secret/App/db"})
          .allowed());
}

TEST(PolicySet, EitherSpellingOfAContainerCounts) {
  constexpr std::string_view kBare = "acs:kms:cn-hangzhou:1000000000000001:secret";
  constexpr std::string_view kStar = "acs:kms:cn-hangzhou:1000000000000001:secret/*";
  for (const std::string_view granted : {kBare, kStar}) {
    const auto allows = PolicySet::compile(
        {policy("P", {statement(Effect::kAllow, {"kms:CreateSecret"}, {std::string(granted)})})});
    EXPECT_TRUE(ask(*allows, "kms:CreateSecret", {kBare, kStar}).allowed());
    const auto denies = PolicySet::compile(
        {policy("A", {statement(Effect::kAllow, {"*"}, {"*"})}),
         policy("D", {statement(Effect::kDeny, {"kms:CreateSecret"}, {std::string(granted)})})});
    EXPECT_EQ(ask(*denies, "kms:CreateSecret", {kBare, kStar}).outcome, Outcome::kExplicitDeny);
  }
}

TEST(PolicySet, NoResourceOrAnOverlongActionIsNeverAllowed) {
  const auto set = PolicySet::compile({policy("P", {statement(Effect::kAllow, {"*"}, {"*"})})});
  EXPECT_FALSE(ask(*set, "kms:GetSecretValue", {}).allowed());
  EXPECT_FALSE(ask(*set, "kms:" + std::string(200, 'A'), {kSecret}).allowed());
}

TEST(SystemPolicies, Grants) {
  constexpr std::string_view kSecretContainer = "acs:kms:cn-hangzhou:1000000000000001:secret";
  constexpr std::string_view kAlias = "acs:kms:cn-hangzhou:1000000000000001:alias/a";
  struct Row {
    std::string_view policy, action, resource;
    bool want;
  };
  const Row rows[] = {
      {"AliyunKMSFullAccess", "kms:GetSecretValue", kSecret, true},
      {"AliyunKMSFullAccess", "kms:CreateKey", kKey, true},
      {"AliyunKMSFullAccess", "ram:CreateUser", "acs:ram:*:1:user/*", false},
      {"AliyunKMSFullAccess", "kmsx:Do", kKey, false},
      {"AliyunKMSReadOnlyAccess", "kms:ListSecrets", kSecretContainer, true},
      {"AliyunKMSReadOnlyAccess", "kms:DescribeSecret", kSecret, true},
      {"AliyunKMSReadOnlyAccess", "kms:GetSecretPolicy", kSecret, true},
      {"AliyunKMSReadOnlyAccess", "kms:GetSecretValue", kSecret, false},
      {"AliyunKMSReadOnlyAccess", "kms:BatchGetSecretValue", kSecret, false},
      {"AliyunKMSReadOnlyAccess", "kms:Decrypt", kKey, false},
      {"AliyunKMSReadOnlyAccess", "kms:GetRandomPassword", "*", false},
      {"AliyunKMSSecretUserAccess", "kms:GetSecretValue", kSecret, true},
      {"AliyunKMSSecretUserAccess", "kms:PutSecretValue", kSecret, false},
      {"AliyunKMSSecretUserAccess", "kms:ListSecrets", kSecretContainer, false},
      {"AliyunKMSSecretUserAccess", "kms:Decrypt", kKey, false},
      {"AliyunKMSSecretAdminAccess", "kms:PutSecretValue", kSecret, true},
      {"AliyunKMSSecretAdminAccess", "kms:CreateSecret", kSecretContainer, true},
      {"AliyunKMSSecretAdminAccess", "kms:GetRandomPassword", "*", true},
      {"AliyunKMSSecretAdminAccess", "kms:Decrypt", kKey, false},
      {"AliyunKMSCryptoUserAccess", "kms:Decrypt", kKey, true},
      {"AliyunKMSCryptoUserAccess", "kms:GenerateMac", kKey, true},
      {"AliyunKMSCryptoUserAccess", "kms:CreateKey", kKey, false},
      {"AliyunKMSCryptoUserAccess", "kms:GetSecretValue", kSecret, false},
      {"AliyunKMSCryptoAdminAccess", "kms:ScheduleKeyDeletion", kKey, true},
      {"AliyunKMSCryptoAdminAccess", "kms:CreateAlias", kAlias, true},
      {"AliyunKMSCryptoAdminAccess", "kms:GetSecretValue", kSecret, false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(ask(*system_set(row.policy), row.action, {row.resource}).allowed(), row.want)
        << row.policy << " " << row.action << " " << row.resource;
  }
  EXPECT_EQ(find_system_policy("aliyunkmsfullaccess"), nullptr);
  EXPECT_EQ(find_system_policy("NoSuchAccess"), nullptr);
}

}  // namespace
}  // namespace strongroom::policy
