#include "account_rules.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "strongroom/access/world.h"
#include "strongroom/base/api_error.h"
#include "strongroom/base/limits.h"
#include "strongroom/identity/account_rules.h"
#include "strongroom/policy/pattern.h"

namespace strongroom::service {
namespace {

using access::Difference;
using access::Invariant;

// Mutations that change neither who may do what nor what there is to reach. Whatever is not named
// here is checked.
constexpr std::string_view kHarmless[] = {"bssapi:CreateInstance",
                                          "bssapi:ModifyInstance",
                                          "bssapi:RefundInstance",
                                          "bssapi:RenewInstance",
                                          "bssapi:SetRenewal",
                                          "kms:CancelKeyDeletion",
                                          "kms:ConnectKmsInstance",
                                          "kms:CreateAlias",
                                          "kms:CreateKeyVersion",
                                          "kms:DeleteAlias",
                                          "kms:DeleteKeyMaterial",
                                          "kms:DeleteSecret",
                                          "kms:DisableKey",
                                          "kms:EnableKey",
                                          "kms:ImportKeyMaterial",
                                          "kms:PutSecretValue",
                                          "kms:ReleaseKmsInstance",
                                          "kms:RestoreSecret",
                                          "kms:RotateSecret",
                                          "kms:ScheduleKeyDeletion",
                                          "kms:SetDeletionProtection",
                                          "kms:UpdateAlias",
                                          "kms:UpdateKeyDescription",
                                          "kms:UpdateKmsInstance",
                                          "kms:UpdateKmsInstanceBindVpc",
                                          "kms:UpdateRotationPolicy",
                                          "kms:UpdateSecret",
                                          "kms:UpdateSecretRotationPolicy",
                                          "kms:UpdateSecretVersionStage",
                                          "ram:BindMFADevice",
                                          "ram:ChangePassword",
                                          "ram:ClearAccountAlias",
                                          "ram:CreateAccessKey",
                                          "ram:CreateLoginProfile",
                                          "ram:CreateVirtualMFADevice",
                                          "ram:DeleteAccessKey",
                                          "ram:DeleteLoginProfile",
                                          "ram:DeleteVirtualMFADevice",
                                          "ram:RevokeSessions",
                                          "ram:SetAccountAlias",
                                          "ram:SetPasswordPolicy",
                                          "ram:SetSecurityPreference",
                                          "ram:UnbindMFADevice",
                                          "ram:UpdateAccessKey",
                                          "ram:UpdateLoginProfile",
                                          "ram:UpdatePolicyDescription",
                                          "strongroom:AddNotifyTarget",
                                          "strongroom:AddTarget",
                                          "strongroom:AdoptSecret",
                                          "strongroom:CancelRotation",
                                          "strongroom:CreateAccount",
                                          "strongroom:RemoveNotifyTarget",
                                          "strongroom:RemoveRotationFunction",
                                          "strongroom:RemoveTarget",
                                          "strongroom:ResyncSecret",
                                          "strongroom:SetRotationFunction",
                                          "strongroom:SetRotationWindow",
                                          "strongroom:SetRules",
                                          "strongroom:TestNotifyTarget"};
static_assert(std::ranges::is_sorted(kHarmless));

Result<std::vector<Invariant>> parse_rules(const std::vector<std::string>& rules) {
  std::vector<Invariant> out;
  for (const std::string& line : rules) {
    auto rule = access::parse_invariant(line);
    if (!rule) return invalid_parameter("Rules", rule.error().message());
    out.push_back(std::move(*rule));
  }
  return out;
}

bool concerns(const std::vector<Invariant>& rules, std::string_view arn) {
  return std::ranges::any_of(rules, [arn](const Invariant& rule) {
    return policy::wildcard_match(rule.resources, arn, false);
  });
}

/// Whoever these resources' policies let in from other accounts.
void add_strangers(access::World& world, std::span<const access::Resource> resources) {
  for (const access::Resource& resource : resources) {
    for (identity::Principal& stranger : named_strangers(resource)) {
      const auto known =
          std::ranges::find(world.principals(), stranger.arn, &identity::Principal::arn);
      if (known == world.principals().end()) world.add(std::move(stranger));
    }
  }
}

Result<std::vector<access::Resource>> concerned(const WorldView& view, Held what,
                                                const std::vector<Invariant>& rules,
                                                std::string_view one) {
  const auto wanted = [&rules](std::string_view arn) { return concerns(rules, arn); };
  if (one.empty()) return resources_of_account(view, what, wanted);
  std::vector<access::Resource> out;
  const bool is_key = one.find(":key/") != std::string_view::npos;
  if (is_key != (what == Held::kKeys) || !wanted(one)) return out;
  SR_TRY(access::Resource named, resource_named(view, one));
  out.push_back(std::move(named));
  return out;
}

/// Of one resource, or of all if `one` is empty.
Result<std::vector<Difference>> broken_in(const WorldView& view,
                                          const std::vector<Invariant>& rules,
                                          std::string_view one) {
  std::vector<Difference> out;
  SR_TRY(const std::vector<access::Resource> secrets, concerned(view, Held::kSecrets, rules, one));
  SR_TRY(const std::vector<access::Resource> keys, concerned(view, Held::kKeys, rules, one));
  if (secrets.empty() && keys.empty()) return out;
  SR_TRY(access::World world, world_of_account(view));
  add_strangers(world, secrets);
  add_strangers(world, keys);
  const access::Scope scopes[] = {{asked_actions(Held::kSecrets), secrets, view.now},
                                  {asked_actions(Held::kKeys), keys, view.now}};
  for (const access::Scope& scope : scopes) {
    for (const Invariant& rule : rules) {
      SR_TRY(std::vector<Difference> found, access::violations(rule, world, scope));
      std::ranges::move(found, std::back_inserter(out));
    }
  }
  return out;
}

std::string name_of(const Operation& operation) {
  return std::string(operation.api.prefix) + ":" + std::string(operation.name);
}

// What a call makes or changes alone: nobody else's reach can change by it.
std::string_view only_resource(const Operation& operation, std::string_view noted) {
  constexpr std::string_view kAlone[] = {"CreateSecret", "CreateKey", "SetSecretPolicy",
                                         "SetKeyPolicy"};
  const bool alone = operation.api.prefix == kKms.prefix &&
                     std::ranges::find(kAlone, operation.name) != std::end(kAlone);
  return alone ? noted : std::string_view();
}

std::string_view new_point_of(std::string_view noted) {
  constexpr std::string_view kKind = ":applicationaccesspoint/";
  const std::size_t at = noted.find(kKind);
  return at == std::string_view::npos ? std::string_view() : noted.substr(at + kKind.size());
}

Error refusal_of(const std::vector<Difference>& broken) {
  const Difference& first = broken.front();
  std::string message =
      "The change would let " + first.principal + " do " + first.action + " on " + first.resource;
  if (!first.via.empty()) message += " by way of " + first.via;
  message += " (" + std::string(access::extent_name(first.after)) + ")";
  if (broken.size() > 1) message += " and " + std::to_string(broken.size() - 1) + " more";
  message +=
      ", which a rule of the account forbids (strongroom policy rules). Nothing was changed: "
      "narrow the change, or have whoever keeps the rules change them.";
  return {ErrorKind::kConflict, "Rejected.AccountRule", std::move(message)};
}

Result<void> keep_rules_of(Call& call, AccountId account) {
  SR_TRY(const std::vector<std::string> lines, identity::account_rules(*call.transaction, account));
  if (lines.empty()) return {};
  SR_TRY(const std::vector<Invariant> rules, parse_rules(lines));
  SR_CHECK_OK(identity::hold_account_rules(*call.transaction, account, call.engines.random));
  const std::string_view one = only_resource(call.operation, call.noted_resource());
  PeekReader peek(*call.transaction);
  const WorldView after{.engines = call.engines,
                        .account = account,
                        .reader = peek,
                        .now = call.now,
                        .one_reader = true,
                        .new_point = new_point_of(call.noted_resource())};
  SR_TRY(const std::vector<Difference> broken, broken_in(after, rules, one));
  if (broken.empty()) return {};
  std::vector<Difference> known;
  if (!call.operation.name.starts_with("Create") || one.empty()) {
    SR_TRY(const auto reader, call.engines.store.reader());
    const WorldView before{
        .engines = call.engines, .account = account, .reader = *reader, .now = call.now};
    SR_TRY(known, broken_in(before, rules, one));
  }  // else: what did not exist was out of reach
  const std::vector<Difference> fresh = access::newly_broken(known, broken);
  if (fresh.empty()) return {};
  return std::unexpected(refusal_of(fresh));
}

}  // namespace

Result<barrier::RawRef> PeekReader::read_raw(const barrier::Address&) {
  return internal_error("service: an analysis reads no value");
}

Result<std::vector<Difference>> broken_rules(const WorldView& view,
                                             const std::vector<std::string>& lines) {
  SR_TRY(const std::vector<Invariant> rules, parse_rules(lines));
  return broken_in(view, rules, {});
}

bool may_change_reach(const Operation& operation) {
  return operation.effect == Effect::kMutation &&
         !std::ranges::binary_search(kHarmless, name_of(operation));
}

Result<void> keep_account_rules(Call& call) {
  if (call.transaction == nullptr || !may_change_reach(call.operation)) return {};
  SR_CHECK_OK(keep_rules_of(call, call.account()));
  const AccountId owner = call.target().owner;
  return owner == call.account() ? Result<void>{} : keep_rules_of(call, owner);
}

}  // namespace strongroom::service
