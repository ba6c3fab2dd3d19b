// Questions about all policies of an account (access/analysis.h), for administrators: actions of
// our own product version, permitted by policies on acs:strongroom:<region>:<account>:*, which no
// KMS system policy gives.

#include <algorithm>
#include <optional>
#include <utility>

#include "account_rules.h"
#include "analysis_world.h"
#include "json_parameters.h"
#include "strongroom/access/analysis.h"
#include "strongroom/base/limits.h"
#include "strongroom/identity/account_rules.h"
#include "strongroom/policy/pattern.h"
#include "tables.h"
#include "wildcards.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;
using access::Extent;
using identity::Principal;

Result<std::string> action_of(const Parameters& parameters) {
  SR_TRY(const std::string_view given, parameters.required("AskedAction"));
  std::string action(given);
  if (given.find(':') == std::string_view::npos) action.insert(0, "kms:");
  // Of a misspelt one the true answer, "nobody", would be taken for that of the right one.
  if (auto judged = judged_action(action)) return std::move(*judged);
  return invalid_parameter("AskedAction", "There is no action \"" + action +
                                              "\". Write one as in a policy, without wildcards: "
                                              "GetSecretValue, kms:Decrypt, sts:AssumeRole.");
}

/// Who of several may, where they are told apart: one of each sort.
void write_askers(AnswerWriter& answer, const access::Reach& reach) {
  const auto may_not = [](const access::AskerReach& one) { return one.extent == Extent::kNever; };
  if (reach.extent == Extent::kNever || std::ranges::none_of(reach.askers, may_not)) return;
  answer.begin_flat_list("SuchAs");
  for (const access::AskerReach& one : reach.askers) {
    if (!may_not(one)) answer.item(one.arn);
  }
  answer.end_flat_list();
}

void write_reach(AnswerWriter& answer, const access::Reach& reach) {
  answer.field("Extent", access::extent_name(reach.extent));
  answer.begin_flat_list("DependsOn");
  for (const std::string& key : reach.depends_on) answer.item(key);
  answer.end_flat_list();
  write_askers(answer, reach);
}

void write_validity(AnswerWriter& answer, const Principal& who) {
  if (who.kind != identity::PrincipalKind::kClientKey) return;
  answer.field("ClientKeyId", who.access_key_id);
  answer.field("NotBefore", format_utc(who.not_before));
  answer.field("NotAfter", format_utc(who.not_after));
}

/// The role, among the principals of the world, whose ARN this is.
std::optional<std::size_t> role_of_arn(std::span<const Principal> all, std::string_view arn) {
  constexpr std::string_view kKind = ":role/";
  const std::size_t at = arn.find(kKind);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string session = std::string(arn.substr(0, at)) + ":assumed-role/" +
                              std::string(arn.substr(at + kKind.size())) + "/";
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].arn.starts_with(session)) return i;
  }
  return std::nullopt;
}

/// Who may assume a role: here its trust policy has a word, and the account's root has none.
Result<void> write_assumers(AnswerWriter& answer, const access::World& world, std::size_t role) {
  SR_TRY(const std::vector<access::World::Assumer> assumers, world.assumers(role));
  for (const access::World::Assumer& one : assumers) {
    const Principal& who = world.principals()[one.who];
    answer.begin_item();
    answer.field("Principal", who.arn);
    write_reach(answer, {.extent = one.extent});
    answer.boolean("OtherAccount", who.account != world.principals()[role].account);
    answer.begin_flat_list("AssumedBy");
    answer.end_flat_list();
    answer.end_item();
  }
  return {};
}

Result<void> who_can(Call& call) {
  SR_TRY(const std::string action, action_of(call.parameters));
  SR_TRY(const std::string_view asked, call.parameters.required("AskedResource"));
  const WorldView view = WorldView::of(call);
  SR_TRY(const access::Resource resource, resource_named(view, asked));
  SR_TRY(const access::World world, world_of_account(view));
  const std::span<const Principal> all = world.principals();
  call.answer.field("AskedAction", action);
  call.answer.field("AskedResource", resource.arn);
  call.answer.begin_flat_list("Principals");
  const auto role = role_of_arn(all, resource.arn);
  if (role && action == "sts:AssumeRole") {
    SR_CHECK_OK(write_assumers(call.answer, world, *role));
    call.answer.end_flat_list();
    return {};
  }
  const auto write = [&](const Principal& one, std::optional<std::size_t> number) -> Result<void> {
    SR_TRY(const access::Reach reach, access::reach(one, action, resource, call.now));
    if (reach.extent == Extent::kNever) return {};
    std::vector<access::World::Assumer> assumers;
    if (number) {
      SR_TRY(assumers, world.assumers(*number));
    }
    call.answer.begin_item();
    call.answer.field("Principal", one.arn);
    write_validity(call.answer, one);
    write_reach(call.answer, reach);
    call.answer.boolean("OtherAccount", !number.has_value());
    call.answer.begin_flat_list("AssumedBy");
    for (const access::World::Assumer& who : assumers) call.answer.item(all[who.who].arn);
    call.answer.end_flat_list();
    call.answer.end_item();
    return {};
  };
  for (std::size_t i = 0; i < all.size(); ++i) SR_CHECK_OK(write(all[i], i));
  for (const Principal& one : named_strangers(resource)) SR_CHECK_OK(write(one, std::nullopt));
  call.answer.end_flat_list();
  return {};
}

/// A product's actions that are all among those reached, as the one pattern "kms:*".
void gather_products(std::vector<std::string_view>& reached,
                     std::span<const std::string_view> all) {
  for (const auto& [pattern, prefix] :
       {std::pair<std::string_view, std::string_view>{"kms:*", "kms:"},
        {"strongroom:*", "strongroom:"}}) {
    const auto is_of_it = [prefix](std::string_view action) { return action.starts_with(prefix); };
    const auto count = std::ranges::count_if(reached, is_of_it);
    if (count == 0 || count != std::ranges::count_if(all, is_of_it)) continue;
    std::erase_if(reached, is_of_it);
    reached.push_back(pattern);
  }
}

Result<void> write_what(Call& call, const Principal& who, Held what) {
  SR_TRY(const std::vector<access::Resource> resources,
         resources_of_account(WorldView::of(call), what));
  const auto actions = asked_actions(what);
  for (const access::Resource& resource : resources) {
    std::vector<std::string_view> always;
    std::vector<std::string_view> sometimes;
    for (const std::string_view action : actions) {
      SR_TRY(const access::Reach reach, access::reach(who, action, resource, call.now));
      if (reach.extent == Extent::kAlways) always.push_back(action);
      if (reach.extent == Extent::kSometimes) sometimes.push_back(action);
    }
    if (always.empty() && sometimes.empty()) continue;
    gather_products(always, actions);
    call.answer.begin_item();
    call.answer.field("Resource", resource.arn);
    call.answer.begin_flat_list("Always");
    for (const std::string_view action : always) call.answer.item(action);
    call.answer.end_flat_list();
    call.answer.begin_flat_list("Sometimes");
    for (const std::string_view action : sometimes) call.answer.item(action);
    call.answer.end_flat_list();
    call.answer.end_item();
  }
  return {};
}

Result<void> what_can(Call& call) {
  SR_TRY(const std::string_view asked, call.parameters.required("AskedPrincipal"));
  SR_TRY(const Principal who, principal_named(WorldView::of(call), asked));
  call.answer.field("AskedPrincipal", who.arn);
  call.answer.begin_flat_list("Resources");
  SR_CHECK_OK(write_what(call, who, Held::kSecrets));
  SR_CHECK_OK(write_what(call, who, Held::kKeys));
  call.answer.end_flat_list();
  return {};
}

std::string_view outcome_name(policy::Outcome outcome) {
  if (outcome == policy::Outcome::kAllow) return "allow";
  return outcome == policy::Outcome::kExplicitDeny ? "explicit-deny" : "implicit-deny";
}

void write_findings(AnswerWriter& answer, std::span<const access::Finding> findings) {
  answer.begin_flat_list("Statements");
  for (const access::Finding& one : findings) {
    answer.begin_item();
    answer.field("Where", access::source_name(one.source));
    answer.field("Policy", one.policy);
    answer.number("Statement", one.statement);
    answer.field("Effect", one.fit.effect == policy::Effect::kAllow ? "Allow" : "Deny");
    answer.boolean("Applies", one.fit.whole());
    answer.boolean("ResourceFits", one.fit.resource);
    answer.boolean("PrincipalFits", one.fit.principal);
    answer.boolean("ConditionsHold", one.fit.conditions);
    answer.end_item();
  }
  answer.end_flat_list();
}

void write_remedies(AnswerWriter& answer, std::span<const access::Remedy> remedies) {
  answer.begin_flat_list("Remedies");
  for (const access::Remedy& one : remedies) {
    const bool add = one.kind == access::Remedy::Kind::kAddStatement;
    answer.begin_item();
    answer.field("Change", add ? "add-statement" : "remove-statement");
    answer.field("Where", access::source_name(one.where));
    if (!add) answer.field("Policy", one.policy);
    if (!add) answer.number("Statement", one.statement);
    answer.field("Text", one.text);
    answer.end_item();
  }
  answer.end_flat_list();
}

/// Of a role without a session's name: what is decided for every name, if that is the same.
Result<access::Explanation> explained(const Principal& who, std::string_view action,
                                      const access::Resource& resource,
                                      access::Circumstances circumstances) {
  if (!access::stands_for_several(who)) {
    return access::explain(who, action, resource, circumstances);
  }
  SR_TRY(const access::Reach reach, access::reach(who, action, resource, circumstances.now));
  std::optional<access::Explanation> out;
  for (const access::AskerReach& one : reach.askers) {
    circumstances.asker = one.arn;
    access::Explanation why = access::explain(who, action, resource, circumstances);
    if (out && out->verdict.decision.outcome != why.verdict.decision.outcome) {
      return invalid_parameter("AskedPrincipal",
                               "Sessions of the role are decided differently by their names: name "
                               "one, as assumed-role/<role>/<session>.");
    }
    out = std::move(why);
  }
  return std::move(*out);
}

Result<void> explain_request(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const std::string action, action_of(p));
  SR_TRY(const std::string_view asked, p.required("AskedResource"));
  SR_TRY(const std::string_view principal, p.required("AskedPrincipal"));
  SR_TRY(const bool secure, p.boolean("SecureTransport", true));
  SR_TRY(const bool factor, p.boolean("MfaPresent", false));
  const std::string_view gateway = p.text("Gateway", policy::kSharedScope);
  const auto time = p.text("Time").empty() ? call.now : parse_utc(p.text("Time"));
  if (!time) return invalid_parameter("Time", "It must be as 2026-11-22T01:02:03Z.");
  SR_TRY(const Principal who, principal_named(WorldView::of(call), principal));
  SR_TRY(const access::Resource resource, resource_named(WorldView::of(call), asked));
  SR_TRY(TextPairs tags, parse_tags("RequestTags", p.text("RequestTags")));
  SR_TRY(const access::Explanation why, explained(who, action, resource,
                                                  {.now = *time,
                                                   .source_ip = std::string(p.text("SourceIp")),
                                                   .secure_transport = secure,
                                                   .mfa_present = factor,
                                                   .gateway = std::string(gateway),
                                                   .request_tags = std::move(tags.pairs)}));
  AnswerWriter& answer = call.answer;
  answer.field("AskedPrincipal", who.arn);
  answer.field("AskedAction", action);
  answer.field("AskedResource", resource.arn);
  answer.field("Decision", outcome_name(why.verdict.decision.outcome));
  answer.field("DecidedBy", access::source_name(why.verdict.source));
  answer.field("Policy", why.verdict.decision.policy_name);
  write_findings(answer, why.findings);
  write_remedies(answer, why.remedies);
  return {};
}

Result<Principal> holder_of(Call& call, std::string_view parameter) {
  SR_TRY(const std::string_view text, call.parameters.required(parameter));
  SR_TRY(policy::Document document, policy::parse_document(text, policy::DocumentKind::kIdentity));
  return Principal{.kind = identity::PrincipalKind::kUser,
                   .account = call.account(),
                   .id = "policy",
                   .name = "policy",
                   .arn = "acs:ram::" + call.account().text() + ":user/policy",
                   .access_key_id = {},
                   .policies = policy::PolicySet::compile(
                       {{.name = "policy", .type = "Custom", .document = std::move(document)}})};
}

void write_differences(Call& call, std::string_view list,
                       std::span<const access::Difference> differences) {
  call.answer.begin_flat_list(list);
  for (const access::Difference& one : differences) {
    call.answer.begin_item();
    call.answer.field("Principal", one.principal);
    call.answer.field("Action", one.action);
    call.answer.field("Resource", one.resource);
    call.answer.field("Before", access::extent_name(one.before));
    call.answer.field("After", access::extent_name(one.after));
    if (!one.via.empty()) call.answer.field("Via", one.via);
    call.answer.end_item();
  }
  call.answer.end_flat_list();
}

/// What somebody who holds nothing but the policy reaches, before and after.
Result<void> diff_policies(Call& call) {
  SR_TRY(const Principal before, holder_of(call, "OldDocument"));
  SR_TRY(const Principal after, holder_of(call, "NewDocument"));
  SR_TRY(const std::vector<access::Resource> secrets,
         resources_of_account(WorldView::of(call), Held::kSecrets));
  SR_TRY(const std::vector<access::Resource> keys,
         resources_of_account(WorldView::of(call), Held::kKeys));
  SR_TRY(std::vector<access::Difference> found,
         access::diff(std::span(&before, 1), std::span(&after, 1),
                      {asked_actions(Held::kSecrets), secrets, call.now}));
  SR_TRY(const std::vector<access::Difference> more,
         access::diff(std::span(&before, 1), std::span(&after, 1),
                      {asked_actions(Held::kKeys), keys, call.now}));
  found.insert(found.end(), more.begin(), more.end());
  write_differences(call, "Differences", found);
  return {};
}

bool fits_an_action(const std::string& pattern, Held what) {
  return std::ranges::any_of(asked_actions(what), [&pattern](std::string_view action) {
    return policy::wildcard_match(pattern, action, true);
  });
}

/// A rule about nothing always holds: whoever forgot "kms:", misspelt an action or wrote a bare
/// name is told so, instead that every rule holds. Not asked of rules that are kept already.
Result<void> check_fits_something(const Call& call, const std::string& line) {
  const auto rule = access::parse_invariant(line);
  if (!rule) return invalid_parameter("Rules", rule.error().message());
  const bool of_secrets = fits_an_action(rule->action, Held::kSecrets);
  const bool of_keys = fits_an_action(rule->action, Held::kKeys);
  if (!of_secrets && !of_keys) {
    return invalid_parameter("Rules", "No secret and no key is judged by the action \"" +
                                          rule->action +
                                          "\": write kms:GetSecretValue, kms:* or *.");
  }
  const std::string own = "acs:kms:" + call.engines.region + ":" + call.account().text();
  if (!(of_secrets && can_both_match(rule->resources, own + ":secret/*")) &&
      !(of_keys && can_both_match(rule->resources, own + ":key/*"))) {
    const std::string_view what = of_keys ? (of_secrets ? "secret and no key" : "key") : "secret";
    return invalid_parameter("Rules", "No " + std::string(what) + " of the account is called \"" +
                                          rule->resources +
                                          "\": write an ARN such as acs:kms:*:*:secret/prod/*, or "
                                          "begin with *.");
  }
  return {};
}

Result<std::vector<std::string>> rules_of(Call& call) {
  SR_TRY(const std::string_view text, call.parameters.required("Rules"));
  SR_TRY(std::vector<std::string> rules,
         parse_strings("Rules", text, "", limits::kAccountRulesMax));
  for (const std::string& line : rules) SR_CHECK_OK(check_fits_something(call, line));
  return rules;
}

void write_broken(Call& call, const BrokenRules& broken) {
  write_differences(call, "Violations", broken.listed);
  call.answer.boolean("Truncated", broken.more);
}

/// Rules of the form "only … may … on …" against everybody and everything stored.
Result<void> check_rules(Call& call) {
  SR_TRY(const std::vector<std::string> rules, rules_of(call));
  SR_TRY(const BrokenRules broken, broken_rules(WorldView::of(call), rules));
  write_broken(call, broken);
  return {};
}

/// Replaces the account's rules. What breaks them already is told, not changed.
Result<void> set_rules(Call& call) {
  SR_TRY(const std::vector<std::string> rules, rules_of(call));
  PeekReader peek(*call.transaction);
  SR_TRY(const BrokenRules broken,
         broken_rules({call.engines, call.account(), peek, call.now, true}, rules));
  SR_CHECK_OK(
      identity::set_account_rules(*call.transaction, call.account(), rules, call.engines.random));
  write_broken(call, broken);
  return {};
}

Result<void> get_rules(Call& call) {
  SR_TRY(const std::vector<std::string> rules,
         identity::account_rules(call.reader, call.account()));
  call.answer.begin_flat_list("Rules");
  for (const std::string& rule : rules) call.answer.item(rule);
  call.answer.end_flat_list();
  return {};
}

constexpr Operation kRows[] = {
    {kStrongroom, "WhoCan", kSlowRead, kAll, "", who_can},
    {kStrongroom, "WhatCan", kSlowRead, kAll, "", what_can},
    {kStrongroom, "ExplainRequest", kSlowRead, kAll, "", explain_request},
    {kStrongroom, "DiffPolicies", kSlowRead, kAll, "", diff_policies},
    {kStrongroom, "CheckRules", kSlowRead, kAll, "", check_rules},
    {kStrongroom, "SetRules", kMutation, kAll, "", set_rules},
    {kStrongroom, "GetRules", kSlowRead, kAll, "", get_rules},
};

}  // namespace

std::span<const Operation> analysis_operations() {
  return kRows;
}

}  // namespace strongroom::service
