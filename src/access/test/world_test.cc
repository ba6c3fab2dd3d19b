// Rules over everybody of an account, against a search that assumes roles one by one.

#include "strongroom/access/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>
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
  who.arn = kOurs + (who.session ? "assumed-role/" + name + "/*" : "user/" + name);
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

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

auto all_broken(const Invariant& rule, World& world) {
  return violations(std::span(&rule, 1), world, kScope, kAll);
}

std::vector<std::string> breakers(const Invariant& rule, World& world) {
  const auto found = all_broken(rule, world);
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
  const auto found = all_broken(*rule, world);
  ASSERT_TRUE(found);
  std::set<std::string> who;
  for (const Difference& one : *found) {
    who.insert(one.principal);
    EXPECT_EQ(one.via, kOurs + "assumed-role/app/*") << one.principal;
  }
  EXPECT_EQ(who, (std::set<std::string>{kOurs + "user/bob", kOurs + "assumed-role/mid/*",
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

policy::Statement named(policy::Statement statement, policy::Operator op, std::string arn) {
  statement.conditions.push_back({op, "acs:PrincipalARN", {std::move(arn)}});
  return statement;
}

struct SessionRule {
  std::string_view what;
  std::vector<policy::Statement> own;  // of the role app
  std::string rule;                    // who may
  std::string breaker;                 // empty: it holds
};

// Whoever assumes a role chooses the session's name: a rule must hold for every one.
TEST(World, RulesMustNameEverySessionThatReaches) {
  using enum policy::Operator;
  const auto get = [] { return allow("kms:GetSecretValue", "*"); };
  const auto deny = [&get] {
    policy::Statement out = get();
    out.effect = policy::Effect::kDeny;
    return out;
  };
  const std::string app = kOurs + "assumed-role/app/";
  const SessionRule cases[] = {
      {"one name has the right",
       {named(get(), kStringEquals, app + "alice")},
       "nobody",
       app + "alice"},
      {"names of a pattern have it",
       {named(get(), kStringLike, app + "al*")},
       "nobody",
       app + "al"},
      {"the rule names it", {named(get(), kStringEquals, app + "alice")}, "*/app/alice", ""},
      {"the rule names more", {named(get(), kStringLike, app + "al*")}, "*/app/a*", ""},
      {"the rule names fewer", {named(get(), kStringLike, app + "a*")}, "*/app/al*", app + "ax"},
      {"all have it, the rule names one", {get()}, "*/app/session", app + "xx"},
      {"all have it, the rule names all", {get()}, "*/app/*", ""},
      {"all have it, the rules name all together", {get()}, "*/app/a*,*/app/*", ""},
      {"one is denied it",
       {get(), named(deny(), kStringEquals, app + "session")},
       "nobody",
       app + "xx"},
      {"no name can be so short", {named(get(), kStringEquals, app + "a")}, "nobody", ""},
      {"no name has a slash", {named(get(), kStringLike, app + "*/*")}, "nobody", ""},
      {"another role's", {named(get(), kStringLike, kOurs + "assumed-role/other/*")}, "nobody", ""},
      {"all but those named are denied",
       {get(), named(deny(), kStringNotLike, app + "al*")},
       "*/app/alice",
       app + "al"},
  };
  for (const SessionRule& one : cases) {
    World world(kNow);
    world.add_role(holder(PrincipalKind::kRole, "app", one.own), kOurs + "role/app",
                   trusting({kOurs + "root"}));
    const auto rule = parse_invariant("only " + one.rule + " may kms:GetSecretValue on *");
    ASSERT_TRUE(rule);
    std::vector<std::string> want;
    if (!one.breaker.empty()) want.push_back(one.breaker);
    EXPECT_EQ(breakers(*rule, world), want) << one.what;
  }
}

TEST(World, WhoeverMayBecomeARoleChoosesTheSessionsName) {
  World world(kNow);
  world.add(holder(PrincipalKind::kUser, "bob", {allow("sts:AssumeRole", "*:role/app")}));
  world.add_role(holder(PrincipalKind::kRole, "app",
                        {named(allow("kms:GetSecretValue", "*"), policy::Operator::kStringEquals,
                               kOurs + "assumed-role/app/alice")}),
                 kOurs + "role/app", trusting({kOurs + "root"}));
  const auto found =
      all_broken(*parse_invariant("only *:assumed-role/app/alice may * on *"), world);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().principal, kOurs + "user/bob");
  EXPECT_EQ(found->front().after, Extent::kAlways);
}

// A session that the rule names reached it before; others come to it by the change.
TEST(World, ANewSessionBreaksARuleNewly) {
  const auto world_of = [](policy::Statement own) {
    World out(kNow);
    out.add_role(holder(PrincipalKind::kRole, "app", {std::move(own)}), kOurs + "role/app",
                 trusting({kOurs + "root"}));
    return out;
  };
  const auto of_alice = named(allow("kms:GetSecretValue", "*"), policy::Operator::kStringEquals,
                              kOurs + "assumed-role/app/alice");
  World before = world_of(of_alice);
  World after = world_of(named(allow("kms:GetSecretValue", "*"), policy::Operator::kStringLike,
                               kOurs + "assumed-role/app/a*"));
  const std::vector<Invariant> rules{*parse_invariant("only */app/alice may kms:Get* on *")};
  const auto of_before = [&](std::string_view action, const Resource& resource,
                             RuleRefs of_it) -> Result<Reaches> {
    return reaches(before, action, resource, kNow, of_it);
  };
  const auto found = newly_broken(rules, after, kScope, of_before);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->principal, kOurs + "assumed-role/app/ax");
  EXPECT_EQ((*found)->before, Extent::kNever);
  World same = world_of(of_alice);
  EXPECT_FALSE(newly_broken(rules, same, kScope, of_before)->has_value());
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

std::vector<Resource> secrets(std::size_t count) {
  std::vector<Resource> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back({.arn = kSecret + std::to_string(i), .owner = kAccount});
  }
  return out;
}

// Nobody can try all of its requests: whoever looks at it fails.
Resource unanswerable() {
  policy::Statement statement = allow("kms:*", "*");
  for (std::size_t i = 0; i < 10; ++i) {
    policy::ConditionTest test{
        policy::Operator::kStringEquals, "acs:RequestTag/t" + std::to_string(i), {}};
    for (char value = 'a'; value < 'k'; ++value) test.values.emplace_back(1, value);
    statement.conditions.push_back(std::move(test));
  }
  statement.principals.push_back({policy::PrincipalType::kRam, kOurs + "root"});
  statement.resources = {"*"};
  return {.arn = kSecret + "/last",
          .owner = kAccount,
          .policy = policy::PolicySet::compile(
              {{.name = "r",
                .type = "Resource",
                .document = {.statements = {std::move(statement)},
                             .kind = policy::DocumentKind::kResource}}})};
}

constexpr std::string_view kTagging[] = {"kms:TagResources"};

TEST(World, NothingIsLookedAtBeyondWhatIsTold) {
  const auto rule = parse_invariant("only nobody may * on *");
  World world(kNow);
  for (int i = 0; i < 300; ++i) {
    world.add(holder(PrincipalKind::kUser, "u" + std::to_string(i), {allow("kms:*", "*")}));
  }
  std::vector<Resource> resources = secrets(300);
  resources.push_back(unanswerable());
  const Scope scope{kTagging, resources, kNow};
  const std::span rules(&*rule, 1);
  const auto some = violations(rules, world, scope, 101);
  ASSERT_TRUE(some) << some.error().message();
  EXPECT_EQ(some->size(), 101U);
  EXPECT_FALSE(violations(rules, world, scope, kAll));
  // The first that is new is enough; of what there was, only that is asked.
  std::size_t asked = 0;
  const auto fresh = newly_broken(
      rules, world, scope, [&](std::string_view, const Resource&, RuleRefs) -> Result<Reaches> {
        ++asked;
        return Reaches();
      });
  ASSERT_TRUE(fresh) << fresh.error().message();
  EXPECT_TRUE(fresh->has_value());
  EXPECT_EQ(asked, 1U);
}

// A world by chance, of few names, so that two of them have much in common.
struct Chance {
  std::minstd_rand dice;
  bool one_in(unsigned n) { return dice() % n == 0; }

  policy::Statement right(std::string action, std::string resource) {
    policy::Statement out = allow(std::move(action), std::move(resource));
    if (one_in(3)) {
      out.conditions.push_back({policy::Operator::kIpAddress, "acs:SourceIp", {"10.0.0.0/8"}});
    }
    return out;
  }
  World world() {
    World out(kNow);
    for (int i = 0; i < 6; ++i) {
      if (one_in(5)) continue;
      std::vector<policy::Statement> own;
      if (one_in(2)) own.push_back(right("kms:Get*", "*:secret/prod/a" + std::to_string(i % 3)));
      if (one_in(3)) own.push_back(right("kms:*", "*"));
      if (one_in(3)) own.push_back(right("sts:AssumeRole", "*:role/r*"));
      // Two of a name, as the client keys of an access point.
      out.add(holder(PrincipalKind::kUser, "u" + std::to_string(i / 2), std::move(own)));
    }
    for (const std::string name : {"r1", "r2"}) {
      std::vector<policy::Statement> own;
      if (one_in(2)) own.push_back(right("kms:Get*", "*"));
      if (one_in(4)) own.push_back(right("sts:AssumeRole", "*"));
      out.add_role(holder(PrincipalKind::kRole, name, std::move(own)), kOurs + "role/" + name,
                   trusting({kOurs + "root"}));
    }
    return out;
  }
  std::vector<Resource> resources() {
    std::vector<Resource> out = secrets(4);
    std::erase_if(out, [this](const Resource&) { return one_in(5); });
    return out;
  }
};

// Each of `after` against each of `before`.
std::vector<Difference> compared(std::span<const Difference> before,
                                 std::span<const Difference> after) {
  std::vector<Difference> out;
  for (const Difference& now : after) {
    if (std::ranges::none_of(before, [&now](const Difference& then) {
          return then.principal == now.principal && then.action == now.action &&
                 then.resource == now.resource && then.after >= now.after;
        })) {
      out.push_back(now);
    }
  }
  return out;
}

TEST(World, OnlyWhatIsNewIsNewlyBroken) {
  const std::vector<Invariant> rules{
      *parse_invariant("only *:user/u0 may kms:GetSecretValue on *"),
      *parse_invariant("only *:user/u1,*:assumed-role/r1/* may kms:* on *secret/prod/a1")};
  Chance chance{std::minstd_rand(23)};
  std::size_t refused = 0;
  std::size_t passed_over = 0;  // broken, but not newly
  for (int round = 0; round < 400; ++round) {
    World before = chance.world();
    World after = chance.one_in(4) ? before : chance.world();
    const std::vector<Resource> old_resources = chance.resources();
    const std::vector<Resource> resources = chance.one_in(2) ? old_resources : chance.resources();
    const Scope scope{kActions, resources, kNow};
    const auto then = violations(rules, before, {kActions, old_resources, kNow}, kAll);
    const auto now = violations(rules, after, scope, kAll);
    ASSERT_TRUE(then && now);
    const std::vector<Difference> want = compared(*then, *now);
    const auto found = newly_broken(
        rules, after, scope,
        [&](std::string_view action, const Resource& resource, RuleRefs of_it) -> Result<Reaches> {
          const auto old = std::ranges::find(old_resources, resource.arn, &Resource::arn);
          return old == old_resources.end() ? Reaches()
                                            : reaches(before, action, *old, kNow, of_it);
        });
    ASSERT_TRUE(found);
    ASSERT_EQ(found->has_value(), !want.empty()) << round;
    refused += want.empty() ? 0U : 1U;
    passed_over += want.empty() && !now->empty() ? 1U : 0U;
    if (want.empty()) continue;
    const Difference& first = want.front();
    EXPECT_EQ((*found)->principal, first.principal) << round;
    EXPECT_EQ((*found)->action, first.action) << round;
    EXPECT_EQ((*found)->resource, first.resource) << round;
    EXPECT_EQ((*found)->after, first.after) << round;
    EXPECT_EQ((*found)->via, first.via) << round;
  }
  EXPECT_GT(refused, 50U);
  EXPECT_GT(passed_over, 50U);
}

}  // namespace
}  // namespace strongroom::access
