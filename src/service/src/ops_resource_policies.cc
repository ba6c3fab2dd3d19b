// Policies of secrets and keys (openapi.md §10). They exist in KMS instances only; there a policy
// is always found, the default one until another is set.

#include "secret_answers.h"
#include "strongroom/access/resource_policies.h"
#include "strongroom/keys/keys.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;
using access::ResourceType;

/// "default" is the only name there is.
Result<void> check_name(const Parameters& parameters) {
  const std::string_view name = parameters.text("PolicyName", "default");
  if (name.empty() || name == "default") return {};
  return fail(ErrorKind::kNotFound, "Forbidden.ResourceNotFound",
              "Policy not found. PolicyName can only be default.");
}

Result<void> require_in_instance(std::string_view instance_id, std::string_view what) {
  if (!instance_id.empty()) return {};
  return fail(ErrorKind::kInvalidInput, "Forbidden.KeyPolicyUnSupported",
              "The specified key does not support key policy. Only " + std::string(what) +
                  " in a KMS instance have a policy; use RAM policies for others.");
}

void write_policy(Call& call, std::string_view stored, ResourceType type) {
  if (stored.empty()) {
    call.answer.field("Policy", access::default_resource_policy(type, call.target().owner));
  } else {
    call.answer.field("Policy", stored);
  }
}

Result<void> get_secret_policy(Call& call) {
  SR_CHECK_OK(check_name(call.parameters));
  SR_TRY(const secrets::SecretView secret, secret_of(call));
  SR_CHECK_OK(require_in_instance(secret.instance_id(), "secrets"));
  write_policy(call, secret.policy(), ResourceType::kSecret);
  return {};
}

Result<void> set_secret_policy(Call& call) {
  SR_TRY(const std::string_view document, call.parameters.required("Policy"));
  SR_CHECK_OK(check_name(call.parameters));
  SR_TRY(const secrets::SecretView view, live_secret_of(call));
  SR_CHECK_OK(require_in_instance(view.instance_id(), "secrets"));
  secrets::Secret secret = view.decode();
  SR_TRY(secret.policy, access::checked_resource_policy(document, secret.account));
  secret.updated = call.now;
  call.engines.secrets.save(*call.transaction, secret);
  return {};
}

Result<keys::Key> judged_key(Call& call) {
  const Named named = call.target();
  if (named.name.starts_with("alias/")) {
    return fail(ErrorKind::kInvalidInput, "Unsupported.Alias",
                "Alias is not valid for this api. Name the key by its id.");
  }
  call.note_key(named.name);
  SR_TRY(keys::Key key, call.engines.keys.find(call.reader, named.owner, named.name));
  SR_CHECK_OK(require_in_instance(key.instance_id, "keys"));
  return key;
}

Result<void> get_key_policy(Call& call) {
  SR_CHECK_OK(check_name(call.parameters));
  SR_TRY(const keys::Key key, judged_key(call));
  write_policy(call, key.policy, ResourceType::kKey);
  return {};
}

Result<void> set_key_policy(Call& call) {
  SR_TRY(const std::string_view document, call.parameters.required("Policy"));
  SR_CHECK_OK(check_name(call.parameters));
  SR_TRY(keys::Key key, judged_key(call));
  SR_CHECK_OK(keys::permit(keys::KeyAction::kAnnotate, key.state));
  SR_TRY(key.policy, access::checked_resource_policy(document, key.account));
  call.engines.keys.save(*call.transaction, key);
  return {};
}

constexpr Operation kRows[] = {
    {kKms, "GetSecretPolicy", kRead, kSecret, "SecretName", get_secret_policy},
    needs("SecretName Policy",
          {kKms, "SetSecretPolicy", kMutation, kSecret, "SecretName", set_secret_policy}),
    {kKms, "GetKeyPolicy", kRead, kKey, "KeyId", get_key_policy},
    needs("KeyId Policy", {kKms, "SetKeyPolicy", kMutation, kKey, "KeyId", set_key_policy}),
};

}  // namespace

std::span<const Operation> resource_policy_operations() {
  return kRows;
}

}  // namespace strongroom::service
