#include "strongroom/access/access.h"

#include "strongroom/base/bytes.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/crypto/suite1.h"

namespace strongroom::access {
namespace {

using identity::Principal;
using identity::PrincipalKind;

// Opaque to clients; the account in it makes a message of one account unreadable for another.
constexpr std::string_view kAadPrefix = "strongroom diagnostic message 1 ";
constexpr std::size_t kEncodedBytesMax = 8'192;

std::string_view auth_principal_type(PrincipalKind kind) {
  if (kind == PrincipalKind::kRoot) return "RootUser";
  return kind == PrincipalKind::kRole ? "AssumedRoleUser" : "SubUser";
}

bool is_explicit(const policy::Decision& decision) {
  return decision.outcome == policy::Outcome::kExplicitDeny;
}

void write_principal(JsonWriter& json, const Principal& principal) {
  json.member("AuthPrincipalType", auth_principal_type(principal.kind));
  json.member("AuthPrincipalDisplayName",
              principal.kind == PrincipalKind::kRole ? principal.name : principal.id);
  json.member("AuthPrincipalOwnerId", principal.account.text());
}

// DecodedDiagnosticMessage (gateway.md §1.8).
std::string diagnostic_text(const Refusal& refusal) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("AuthAction", refusal.action);
  json.member("AuthResource", refusal.resource);
  json.member("ExplicitDeny", is_explicit(refusal.decision));
  json.member("NoPermissionPolicyType", "AccountLevelIdentityBasedPolicy");
  json.begin_object("AuthPrincipal");
  write_principal(json, refusal.principal);
  json.end_object();
  json.begin_array("AuthConditions");
  json.end_array();
  json.begin_array("MatchedPolicies");
  if (!refusal.decision.policy_name.empty()) {
    json.begin_object();
    json.member("Effect", is_explicit(refusal.decision) ? "Deny" : "Allow");
    json.member("PolicyIdentifier", refusal.decision.policy_name);
    json.member("PolicyType", refusal.decision.policy_type);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return out;
}

std::string aad_of(AccountId account) {
  return std::string(kAadPrefix) + account.text();
}

}  // namespace

policy::Decision decide(const Principal& principal, const policy::Query& query, AccountId owner) {
  if (principal.account != owner) return {};
  switch (principal.kind) {
    case PrincipalKind::kRoot:
    case PrincipalKind::kSystem:
      return {.outcome = policy::Outcome::kAllow, .policy_name = {}, .policy_type = {}};
    case PrincipalKind::kUser:
    case PrincipalKind::kRole:
      break;
    case PrincipalKind::kAnonymous:
      return {};
  }
  if (!principal.policies) return {};
  if (principal.session_policy) {
    const policy::Decision narrowed = principal.session_policy->evaluate(query);
    if (!narrowed.allowed()) return narrowed;
  }
  return principal.policies->evaluate(query);
}

std::string denied_detail(const Refusal& refusal, const SecretBytes* key, Random& random) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("PolicyType", "AccountLevelIdentityBasedPolicy");
  json.member("NoPermissionType", is_explicit(refusal.decision) ? "ExplicitDeny" : "ImplicitDeny");
  json.member("AuthAction", refusal.action);
  write_principal(json, refusal.principal);
  if (key != nullptr) {
    const std::string text = diagnostic_text(refusal);
    const std::string aad = aad_of(refusal.principal.account);
    const auto sealed = crypto::suite1_seal(*key, as_bytes(aad), as_bytes(text), random);
    if (sealed) json.member("EncodedDiagnosticMessage", base64_encode(as_bytes(*sealed)));
  }
  json.end_object();
  return out;
}

Result<SecretBytes> decode_diagnostic(std::string_view encoded, AccountId account,
                                      const SecretBytes& key) {
  const auto unknown = [] {
    return fail(ErrorKind::kNotFound, "EntityNotExist.DiagnosticMessage",
                "The EncodedDiagnosticMessage is not one that this server gave to this account.");
  };
  if (encoded.size() > kEncodedBytesMax) return unknown();
  const auto sealed = base64_decode(encoded);
  if (!sealed) return unknown();
  const std::string aad = aad_of(account);
  auto opened = crypto::suite1_open(key, as_bytes(aad), *sealed);
  if (!opened) return unknown();
  return opened;
}

}  // namespace strongroom::access
