#include "account_rules.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <span>
#include <unordered_map>

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

/// What the rules are judged on.
struct Judged {
  access::World world;
  std::vector<access::Resource> secrets;
  std::vector<access::Resource> keys;

  std::array<access::Scope, 2> scopes(Instant now) const {
    return {access::Scope{asked_actions(Held::kSecrets), secrets, now},
            access::Scope{asked_actions(Held::kKeys), keys, now}};
  }
};

/// One resource, or all if `one` is empty, and everybody if there is any.
Result<Judged> judged_in(const WorldView& view, const std::vector<Invariant>& rules,
                         std::string_view one) {
  Judged out{.world = access::World(view.now), .secrets = {}, .keys = {}};
  SR_TRY(out.secrets, concerned(view, Held::kSecrets, rules, one));
  SR_TRY(out.keys, concerned(view, Held::kKeys, rules, one));
  if (out.secrets.empty() && out.keys.empty()) return out;
  SR_TRY(out.world, world_of_account(view));
  add_strangers(out.world, out.secrets);
  add_strangers(out.world, out.keys);
  return out;
}

/// The account before a change, as far as its rules are about it.
class Past {
 public:
  Past(Judged judged, Instant now) : judged_(std::move(judged)), now_(now) {
    for (const access::Resource& secret : judged_.secrets) resources_.emplace(secret.arn, &secret);
    for (const access::Resource& key : judged_.keys) resources_.emplace(key.arn, &key);
  }
  Past(const Past&) = delete;
  Past& operator=(const Past&) = delete;

  Result<access::Reaches> reaches(std::string_view action, const access::Resource& resource,
                                  access::RuleRefs rules) {
    const auto then = resources_.find(resource.arn);
    if (then == resources_.end()) return access::Reaches();  // what did not exist, nobody reached
    return access::reaches(judged_.world, action, *then->second, now_, rules);
  }

 private:
  Judged judged_;
  Instant now_;
  std::unordered_map<std::string_view, const access::Resource*> resources_;
};

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

Error refusal_of(const Difference& broken) {
  std::string message = "The change would let " + broken.principal + " do " + broken.action +
                        " on " + broken.resource;
  if (!broken.via.empty()) message += " by way of " + broken.via;
  message += " (" + std::string(access::extent_name(broken.after)) +
             "), which a rule of the account forbids (strongroom policy rules); there may be more. "
             "Nothing was changed: narrow the change, or have whoever keeps the rules change them.";
  return {ErrorKind::kConflict, "Rejected.AccountRule", std::move(message)};
}

Result<void> keep_rules_of(Call& call, AccountId account) {
  SR_TRY(const std::vector<std::string> lines, identity::account_rules(*call.transaction, account));
  if (lines.empty()) return {};
  SR_TRY(const std::vector<Invariant> rules, parse_rules(lines));
  SR_CHECK_OK(identity::hold_account_rules(*call.transaction, account, call.engines.random));
  const std::string_view one = only_resource(call.operation, call.noted_resource());
  PeekReader peek(*call.transaction);
  const WorldView view{.engines = call.engines,
                       .account = account,
                       .reader = peek,
                       .now = call.now,
                       .one_reader = true,
                       .new_point = new_point_of(call.noted_resource())};
  SR_TRY(Judged after, judged_in(view, rules, one));
  std::optional<Past> past;  // read when a rule is broken, which is seldom
  const auto before = [&](std::string_view action, const access::Resource& resource,
                          access::RuleRefs of_it) -> Result<access::Reaches> {
    // What is only made now, nobody reached.
    if (call.operation.name.starts_with("Create") && !one.empty()) return access::Reaches();
    if (!past) {
      SR_TRY(const auto reader, call.engines.store.reader());
      SR_TRY(Judged judged, judged_in({call.engines, account, *reader, call.now}, rules, one));
      past.emplace(std::move(judged), call.now);
    }
    return past->reaches(action, resource, of_it);
  };
  for (const access::Scope& scope : after.scopes(call.now)) {
    SR_TRY(const std::optional<Difference> fresh,
           access::newly_broken(rules, after.world, scope, before));
    if (fresh) return std::unexpected(refusal_of(*fresh));
  }
  return {};
}

}  // namespace

Result<barrier::RawRef> PeekReader::read_raw(const barrier::Address&) {
  return internal_error("service: an analysis reads no value");
}

Result<BrokenRules> broken_rules(const WorldView& view, const std::vector<std::string>& lines) {
  SR_TRY(const std::vector<Invariant> rules, parse_rules(lines));
  SR_TRY(Judged judged, judged_in(view, rules, {}));
  BrokenRules out;
  for (const access::Scope& scope : judged.scopes(view.now)) {
    const std::size_t room = limits::kViolationsListedMax + 1 - out.listed.size();
    SR_TRY(std::vector<Difference> found, access::violations(rules, judged.world, scope, room));
    std::ranges::move(found, std::back_inserter(out.listed));
  }
  out.more = out.listed.size() > limits::kViolationsListedMax;
  if (out.more) out.listed.pop_back();
  return out;
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
