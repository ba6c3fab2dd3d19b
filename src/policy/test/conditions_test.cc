// Every condition operator against values, and what statements do with them.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "strongroom/policy/policy.h"

namespace strongroom::policy {
namespace {

using Texts = std::vector<std::string>;
constexpr std::string_view kSecret = "acs:kms:cn-hangzhou:1000000000000001:secret/app/db";

bool holds(Operator op, const Texts& wanted, const Texts& given) {
  ConditionList context;
  for (const std::string& value : given) context.add("Some:Key", value);
  const auto set = PolicySet::compile(
      {{.name = "p",
        .type = "Custom",
        .document = {.statements = {{.effect = Effect::kAllow,
                                     .actions = {"*"},
                                     .resources = {"*"},
                                     .conditions = {{op, "some:KEY", wanted}}}}}}});
  const std::string_view resources[] = {kSecret};
  return set->evaluate({.action = "kms:Get", .resources = resources, .context = &context})
      .allowed();
}

TEST(Conditions, EveryOperator) {
  struct Row {
    Operator op;
    Texts wanted, given;
    bool want;
  };
  using enum Operator;
  const Row rows[] = {
      {kStringEquals, {"a", "b"}, {"b"}, true},
      {kStringEquals, {"a"}, {"A"}, false},
      {kStringEquals, {"a*"}, {"ab"}, false},
      {kStringEquals, {"a"}, {"x", "a"}, true},
      {kStringNotEquals, {"a", "b"}, {"c"}, true},
      {kStringNotEquals, {"a", "b"}, {"b"}, false},
      {kStringNotEquals, {"a"}, {"x", "a"}, false},
      {kStringEqualsIgnoreCase, {"Prod"}, {"pROD"}, true},
      {kStringNotEqualsIgnoreCase, {"Prod"}, {"pROD"}, false},
      {kStringLike, {"a*", "?b"}, {"xb"}, true},
      {kStringLike, {"a*"}, {"Ab"}, false},
      {kStringNotLike, {"a*"}, {"ab"}, false},
      {kStringNotLike, {"a*"}, {"b"}, true},
      {kNumericEquals, {"10"}, {"10.0"}, true},
      {kNumericEquals, {"10"}, {"ten"}, false},
      {kNumericNotEquals, {"10"}, {"ten"}, true},
      {kNumericLessThan, {"10"}, {"9.5"}, true},
      {kNumericLessThan, {"10"}, {"10"}, false},
      {kNumericLessThanEquals, {"-1"}, {"-1"}, true},
      {kNumericGreaterThan, {"9"}, {"10"}, true},
      {kNumericGreaterThanEquals, {"10"}, {"9"}, false},
      {kDateEquals, {"2026-01-01T08:00:00+08:00"}, {"2026-01-01T00:00:00Z"}, true},
      {kDateNotEquals, {"2026-01-01T00:00Z"}, {"2026-01-01T00:00:00Z"}, false},
      {kDateLessThan, {"2026-01-01T00:00:00.001Z"}, {"2026-01-01T00:00:00Z"}, true},
      {kDateLessThanEquals, {"2026-01-01T00:00:00Z"}, {"2026-01-01T00:00:01Z"}, false},
      {kDateGreaterThan, {"2025-12-31T23:00:00-01:00"}, {"2026-01-01T00:00:00Z"}, false},
      {kDateGreaterThanEquals, {"2025-12-31T23:00:00-01:00"}, {"2026-01-01T00:00:00Z"}, true},
      {kDateEquals, {"2026-02-30T00:00:00Z"}, {"2026-02-30T00:00:00Z"}, false},
      {kBool, {"true"}, {"TRUE"}, true},
      {kBool, {"false"}, {"true"}, false},
      {kIpAddress, {"10.0.0.0/8"}, {"10.255.0.1"}, true},
      {kIpAddress, {"10.0.0.9/8"}, {"10.255.0.1"}, true},
      {kIpAddress, {"10.0.0.0/9"}, {"10.128.0.0"}, false},
      {kIpAddress, {"0.0.0.0/0"}, {"203.0.113.1"}, true},
      {kIpAddress, {"0.0.0.0/0"}, {"2001:db8::1"}, false},
      {kIpAddress, {"10.0.0.1"}, {"::ffff:10.0.0.1"}, true},
      {kIpAddress, {"2001:db8::/33"}, {"2001:db8:8000::1"}, false},
      {kIpAddress, {"::/0"}, {"2001:db8::1"}, true},
      {kIpAddress, {"::/0"}, {"10.0.0.1"}, false},
      {kIpAddress, {"::/0"}, {"::ffff:10.0.0.1"}, false},
      {kIpAddress, {"::ffff:0:0/96"}, {"10.0.0.1"}, true},
      {kIpAddress, {"10.0.0.0/8"}, {"not an address"}, false},
      {kNotIpAddress, {"10.0.0.0/8", "192.0.2.1"}, {"192.0.2.1"}, false},
      {kNotIpAddress, {"10.0.0.0/8"}, {"192.0.2.1"}, true},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(holds(row.op, row.wanted, row.given), row.want)
        << operator_name(row.op) << " " << row.wanted[0] << " / " << row.given[0];
  }
}

TEST(Conditions, AnAbsentKeyFailsPositivesAndSatisfiesNegatives) {
  for (int op = 0; op <= static_cast<int>(Operator::kNotIpAddress); ++op) {
    const auto one = static_cast<Operator>(op);
    EXPECT_EQ(holds(one, {"true"}, {}), operator_name(one).contains("Not")) << operator_name(one);
  }
}

// What a request says is read once in a decision: as whatever each statement wants it, and for more
// keys than are kept.
TEST(Conditions, StatementsOfOneSetReadTheirKeysInTheirOwnWay) {
  const std::string moment = "2026-11-22T01:02:03Z";
  struct Row {
    Operator op;
    std::string key;
    std::string wanted;
    bool holds;
  };
  std::vector<Row> rows{{Operator::kIpAddress, "v", "10.0.0.0/8", false},
                        {Operator::kDateLessThan, "V", "2027-01-01T00:00:00Z", true},
                        {Operator::kNumericEquals, "v", "3", false},
                        {Operator::kStringEquals, "v", moment, true},
                        {Operator::kStringLike, "v", "2026-*", true},
                        {Operator::kBool, "v", "true", false},
                        {Operator::kNumericEquals, "n", "03.0", true},
                        {Operator::kStringEquals, "n", "3.0", false},
                        {Operator::kIpAddress, "a", "10.0.0.0/8", true},
                        {Operator::kIpAddress, "twice", "10.0.0.0/8", true},
                        {Operator::kStringEquals, "none", "x", false}};
  ConditionList context;
  context.add("v", moment);
  context.add("n", "3");
  context.add("a", "10.1.2.3");
  context.add("twice", "no address");
  context.add("twice", "10.1.2.3");
  for (int i = 0; i < 30; ++i) {
    const std::string key = "key" + std::to_string(i);
    context.add(key, std::to_string(i));
    rows.push_back({Operator::kNumericEquals, key, std::to_string(i), true});
    rows.push_back({Operator::kNumericEquals, key, std::to_string(i + 1), false});
  }
  std::vector<Statement> statements;
  for (const Row& row : rows) {
    statements.push_back({.effect = Effect::kAllow,
                          .actions = {"*"},
                          .resources = {"*"},
                          .conditions = {{row.op, row.key, {row.wanted}}}});
  }
  const auto set = PolicySet::compile(
      {{.name = "p", .type = "Custom", .document = {.statements = std::move(statements)}}});
  const std::string_view resources[] = {kSecret};
  const std::vector<Fit> fits =
      set->fits({.action = "kms:Get", .resources = resources, .context = &context});
  ASSERT_EQ(fits.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    EXPECT_EQ(fits[i].conditions, rows[i].holds) << rows[i].key << " " << rows[i].wanted;
}

TEST(Conditions, NotActionNotResourceAndPrincipals) {
  const auto parsed = parse_document(
      R"({"Version":"1","Statement":[{"Effect":"Allow","NotAction":["kms:Delete*","ram:*"],
          "NotResource":"acs:kms:*:*:secret/prod/*"}]})",
      DocumentKind::kIdentity);
  ASSERT_TRUE(parsed);
  const auto set = PolicySet::compile({{.name = "p", .type = "Custom", .document = *parsed}});
  const auto ask = [&set](std::string_view action, std::string_view resource) {
    const std::string_view resources[] = {resource};
    return set->evaluate({.action = action, .resources = resources}).allowed();
  };
  EXPECT_TRUE(ask("kms:GetSecretValue", kSecret));
  EXPECT_FALSE(ask("KMS:deleteSecret", kSecret));
  EXPECT_FALSE(ask("ram:CreateUser", kSecret));
  EXPECT_FALSE(ask("kms:GetSecretValue", "acs:kms:cn-hangzhou:1:secret/prod/x"));
}

TEST(Conditions, Principals) {
  struct Row {
    DocumentKind kind;
    std::string wanted, given;
    bool want;
  };
  const std::string a = "acs:ram::1000000000000001:";
  const std::string b = "acs:ram::1000000000000002:";
  const Row rows[] = {
      {DocumentKind::kResource, a + "user/bob", a + "user/bob", true},
      {DocumentKind::kResource, a + "user/bob", a + "user/bobby", false},
      {DocumentKind::kResource, a + "user/bob", b + "user/bob", false},
      {DocumentKind::kResource, a + "*", a + "user/bob", true},
      {DocumentKind::kResource, a + "*", a + "root", true},
      {DocumentKind::kResource, a + "*", b + "user/bob", false},
      {DocumentKind::kResource, a + "root", a + "user/bob", false},
      {DocumentKind::kResource, a + "root", a + "root", true},
      {DocumentKind::kTrust, a + "root", a + "user/bob", true},
      {DocumentKind::kResource, a + "role/app", a + "assumed-role/app/s", true},
      {DocumentKind::kResource, a + "role/app", a + "role/app/s", true},
      {DocumentKind::kResource, a + "role/app", a + "assumed-role/apple/s", false},
      {DocumentKind::kResource, a + "role/app", a + "user/app", false},
      {DocumentKind::kResource, "*", a + "user/bob", false},
  };
  for (const Row& row : rows) {
    const auto set = PolicySet::compile(
        {{.name = "p",
          .type = "Resource",
          .document = {.statements = {{.effect = Effect::kAllow,
                                       .actions = {"*"},
                                       .resources = {"*"},
                                       .principals = {{PrincipalType::kRam, row.wanted}}}},
                       .kind = row.kind}}});
    const std::string_view resources[] = {"*"};
    EXPECT_EQ(set->evaluate({.action = "sts:AssumeRole",
                             .resources = resources,
                             .principal = {PrincipalType::kRam, row.given}})
                  .allowed(),
              row.want)
        << row.wanted << " / " << row.given;
    EXPECT_FALSE(set->evaluate({.action = "sts:AssumeRole",
                                .resources = resources,
                                .principal = {PrincipalType::kService, row.given}})
                     .allowed());
  }
}

// Large sets are indexed by action, small ones are not: both must decide alike.
TEST(PolicySetIndex, AnIndexedSetDecidesLikeItsStatements) {
  const Texts names = {"*",          "kms:*",       "kms:Get*",    "kms:GetSecretValue",
                       "kms:*Value", "own:Thing",   "own:Thing2",  "*:Get*",
                       "ram:List*",  "KMS:DECRYPT", "kms:?ecrypt", "own:*"};
  std::vector<Policy> policies;
  for (std::size_t i = 0; i < 70; ++i) {
    policies.push_back(
        {.name = "p" + std::to_string(i),
         .type = "Custom",
         .document = {.statements = {{.effect = i % 7 == 3 ? Effect::kDeny : Effect::kAllow,
                                      .actions = {names[i % names.size()]},
                                      .resources = {"acs:" + std::to_string(i % 11) + "/*"},
                                      .not_actions = i % 13 == 5}}}});
  }
  const auto all = PolicySet::compile(policies);
  for (const std::string_view action :
       {"kms:GetSecretValue", "kms:Decrypt", "own:thing", "own:Thing2", "own:Other",
        "ram:ListUsers", "ram:GetUser", "x:GetY", "kms:Nothing", "kms:PutSecretValue"}) {
    for (int i = 0; i < 11; ++i) {
      const std::string resource = "acs:" + std::to_string(i) + "/x";
      const std::string_view resources[] = {resource};
      const Query query{.action = action, .resources = resources};
      Outcome want = Outcome::kImplicitDeny;
      for (const Policy& policy : policies) {
        const Outcome one = PolicySet::compile({policy})->evaluate(query).outcome;
        if (one == Outcome::kExplicitDeny) want = one;
        if (one == Outcome::kAllow && want == Outcome::kImplicitDeny) want = one;
      }
      EXPECT_EQ(all->evaluate(query).outcome, want) << action << " " << resource;
    }
  }
}

}  // namespace
}  // namespace strongroom::policy
