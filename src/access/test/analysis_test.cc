// Analyses against brute force: random policies, every request of a small world.

#include "strongroom/access/analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace strongroom::access {
namespace {

using identity::Principal;
using identity::PrincipalKind;
using ::testing::HasSubstr;

constexpr Instant kNow{1'795'300'020'000};
const AccountId kAccount{1'000'000'000'000'001};

// A member of every range that the random policies can make: all of a small network and what lies
// around it, each side of the one moment they know.
std::vector<Circumstances> every_request() {
  std::vector<std::string> addresses{"0.0.0.0", "::", "9.255.255.255", "11.0.0.0", "192.0.2.1"};
  for (int i = 0; i < 24; ++i) addresses.push_back("10.0.0." + std::to_string(i));
  std::vector<Circumstances> out;
  for (const std::string& address : addresses) {
    for (const std::int64_t step : {-5, -1, 0, 1, 5}) {
      for (const bool secure : {true, false}) {
        for (const bool factor : {true, false}) {
          out.push_back(
              {Instant{kNow.unix_ms + step * 1000 - kNow.unix_ms % 1000}, address, secure, factor});
        }
      }
    }
  }
  return out;
}

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

 private:
  std::minstd_rand engine_;
};

policy::ConditionTest random_test(Dice& source) {
  using enum policy::Operator;
  const std::string moment = format_utc(kNow);
  switch (source.below(6)) {
    case 0:
      return {
          source.below(2) == 0 ? kIpAddress : kNotIpAddress,
          "acs:SourceIp",
          {source.one_of<std::string>({"10.0.0.0/29", "10.0.0.4/30", "10.0.0.8", "10.0.0.0/8"})}};
    case 1:
      return {source.one_of<policy::Operator>({kDateLessThan, kDateGreaterThanEquals, kDateEquals}),
              "acs:CurrentTime",
              {moment}};
    case 2:
      return {kBool, "acs:SecureTransport", {source.below(2) == 0 ? "true" : "false"}};
    case 3:
      return {kBool, "acs:MFAPresent", {"true"}};
    case 4:
      return {kStringEquals, "kms:tag/env", {"prod"}};
    default:
      return {kStringNotEquals, "KMS:Tag/ENV", {"prod"}};
  }
}

policy::Statement random_statement(Dice& source) {
  policy::Statement out;
  out.effect = source.below(3) == 0 ? policy::Effect::kDeny : policy::Effect::kAllow;
  out.actions = {
      source.one_of<std::string>({"kms:*", "kms:Get*", "kms:GetSecretValue", "kms:Put*"})};
  out.resources = {
      source.one_of<std::string>({"*", "acs:kms:*:secret/prod/*", "acs:*secret/dev/*"})};
  out.not_resources = source.below(8) == 0;
  for (std::size_t n = source.below(3); n > 0; --n) out.conditions.push_back(random_test(source));
  return out;
}

std::shared_ptr<const policy::PolicySet> random_set(Dice& source, bool of_resource) {
  std::vector<policy::Policy> policies;
  for (std::size_t n = source.below(3); n > 0; --n) {
    policy::Policy one{.name = "p" + std::to_string(n), .type = "Custom"};
    for (std::size_t s = 1 + source.below(3); s > 0; --s) {
      one.document.statements.push_back(random_statement(source));
      if (!of_resource) continue;
      one.document.kind = policy::DocumentKind::kResource;
      one.document.statements.back().resources = {"*"};
      one.document.statements.back().not_resources = false;
      one.document.statements.back().principals = {
          {policy::PrincipalType::kRam, source.below(2) == 0
                                            ? "acs:ram::1000000000000001:user/bob"
                                            : "acs:ram::1000000000000001:role/app"}};
    }
    policies.push_back(std::move(one));
  }
  return policy::PolicySet::compile(std::move(policies));
}

Principal blank(PrincipalKind kind) {
  Principal out;
  out.kind = kind;
  out.account = kAccount;
  return out;
}

Principal random_principal(Dice& source) {
  const bool role = source.below(2) == 0;
  Principal out = blank(role ? PrincipalKind::kRole : PrincipalKind::kUser);
  out.arn = "acs:ram::1000000000000001:" + std::string(role ? "assumed-role/app/s" : "user/bob");
  out.session = role;
  out.policies = random_set(source, false);
  if (role && source.below(3) == 0) out.session_policy = random_set(source, false);
  return out;
}

Resource random_resource(Dice& source) {
  Resource out{
      .arn = "acs:kms:cn-hangzhou:1000000000000001:secret/" +
             std::string(source.below(2) == 0 ? "prod/a" : "dev/a"),
      .owner = AccountId{source.below(5) == 0 ? 1'000'000'000'000'002 : kAccount.number()}};
  if (source.below(2) == 0) out.tags.emplace_back("Env", source.below(2) == 0 ? "prod" : "dev");
  if (source.below(2) == 0) out.policy = random_set(source, true);
  return out;
}

class Tags final : public TagSource {
 public:
  explicit Tags(const Resource& resource) : resource_(resource) {}
  std::optional<std::string_view> tag(std::string_view name, std::size_t index) const override {
    if (name != "env" || index >= resource_.tags.size()) return std::nullopt;
    return resource_.tags[index].second;
  }

 private:
  const Resource& resource_;
};

// One request, as the server decides it.
bool allowed(Principal who, std::string_view action, const Resource& resource,
             const Circumstances& at) {
  who.mfa_present = at.mfa_present;
  const CallFacts facts{at.now, at.source_ip, at.secure_transport, at.gateway};
  const Tags tags(resource);
  const RequestConditions conditions(facts, who, &tags);
  const std::string_view arns[] = {resource.arn};
  return decide(who, {.action = action, .resources = arns, .context = &conditions},
                {.owner = resource.owner, .resource_policy = resource.policy.get()})
      .allowed();
}

TEST(Analysis, ReachIsWhatBruteForceFinds) {
  Dice source(7);
  const std::vector<Circumstances> requests = every_request();
  std::map<Extent, int> seen;
  for (int round = 0; round < 150; ++round) {
    const Principal who = random_principal(source);
    const Resource resource = random_resource(source);
    for (const std::string_view action : {"kms:GetSecretValue", "kms:PutSecretValue"}) {
      std::size_t yes = 0;
      std::size_t asked = 0;
      for (const Circumstances& at : requests) {
        if (!who.session && at.mfa_present) continue;
        ++asked;
        if (allowed(who, action, resource, at)) ++yes;
      }
      const Extent want = yes == 0       ? Extent::kNever
                          : yes == asked ? Extent::kAlways
                                         : Extent::kSometimes;
      const auto found = reach(who, action, resource, kNow);
      ASSERT_TRUE(found);
      ASSERT_EQ(extent_name(found->extent), extent_name(want))
          << "round " << round << " " << action;
      if (want != Extent::kNever) {
        ASSERT_TRUE(found->example);
        EXPECT_TRUE(allowed(who, action, resource, *found->example));
      }
      EXPECT_EQ(found->depends_on.empty(), want != Extent::kSometimes);
      ++seen[want];
    }
  }
  for (const Extent each : {Extent::kNever, Extent::kSometimes, Extent::kAlways})
    EXPECT_GE(seen[each], 15) << extent_name(each);
}

TEST(Analysis, RemediesAllowTheRequestAndNoneIsIdle) {
  Dice source(11);
  const std::vector<Circumstances> requests = every_request();
  std::size_t refused = 0;
  for (int round = 0; round < 300; ++round) {
    const Principal who = random_principal(source);
    const Resource resource = random_resource(source);
    const Circumstances& at = requests[source.below(requests.size())];
    const Explanation why = explain(who, "kms:GetSecretValue", resource, at);
    EXPECT_EQ(why.remedies.empty(), why.verdict.allowed());
    if (why.verdict.allowed()) continue;
    ++refused;
    // What must happen: every denial that applies goes, every voice that must allow does.
    std::size_t denials = 0;
    bool identity = false;
    bool session = who.session_policy == nullptr;
    bool by_resource = false;
    for (const Finding& one : why.findings) {
      if (!one.fit.whole()) continue;
      if (one.fit.effect == policy::Effect::kDeny) {
        ++denials;
      } else {
        (one.source == Source::kIdentity  ? identity
         : one.source == Source::kSession ? session
                                          : by_resource) = true;
      }
    }
    const bool own = resource.owner == who.account;
    const std::size_t grants =
        (session ? 0U : 1U) + (own ? (identity || by_resource ? 0U : 1U)
                                   : (identity ? 0U : 1U) + (by_resource ? 0U : 1U));
    EXPECT_EQ(why.remedies.size(), denials + grants) << "round " << round;
  }
  EXPECT_GT(refused, 100U);
}

TEST(Analysis, ExplainNamesStatementAndChange) {
  const auto document = policy::parse_document(
      R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"},
          {"Effect":"Deny","Action":"kms:Get*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":"false"}}}]})",
      policy::DocumentKind::kIdentity);
  ASSERT_TRUE(document);
  Principal who = blank(PrincipalKind::kUser);
  who.arn = "acs:ram::1000000000000001:user/bob";
  who.policies =
      policy::PolicySet::compile({{.name = "tls", .type = "Custom", .document = *document}});
  const Resource resource{.arn = "acs:kms:cn-hangzhou:1000000000000001:secret/a",
                          .owner = kAccount};
  const Explanation why =
      explain(who, "kms:GetSecretValue", resource, {kNow, "192.0.2.1", false, false});
  ASSERT_EQ(why.remedies.size(), 1U);
  EXPECT_EQ(why.remedies[0].kind, Remedy::Kind::kRemoveStatement);
  EXPECT_EQ(why.remedies[0].policy, "tls");
  EXPECT_EQ(why.remedies[0].statement, 2U);
  EXPECT_THAT(why.remedies[0].text, HasSubstr("acs:SecureTransport"));
  const auto found = reach(who, "kms:GetSecretValue", resource, kNow);
  EXPECT_EQ(found->extent, Extent::kSometimes);
  EXPECT_THAT(found->depends_on, testing::ElementsAre("acs:SecureTransport"));
}

TEST(Analysis, WhatAnAnswerDependsOnIsAboutItsAction) {
  const auto document = policy::parse_document(
      R"({"Version":"1","Statement":[
          {"Effect":"Allow","Action":"kms:Get*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}},
          {"Effect":"Deny","NotAction":"kms:Get*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":"false"}}}]})",
      policy::DocumentKind::kIdentity);
  ASSERT_TRUE(document);
  Principal who = blank(PrincipalKind::kUser);
  who.policies =
      policy::PolicySet::compile({{.name = "p", .type = "Custom", .document = *document}});
  const auto found =
      reach(who, "kms:GetSecretValue",
            {.arn = "acs:kms:cn-hangzhou:1000000000000001:secret/a", .owner = kAccount}, kNow);
  ASSERT_TRUE(found);
  EXPECT_THAT(found->depends_on, testing::ElementsAre("acs:SourceIp"));
}

// A text of every kind that the random tests below tell apart.

const std::vector<std::string> kTagTexts{"",   "a",    "b",   "ab",   "aa",   "ba",   "abb", "A",
                                         "aB", "Ab",   "a-b", "prod", "Prod", "PROD", "x",   "xb",
                                         "ax", "axxb", "aaa", "xxb",  "xxx",  "xx",   "AB"};

policy::ConditionTest random_tag_test(Dice& source) {
  using enum policy::Operator;
  const auto op =
      source.one_of<policy::Operator>({kStringEquals, kStringNotEquals, kStringLike, kStringNotLike,
                                       kStringEqualsIgnoreCase, kStringNotEqualsIgnoreCase});
  const bool like = op == kStringLike || op == kStringNotLike;
  return {op,
          "acs:RequestTag/" + source.one_of<std::string>({"Team", "team"}),
          {like ? source.one_of<std::string>({"a*", "*b", "?", "a?b", "*", "??"})
                : source.one_of<std::string>({"a", "ab", "PROD", ""})}};
}

TEST(Analysis, ReachOverTagsOfTheRequestIsWhatBruteForceFinds) {
  Dice source(17);
  std::map<Extent, int> seen;
  const Resource resource{.arn = "acs:kms:cn-hangzhou:1000000000000001:secret/prod/a",
                          .owner = kAccount};
  const Circumstances plain{Instant::from_seconds(kNow.unix_seconds()), "192.0.2.1"};
  std::vector<Circumstances> requests{plain};
  for (const std::string& text : kTagTexts) {
    requests.push_back(plain);
    requests.back().request_tags = {{"team", text}};
  }
  for (int round = 0; round < 300; ++round) {
    Principal who = blank(PrincipalKind::kUser);
    who.arn = "acs:ram::1000000000000001:user/bob";
    policy::Policy policy{.name = "p", .type = "Custom"};
    for (std::size_t n = 1 + source.below(3); n > 0; --n) {
      policy::Statement one{
          .effect = source.below(3) == 0 ? policy::Effect::kDeny : policy::Effect::kAllow,
          .actions = {"kms:*"},
          .resources = {"*"}};
      for (std::size_t t = 1 + source.below(2); t > 0; --t)
        one.conditions.push_back(random_tag_test(source));
      policy.document.statements.push_back(std::move(one));
    }
    who.policies = policy::PolicySet::compile({std::move(policy)});
    std::size_t yes = 0;
    for (const Circumstances& at : requests) {
      const Explanation why = explain(who, "kms:CreateSecret", resource, at);
      if (why.verdict.allowed()) ++yes;
    }
    const Extent want = yes == 0                 ? Extent::kNever
                        : yes == requests.size() ? Extent::kAlways
                                                 : Extent::kSometimes;
    const auto found = reach(who, "kms:CreateSecret", resource, kNow);
    ASSERT_TRUE(found);
    ASSERT_EQ(extent_name(found->extent), extent_name(want)) << "round " << round;
    if (want == Extent::kSometimes) {
      EXPECT_THAT(found->depends_on, testing::ElementsAre("acs:RequestTag/team"));
    }
    if (want != Extent::kNever) {
      ASSERT_TRUE(found->example);
      EXPECT_TRUE(explain(who, "kms:CreateSecret", resource, *found->example).verdict.allowed());
    }
    // Requests that set no tags never have the key.
    const auto reading = reach(who, "kms:GetSecretValue", resource, kNow);
    ASSERT_TRUE(reading);
    const bool untagged = explain(who, "kms:CreateSecret", resource, plain).verdict.allowed();
    EXPECT_EQ(reading->extent, untagged ? Extent::kAlways : Extent::kNever);
    ++seen[want];
  }
  EXPECT_GE(seen[Extent::kNever], 10);
  EXPECT_GE(seen[Extent::kSometimes], 50);
}

TEST(Analysis, PatternsOfATagThatNobodyCouldTryAllAreRefused) {
  policy::ConditionTest test{policy::Operator::kStringLike, "acs:RequestTag/t", {}};
  for (const char* middle : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"})
    test.values.push_back("*" + std::string(middle) + "????????" + middle + "*");
  Principal who = blank(PrincipalKind::kUser);
  who.policies = policy::PolicySet::compile(
      {{.name = "p",
        .type = "Custom",
        .document = {
            .statements = {{.actions = {"*"}, .resources = {"*"}, .conditions = {test}}}}}});
  const auto found = reach(who, "kms:CreateSecret", {.arn = "acs:kms:*", .owner = kAccount}, kNow);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), "TooManyConditions");
}

policy::AccessPolicy random_grant(Dice& source) {
  policy::AccessPolicy out;
  out.name = "g";
  out.scope = source.one_of<std::string>({"shared", "kst-a", "kst-b"});
  out.roles = static_cast<std::uint8_t>(1 + source.below(7));
  out.resources = {source.one_of<std::string>({"*", "secret/*", "secret/prod/*", "key/*"})};
  out.restricted = source.below(2) == 0;
  if (out.restricted && source.below(5) != 0) {
    const auto type =
        source.below(4) == 0 ? policy::NetworkType::kPublic : policy::NetworkType::kPrivate;
    out.networks.push_back(
        {source.below(3) == 0 || out.scope != "shared" ? type : policy::NetworkType::kPublic,
         {source.one_of<std::string>({"10.0.0.0/29", "10.0.0.4/30", "10.0.0.8", "::/0"})}});
  }
  return out;
}

Principal random_bounded(Dice& source) {
  Principal out = random_principal(source);
  std::vector<policy::AccessPolicy> grants;
  for (std::size_t n = 1 + source.below(2); n > 0; --n) grants.push_back(random_grant(source));
  out.grants = policy::AccessGrants::compile(std::move(grants));
  if (out.kind == PrincipalKind::kRole) return out;
  out.kind = PrincipalKind::kClientKey;
  out.arn = "acs:kms:cn-hangzhou:1000000000000001:applicationaccesspoint/app";
  out.policies = nullptr;
  const Instant second = Instant::from_seconds(kNow.unix_seconds());
  if (source.below(2) == 0) out.not_before = second;
  if (source.below(3) == 0) out.not_after = Instant{second.unix_ms + 4'000};
  return out;
}

bool in_time(const Principal& who, Instant at) {
  return at >= who.not_before && (who.not_after == Instant{} || at < who.not_after);
}

TEST(Analysis, ReachOfClientKeysAndBoundRolesIsWhatBruteForceFinds) {
  Dice source(13);
  std::map<std::pair<PrincipalKind, Extent>, int> seen;
  const std::vector<Circumstances> requests = every_request();
  for (int round = 0; round < 200; ++round) {
    const Principal who = random_bounded(source);
    const Resource resource = random_resource(source);
    std::size_t yes = 0;
    std::size_t asked = 0;
    for (Circumstances at : requests) {
      if (!who.session && at.mfa_present) continue;
      for (const char* gateway : {"shared", "kst-a", "kst-b", "kst-c"}) {
        at.gateway = gateway;
        ++asked;
        if (in_time(who, at.now) && allowed(who, "kms:GetSecretValue", resource, at)) ++yes;
      }
    }
    const Extent want = yes == 0       ? Extent::kNever
                        : yes == asked ? Extent::kAlways
                                       : Extent::kSometimes;
    const auto found = reach(who, "kms:GetSecretValue", resource, kNow);
    ASSERT_TRUE(found);
    ASSERT_EQ(extent_name(found->extent), extent_name(want)) << "round " << round;
    if (want != Extent::kNever) {
      ASSERT_TRUE(found->example);
      EXPECT_TRUE(allowed(who, "kms:GetSecretValue", resource, *found->example));
    }
    ++seen[{who.kind, want}];
  }
  for (const PrincipalKind kind : {PrincipalKind::kClientKey, PrincipalKind::kRole}) {
    const int least = 10;
    EXPECT_GE((seen[{kind, Extent::kSometimes}]), least);
    EXPECT_GE((seen[{kind, Extent::kNever}]), least);
  }
}

TEST(Analysis, Diff) {
  const auto holder = [](std::string_view name, std::string_view resource) {
    Principal who = blank(PrincipalKind::kUser);
    who.arn = "acs:ram::1000000000000001:user/" + std::string(name);
    who.policies = policy::PolicySet::compile(
        {{.name = "p",
          .type = "Custom",
          .document = {.statements = {{.actions = {"kms:GetSecretValue"},
                                       .resources = {std::string(resource)}}}}}});
    return who;
  };
  const std::vector<Resource> resources{
      {.arn = "acs:kms:cn-hangzhou:1000000000000001:secret/prod/a", .owner = kAccount},
      {.arn = "acs:kms:cn-hangzhou:1000000000000001:secret/dev/a", .owner = kAccount}};
  const std::string_view actions[] = {"kms:GetSecretValue", "kms:PutSecretValue"};
  const Scope scope{actions, resources, kNow};
  const std::vector<Principal> before{holder("bob", "acs:kms:*:secret/dev/*"), holder("gone", "*")};
  const std::vector<Principal> after{holder("bob", "acs:kms:*:secret/prod/*")};
  const auto changed = diff(before, after, scope);
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->size(), 4U);  // bob: one gained, one lost; gone: two lost
}

}  // namespace
}  // namespace strongroom::access
