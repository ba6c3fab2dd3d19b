// A soak: how long a decision over 1,000 statements takes.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "strongroom/policy/policy.h"
#include "strongroom/test/timing.h"

namespace strongroom::policy {
namespace {

constexpr std::size_t kStatements = 1'000;
constexpr std::size_t kPerPolicy = 20;
constexpr int kRounds = 9;
constexpr double kRoundNanos = 50e6;

/// Nanoseconds of one decision: the best of some rounds, since what else runs only adds to it.
double nanoseconds(const PolicySet& set, const Query& query, Outcome expected) {
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::chrono::duration<double, std::nano> spent{};
    double decisions = 0;
    const auto start = std::chrono::steady_clock::now();
    while (spent.count() < kRoundNanos) {
      EXPECT_EQ(set.evaluate(query).outcome, expected);
      decisions += 1;
      spent = std::chrono::steady_clock::now() - start;
    }
    const double each = spent.count() / decisions;
    best = round == 0 ? each : std::min(best, each);
  }
  return best;
}

std::shared_ptr<const PolicySet> compiled(std::vector<Statement> statements) {
  std::vector<Policy> policies;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    if (i % kPerPolicy == 0) {
      policies.push_back({.name = "p" + std::to_string(i / kPerPolicy), .type = "Custom"});
    }
    policies.back().document.statements.push_back(std::move(statements[i]));
  }
  return PolicySet::compile(std::move(policies));
}

ConditionList request() {
  ConditionList out;
  out.add("acs:SourceIp", "192.0.2.7");
  out.add("acs:CurrentTime", "2026-11-22T01:02:03Z");
  out.add("kms:tag/env", "prod");
  return out;
}

constexpr std::string_view kResource[] = {
    "acs:kms:cn-hangzhou:1000000000000001:secret/prod/payments/database"};

TEST(TimingSoak, TenOfAThousandStatementsAreDecidedInTwoMicroseconds) {
  if (!test::timing_is_wanted()) GTEST_SKIP() << "only in a soak (STRONGROOM_SOAK=1)";
  constexpr std::string_view kOthers[] = {"kms:Encrypt",   "kms:Put*",     "ram:*",
                                          "kms:Delete*",   "sts:*",        "kms:Describe*",
                                          "kms:List*",     "kms:Update*",  "kms:GenerateDataKey",
                                          "kms:CreateKey", "kms:*Policy*", "actiontrail:*"};
  std::vector<Statement> statements;
  for (std::size_t i = 0; i < kStatements; ++i) {
    const bool fits = i % (kStatements / 10) == 7;
    statements.push_back(
        {.effect = Effect::kAllow,
         .actions = {fits ? "kms:GetSecretValue" : std::string(kOthers[i % std::size(kOthers)])},
         .resources = {"acs:kms:*:*:secret/team" + std::to_string(i) + "/*"},
         .conditions = {{Operator::kIpAddress, "acs:SourceIp", {"10.0.0.0/8", "192.168.0.0/16"}}}});
  }
  const auto set = compiled(std::move(statements));
  const ConditionList context = request();
  const double ns = nanoseconds(
      *set, {.action = "kms:GetSecretValue", .resources = kResource, .context = &context},
      Outcome::kImplicitDeny);
  std::printf("ten of %zu statements: %.0f ns a decision\n", kStatements, ns);
  EXPECT_LE(ns, 2'000);
}

// Every statement is about the action and the resource; each fails by its last condition alone.
TEST(TimingSoak, AThousandStatementsThatAllMatchAreDecidedInAHundredMicroseconds) {
  if (!test::timing_is_wanted()) GTEST_SKIP() << "only in a soak (STRONGROOM_SOAK=1)";
  std::vector<Statement> statements;
  for (std::size_t i = 0; i < kStatements; ++i) {
    const std::string number = std::to_string(i);
    statements.push_back(
        {.effect = i % 2 == 0 ? Effect::kAllow : Effect::kDeny,
         .actions = {"*", "kms:*Secret*" + number},
         .resources = {"acs:kms:*:team" + number + ":*", "acs:kms:*:secret/*/payments/*"},
         .conditions = {{Operator::kIpAddress, "acs:SourceIp", {"10.0.0.0/8", "192.0.2.0/24"}},
                        {Operator::kDateGreaterThan, "acs:CurrentTime", {"2026-01-01T00:00:00Z"}},
                        {Operator::kStringLike, "kms:tag/env", {"*" + number + "*", "none*"}}}});
  }
  const auto set = compiled(std::move(statements));
  const ConditionList context = request();
  const double ns = nanoseconds(
      *set, {.action = "kms:GetSecretValue", .resources = kResource, .context = &context},
      Outcome::kImplicitDeny);
  std::printf("%zu of %zu statements: %.0f ns a decision\n", kStatements, kStatements, ns);
  EXPECT_LE(ns, 100'000);
}

}  // namespace
}  // namespace strongroom::policy
