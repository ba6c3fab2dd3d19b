// Rules over everybody of an account, against a search that assumes roles one by one.

#include "strongroom/access/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace strongroom::access {
namespace {

using identity::Principal;
using identity::PrincipalKind;

constexpr Instant kNow{1'795'300'020'000};
const AccountId kAccount{1'000'000'000'000'001};
const std::string kOurs = "acs:ram::1000000000000001:";
const std::string kSecret = "acs:kms:cn-hangzhou:1000000000000001:secret/prod/a";

policy::Statement allow(std::string action, std::string resource) {
  return {.effect = policy::Effect::kAllow,
          .actions = {std::move(action)},
          .resources = {std::move(resource)}};
}

Principal holder(PrincipalKind kind, const std::string& name,
                 std::vector<policy::Statement> statements) {
  Principal who;
  who.kind = kind;
  who.account = kAccount;
  who.session = kind == PrincipalKind::kRole;
  who.arn = kOurs + (who.session ? "assumed-role/" + name + "/session" : "user/" + name);
  who.policies = policy::PolicySet::compile(
      {{.name = "p", .type = "Custom", .document = {.statements = std::move(statements)}}});
  return who;
}

policy::Document trusting(std::vector<std::string> ids) {
  policy::Document out{.statements = {}, .kind = policy::DocumentKind::kTrust};
  policy::Statement statement = allow(std::string("sts:AssumeRole"), "*");
  for (std::string& id : ids) {
    statement.principals.push_back({policy::PrincipalType::kRam, std::move(id)});
  }
  out.statements.push_back(std::move(statement));
  return out;
}

const std::vector<Resource> kResources{{.arn = kSecret, .owner = kAccount}};
constexpr std::string_view kActions[] = {"kms:GetSecretValue", "kms:PutSecretValue"};
const Scope kScope{kActions, kResources, kNow};

std::vector<std::string> breakers(const Invariant& rule, World& world) {
  const auto found = violations(rule, world, kScope);
  EXPECT_TRUE(found);
  std::vector<std::string> out;
  for (const Difference& one : *found) out.push_back(one.principal);
  return out;
}

TEST(World, RulesNameWhoBreaksThem) {
  const auto rule =
      parse_invariant("only *:user/prod-*,*:user/ops may kms:Get* on acs:kms:*:*:secret/prod/*");
  ASSERT_TRUE(rule);
  World world(kNow);
  world.add(holder(PrincipalKind::kUser, "bob", {allow("kms:GetSecretValue", "*")}));
  world.add(holder(PrincipalKind::kUser, "ops", {allow("kms:*", "*")}));
  world.add(holder(PrincipalKind::kUser, "prod-x", {allow("kms:*", "*")}));
  world.add(holder(PrincipalKind::kUser, "put", {allow("kms:PutSecretValue", "*")}));
  EXPECT_THAT(breakers(*rule, world), testing::ElementsAre(kOurs + "user/bob"));
  EXPECT_FALSE(parse_invariant("only a may b"));
  EXPECT_FALSE(parse_invariant("nobody a may b on c"));
}

TEST(World, WhoeverMayBecomeARoleReachesWhatItDoes) {
  const auto rule = parse_invariant("only *:assumed-role/app/* may * on *");
  World world(kNow);
  world.add(holder(PrincipalKind::kUser, "bob", {allow("sts:AssumeRole", "*:role/mid")}));
  world.add(holder(PrincipalKind::kUser, "eve", {}));
  world.add_role(holder(PrincipalKind::kRole, "mid", {allow("sts:AssumeRole", "*:role/app")}),
                 kOurs + "role/mid", trusting({kOurs + "root"}));
  world.add_role(holder(PrincipalKind::kRole, "app", {allow("kms:GetSecretValue", "*")}),
                 kOurs + "role/app",
                 trusting({kOurs + "role/mid", "acs:ram::1000000000000002:root"}));
  const auto found = violations(*rule, world, kScope);
  ASSERT_TRUE(found);
  std::set<std::string> who;
  for (const Difference& one : *found) {
    who.insert(one.principal);
    EXPECT_EQ(one.via, kOurs + "assumed-role/app/session") << one.principal;
  }
  EXPECT_EQ(who, (std::set<std::string>{kOurs + "user/bob", kOurs + "assumed-role/mid/session",
                                        "acs:ram::1000000000000002:root"}));
}

TEST(World, AnExternalIdKeepsNobodyOut) {
  World world(kNow);
  world.add(holder(PrincipalKind::kUser, "bob", {allow("sts:AssumeRole", "*")}));
  policy::Document trust = trusting({kOurs + "root"});
  trust.statements[0].conditions.push_back(
      {policy::Operator::kStringEquals, "sts:ExternalId", {"known"}});
  world.add_role(holder(PrincipalKind::kRole, "app", {allow("kms:*", "*")}), kOurs + "role/app",
                 std::move(trust));
  EXPECT_EQ(world.assumers(1)->size(), 1U);
}

// Every chain of roles, tried by force over random trust.
TEST(World, WaysAreWhatBruteForceFinds) {
  std::minstd_rand dice(17);
  const auto one_in = [&dice](unsigned n) { return dice() % n == 0; };
  std::size_t reached_over_roles = 0;
  for (int round = 0; round < 60; ++round) {
    constexpr std::size_t kRoles = 5;
    constexpr std::size_t kUsers = 3;
    World world(kNow);
    // may[a][b]: a (users first) may become role b.
    bool may[kUsers + kRoles][kRoles] = {};
    for (std::size_t a = 0; a < kUsers + kRoles; ++a) {
      std::vector<policy::Statement> own;
      for (std::size_t b = 0; b < kRoles; ++b) {
        if (a == kUsers + b || !one_in(3)) continue;
        may[a][b] = true;
        own.push_back(allow("sts:AssumeRole", "*:role/r" + std::to_string(b)));
      }
      const bool role = a >= kUsers;
      const std::string name = (role ? "r" : "u") + std::to_string(role ? a - kUsers : a);
      Principal who =
          holder(role ? PrincipalKind::kRole : PrincipalKind::kUser, name, std::move(own));
      if (role) {
        world.add_role(std::move(who), kOurs + "role/" + name, trusting({kOurs + "root"}));
      } else {
        world.add(std::move(who));
      }
    }
    for (std::size_t target = 0; target < kRoles; ++target) {
      const auto ways = world.ways_to(kUsers + target);
      ASSERT_TRUE(ways);
      for (std::size_t from = 0; from < kUsers + kRoles; ++from) {
        std::set<std::size_t> now{from};
        for (std::size_t step = 0; step < kRoles; ++step) {
          for (const std::size_t a : std::set<std::size_t>(now)) {
            for (std::size_t b = 0; b < kRoles; ++b) {
              if (may[a][b]) now.insert(kUsers + b);
            }
          }
        }
        const bool want = from != kUsers + target && now.contains(kUsers + target);
        ASSERT_EQ((*ways)[from] != Extent::kNever, want) << round << " " << from << " " << target;
        reached_over_roles += want && !may[from][target] ? 1U : 0U;
      }
    }
  }
  EXPECT_GT(reached_over_roles, 100U);
}

TEST(World, OnlyWhatIsNewIsNewlyBroken) {
  const Difference known{.principal = "a",
                         .action = "x",
                         .resource = "r",
                         .before = Extent::kNever,
                         .after = Extent::kSometimes};
  Difference grown = known;
  grown.after = Extent::kAlways;
  Difference other = known;
  other.principal = "b";
  EXPECT_TRUE(newly_broken(std::vector{known}, std::vector{known}).empty());
  EXPECT_TRUE(newly_broken(std::vector{grown}, std::vector{known}).empty());
  EXPECT_EQ(newly_broken(std::vector{known}, std::vector{grown, other}).size(), 2U);
}

}  // namespace
}  // namespace strongroom::access
