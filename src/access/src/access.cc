#include "strongroom/access/access.h"

#include <algorithm>

#include "reveal.h"
#include "strongroom/access/request_conditions.h"
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

// PolicyType of AccessDeniedDetail.
std::string_view policy_type(Source source) {
  switch (source) {
    case Source::kAccount:
    case Source::kIdentity:
      return "AccountLevelIdentityBasedPolicy";
    case Source::kAccessPoint:
    case Source::kSession:
      return "SessionPolicy";
    case Source::kResource:
      return "ResourceBasedPolicy";
  }
  return "";
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
  const policy::Decision& decision = refusal.verdict.decision;
  json.member("ExplicitDeny", is_explicit(decision));
  json.member("NoPermissionPolicyType", policy_type(refusal.verdict.source));
  json.begin_object("AuthPrincipal");
  write_principal(json, refusal.principal);
  json.end_object();
  json.begin_array("AuthConditions");
  json.end_array();
  json.begin_array("MatchedPolicies");
  if (!decision.policy_name.empty()) {
    json.begin_object();
    json.member("Effect", is_explicit(decision) ? "Deny" : "Allow");
    json.member("PolicyIdentifier", decision.policy_name);
    json.member("PolicyType", decision.policy_type);
    json.member("PolicyVersion", decision.policy_version);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return out;
}

std::string aad_of(AccountId account) {
  return std::string(kAadPrefix) + account.text();
}

// acs:kms:<region>:<account>:<kind>/<name> without what is before the kind.
std::string_view bare_resource(std::string_view arn) {
  for (int field = 0; field < 4; ++field) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return arn;
}

// What CryptoServiceKeyUser is about, on an instance's own gateway.
constexpr std::string_view kCryptoActions[] = {"kms:AsymmetricDecrypt",
                                               "kms:AsymmetricEncrypt",
                                               "kms:AsymmetricSign",
                                               "kms:AsymmetricVerify",
                                               "kms:Decrypt",
                                               "kms:Encrypt",
                                               "kms:ExportDataKey",
                                               "kms:GenerateAndExportDataKey",
                                               "kms:GenerateDataKey",
                                               "kms:GenerateDataKeyPair",
                                               "kms:GenerateDataKeyPairWithoutPlaintext",
                                               "kms:GenerateDataKeyWithoutPlaintext",
                                               "kms:GenerateMac",
                                               "kms:GenerateRandom",
                                               "kms:GetPublicKey",
                                               "kms:Sign",
                                               "kms:Verify",
                                               "kms:VerifyMac"};

std::optional<policy::AccessUse> use_of(std::string_view action) {
  if (action == "kms:GetSecretValue") return policy::AccessUse::kSecretValue;
  if (std::ranges::find(kCryptoActions, action) != std::end(kCryptoActions))
    return policy::AccessUse::kCrypto;
  return std::nullopt;
}

// Reading values and using keys is all that an access point gives or leaves (semantics.md §5.3).
policy::Decision ask_grants(const Principal& principal, const policy::Query& query) {
  const auto use = use_of(query.action);
  if (!principal.grants || !use || query.resources.empty() || query.context == nullptr) return {};
  const policy::AccessDecision decision = principal.grants->decide(
      {.scope = query.context->value(kGatewayKey, 0).value_or(policy::kSharedScope),
       .use = *use,
       .resource = bare_resource(query.resources.front()),
       .source = query.context->value("acs:sourceip", 0).value_or("")});
  if (!decision.allowed) return {};
  return {.outcome = policy::Outcome::kAllow,
          .policy_name = decision.policy,
          .policy_type = "AccessPoint"};
}

// A client key has no RAM identity; the policy of the secret itself can still deny.
Verdict ask_access_point(const Principal& principal, const policy::Query& asked,
                         const Subject& subject) {
  if (subject.resource_policy != nullptr) {
    policy::Query query = asked;
    query.principal = {policy::PrincipalType::kRam, principal.arn};
    const policy::Decision resource = subject.resource_policy->evaluate(query);
    if (is_explicit(resource)) return {resource, Source::kResource};
  }
  return {ask_grants(principal, asked), Source::kAccessPoint};
}

}  // namespace

std::string_view source_name(Source source) {
  switch (source) {
    case Source::kAccount:
      return "account";
    case Source::kIdentity:
      return "identity";
    case Source::kSession:
      return "session";
    case Source::kResource:
      return "resource";
    case Source::kAccessPoint:
      return "access-point";
  }
  return "";
}

Verdict decide(const Principal& principal, const policy::Query& asked, const Subject& subject) {
  constexpr policy::Decision kFree{
      .outcome = policy::Outcome::kAllow, .policy_name = {}, .policy_type = {}};
  const bool own = principal.account == subject.owner;
  const bool root = principal.kind == PrincipalKind::kRoot;
  if (own && (root || principal.kind == PrincipalKind::kSystem)) return {kFree, Source::kAccount};
  if (principal.kind == PrincipalKind::kClientKey) {
    return own ? ask_access_point(principal, asked, subject) : Verdict{};
  }
  const bool signed_by_somebody =
      root || principal.kind == PrincipalKind::kUser || principal.kind == PrincipalKind::kRole;
  if (!signed_by_somebody) return {};

  policy::Query query = asked;
  query.principal = {policy::PrincipalType::kRam, principal.arn};
  policy::Decision identity;
  if (root) {
    identity = kFree;  // of its own account's side
  } else if (principal.policies) {
    identity = principal.policies->evaluate(query);
  }
  if (is_explicit(identity)) return {identity, Source::kIdentity};
  policy::Decision resource;
  if (subject.resource_policy != nullptr) resource = subject.resource_policy->evaluate(query);
  if (is_explicit(resource)) return {resource, Source::kResource};
  // Access points bound what sessions of their role may do, on top of RAM.
  if (principal.kind == PrincipalKind::kRole && principal.grants) {
    const policy::Decision bound = ask_grants(principal, query);
    if (!bound.allowed()) return {bound, Source::kAccessPoint};
  }
  if (principal.session_policy) {
    const policy::Decision session = principal.session_policy->evaluate(query);
    if (!session.allowed()) return {session, Source::kSession};
  }
  if (own) {
    if (!identity.allowed() && resource.allowed()) return {resource, Source::kResource};
    return {identity, Source::kIdentity};
  }
  if (!identity.allowed()) return {identity, Source::kIdentity};
  return {resource, Source::kResource};
}

std::string denied_detail(const Refusal& refusal, const SecretBytes* key, Random& random) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("PolicyType", policy_type(refusal.verdict.source));
  json.member("NoPermissionType",
              is_explicit(refusal.verdict.decision) ? "ExplicitDeny" : "ImplicitDeny");
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

Result<std::string> decode_diagnostic(std::string_view encoded, AccountId account,
                                      const SecretBytes& key) {
  const auto unknown = [] {
    return fail(ErrorKind::kNotFound, "EntityNotExist.DiagnosticMessage",
                "The EncodedDiagnosticMessage is not one that this server gave to this account.");
  };
  if (encoded.size() > kEncodedBytesMax) return unknown();
  const auto sealed = base64_decode(encoded);
  if (!sealed) return unknown();
  const std::string aad = aad_of(account);
  const auto opened = crypto::suite1_open(key, as_bytes(aad), *sealed);
  if (!opened) return unknown();
  return DiagnosticReveal::text(*opened);
}

}  // namespace strongroom::access
