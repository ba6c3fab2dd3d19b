// Questions about all policies of an account (access/analysis.h), for administrators: actions of
// our own product version, permitted by policies on acs:strongroom:<region>:<account>:*, which no
// KMS system policy gives.

#include <algorithm>

#include "analysis_world.h"
#include "json_parameters.h"
#include "strongroom/access/analysis.h"
#include "strongroom/identity/directory.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;
using access::Extent;
using identity::Principal;

constexpr std::size_t kRulesMax = 100;

Result<std::string> action_of(const Parameters& parameters) {
  SR_TRY(const std::string_view given, parameters.required("AskedAction"));
  return given.find(':') == std::string_view::npos ? "kms:" + std::string(given)
                                                   : std::string(given);
}

/// Who may become this role: its trust policy and, in its own account, their own right must agree.
Result<std::vector<std::string>> who_assumes(Call& call, const Principal& role,
                                             std::span<const Principal> all) {
  std::vector<std::string> out;
  const std::string name = role.name.substr(0, role.name.find(':'));
  SR_TRY(const identity::Role stored,
         call.engines.directory.roles().get(call.reader, {call.account(), name}));
  auto document = policy::parse_document(stored.trust_document, policy::DocumentKind::kTrust);
  if (!document) return out;  // nobody
  // A trust policy is a resource policy that both sides must agree with.
  access::Resource target{.arn = stored.arn(), .owner = call.account()};
  for (const policy::Statement& statement : document->statements) {
    for (const policy::PrincipalElement& element : statement.principals) {
      const bool elsewhere = element.type != policy::PrincipalType::kRam ||
                             !element.id.starts_with("acs:ram::" + call.account().text() + ":");
      if (elsewhere && statement.effect == policy::Effect::kAllow) out.push_back(element.id);
    }
  }
  const auto trust = policy::PolicySet::compile(
      {{.name = "trust", .type = "Trust", .document = std::move(*document)}});
  for (const Principal& one : all) {
    if (one.kind != identity::PrincipalKind::kUser) continue;
    SR_TRY(const access::Reach own, access::reach(one, "sts:AssumeRole", target, call.now));
    Principal trusted = one;  // the trust policy alone, with the same way of counting
    trusted.policies = policy::PolicySet::compile({});
    access::Resource trusting = target;
    trusting.policy = trust;
    SR_TRY(const access::Reach side, access::reach(trusted, "sts:AssumeRole", trusting, call.now));
    if (own.extent != Extent::kNever && side.extent != Extent::kNever) out.push_back(one.arn);
  }
  return out;
}

void write_reach(AnswerWriter& answer, const access::Reach& reach) {
  answer.field("Extent", access::extent_name(reach.extent));
  answer.begin_flat_list("DependsOn");
  for (const std::string& key : reach.depends_on) answer.item(key);
  answer.end_flat_list();
}

Result<void> who_can(Call& call) {
  SR_TRY(const std::string action, action_of(call.parameters));
  SR_TRY(const std::string_view asked, call.parameters.required("AskedResource"));
  SR_TRY(const access::Resource resource, resource_named(call, asked));
  SR_TRY(const std::vector<Principal> all, principals_of_account(call));
  call.answer.field("AskedAction", action);
  call.answer.field("AskedResource", resource.arn);
  call.answer.begin_flat_list("Principals");
  const auto write = [&](const Principal& one, bool stranger) -> Result<void> {
    SR_TRY(const access::Reach reach, access::reach(one, action, resource, call.now));
    if (reach.extent == Extent::kNever) return {};
    std::vector<std::string> assumes;
    if (one.kind == identity::PrincipalKind::kRole) {
      SR_TRY(assumes, who_assumes(call, one, all));
    }
    call.answer.begin_item();
    call.answer.field("Principal", one.arn);
    write_reach(call.answer, reach);
    call.answer.boolean("OtherAccount", stranger);
    call.answer.begin_flat_list("AssumedBy");
    for (const std::string& who : assumes) call.answer.item(who);
    call.answer.end_flat_list();
    call.answer.end_item();
    return {};
  };
  for (const Principal& one : all) SR_CHECK_OK(write(one, false));
  for (const Principal& one : named_strangers(resource)) SR_CHECK_OK(write(one, true));
  call.answer.end_flat_list();
  return {};
}

// Those that reach what is stored, in the order people ask about them.
constexpr std::string_view kSecretActions[] = {
    "kms:GetSecretValue", "kms:PutSecretValue",           "kms:DescribeSecret",
    "kms:UpdateSecret",   "kms:UpdateSecretVersionStage", "kms:DeleteSecret",
    "kms:RestoreSecret",  "kms:SetSecretPolicy",          "kms:TagResources"};
constexpr std::string_view kKeyActions[] = {
    "kms:Decrypt",     "kms:Encrypt",   "kms:GenerateDataKey",     "kms:DescribeKey",
    "kms:DisableKey",  "kms:EnableKey", "kms:ScheduleKeyDeletion", "kms:SetKeyPolicy",
    "kms:TagResources"};

Result<void> write_what(Call& call, const Principal& who, Held what) {
  SR_TRY(const std::vector<access::Resource> resources, resources_of_account(call, what));
  const auto actions = what == Held::kSecrets ? std::span<const std::string_view>(kSecretActions)
                                              : std::span<const std::string_view>(kKeyActions);
  for (const access::Resource& resource : resources) {
    std::vector<std::string_view> always;
    std::vector<std::string_view> sometimes;
    for (const std::string_view action : actions) {
      SR_TRY(const access::Reach reach, access::reach(who, action, resource, call.now));
      if (reach.extent == Extent::kAlways) always.push_back(action);
      if (reach.extent == Extent::kSometimes) sometimes.push_back(action);
    }
    if (always.empty() && sometimes.empty()) continue;
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
  SR_TRY(const Principal who, principal_named(call, asked));
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

Result<void> explain_request(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const std::string action, action_of(p));
  SR_TRY(const std::string_view asked, p.required("AskedResource"));
  SR_TRY(const std::string_view principal, p.required("AskedPrincipal"));
  SR_TRY(const bool secure, p.boolean("SecureTransport", true));
  SR_TRY(const bool factor, p.boolean("MfaPresent", false));
  const auto time = p.text("Time").empty() ? call.now : parse_utc(p.text("Time"));
  if (!time) return invalid_parameter("Time", "It must be as 2026-11-22T01:02:03Z.");
  SR_TRY(const Principal who, principal_named(call, principal));
  SR_TRY(const access::Resource resource, resource_named(call, asked));
  const access::Explanation why = access::explain(who, action, resource,
                                                  {.now = *time,
                                                   .source_ip = std::string(p.text("SourceIp")),
                                                   .secure_transport = secure,
                                                   .mfa_present = factor});
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
    call.answer.end_item();
  }
  call.answer.end_flat_list();
}

/// What somebody who holds nothing but the policy reaches, before and after.
Result<void> diff_policies(Call& call) {
  SR_TRY(const Principal before, holder_of(call, "OldDocument"));
  SR_TRY(const Principal after, holder_of(call, "NewDocument"));
  SR_TRY(const std::vector<access::Resource> secrets, resources_of_account(call, Held::kSecrets));
  SR_TRY(const std::vector<access::Resource> keys, resources_of_account(call, Held::kKeys));
  SR_TRY(std::vector<access::Difference> found,
         access::diff(std::span(&before, 1), std::span(&after, 1),
                      {kSecretActions, secrets, call.now}));
  SR_TRY(const std::vector<access::Difference> more,
         access::diff(std::span(&before, 1), std::span(&after, 1), {kKeyActions, keys, call.now}));
  found.insert(found.end(), more.begin(), more.end());
  write_differences(call, "Differences", found);
  return {};
}

/// Rules of the form "only … may … on …" against all principals and everything stored.
Result<void> check_rules(Call& call) {
  SR_TRY(const std::string_view text, call.parameters.required("Rules"));
  SR_TRY(const std::vector<std::string> rules, parse_strings("Rules", text, "", kRulesMax));
  SR_TRY(const std::vector<Principal> all, principals_of_account(call));
  SR_TRY(const std::vector<access::Resource> secrets, resources_of_account(call, Held::kSecrets));
  SR_TRY(const std::vector<access::Resource> keys, resources_of_account(call, Held::kKeys));
  std::vector<access::Difference> found;
  for (const std::string& line : rules) {
    const auto rule = access::parse_invariant(line);
    if (!rule) return invalid_parameter("Rules", rule.error().message());
    for (const access::Scope& scope : {access::Scope{kSecretActions, secrets, call.now},
                                       access::Scope{kKeyActions, keys, call.now}}) {
      // The account's root may do all, whatever a rule says.
      SR_TRY(const std::vector<access::Difference> broken,
             access::violations(*rule, std::span(all).subspan(1), scope));
      found.insert(found.end(), broken.begin(), broken.end());
    }
  }
  write_differences(call, "Violations", found);
  return {};
}

constexpr Operation kRows[] = {
    {kStrongroom, "WhoCan", kSlowRead, kAll, "", who_can},
    {kStrongroom, "WhatCan", kSlowRead, kAll, "", what_can},
    {kStrongroom, "ExplainRequest", kSlowRead, kAll, "", explain_request},
    {kStrongroom, "DiffPolicies", kSlowRead, kAll, "", diff_policies},
    {kStrongroom, "CheckRules", kSlowRead, kAll, "", check_rules},
};

}  // namespace

std::span<const Operation> analysis_operations() {
  return kRows;
}

}  // namespace strongroom::service
