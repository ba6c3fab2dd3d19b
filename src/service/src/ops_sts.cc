// STS 2015-04-01 (gateway.md §5.4): who the caller is, and sessions of roles for callers with keys.
// Nothing is stored, so these are reads, on a worker.

#include <algorithm>

#include "sts_call.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using identity::PrincipalKind;

constexpr std::size_t kExternalIdMin = 2;
constexpr std::size_t kExternalIdMax = 1'224;
constexpr std::size_t kSourceIdentityMax = 64;
constexpr std::int64_t kSecondsMax = 43'200;
constexpr std::int64_t kChainedSecondsMax = 3'600;  // a session that assumes a further role

Result<void> get_caller_identity(Call& call) {
  const identity::Principal& caller = call.principal;
  AnswerWriter& out = call.answer;
  out.field("AccountId", caller.account.text());
  out.field("Arn", caller.arn);
  switch (caller.kind) {
    case PrincipalKind::kUser:
      out.field("IdentityType", "RAMUser");
      break;
    case PrincipalKind::kRole:
      out.field("IdentityType", "AssumedRoleUser");
      break;
    case PrincipalKind::kClientKey:
      out.field("IdentityType", "ClientKey");
      break;
    default:
      out.field("IdentityType", "Account");
  }
  out.field("PrincipalId", caller.id);
  if (caller.kind == PrincipalKind::kRole) {
    out.field("RoleId", std::string_view(caller.id).substr(0, caller.id.find(':')));
  } else {
    out.field("UserId", caller.id);
  }
  return {};
}

Result<std::string_view> checked_text(const Call& call, std::string_view parameter, std::size_t min,
                                      std::size_t max) {
  const std::string_view text = call.parameters.text(parameter);
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_+=,.@:/-").contains(c);
  };
  if (text.empty()) return text;
  if (text.size() >= min && text.size() <= max && std::ranges::all_of(text, allowed)) return text;
  return fail(ErrorKind::kInvalidInput, "InvalidParameter." + std::string(parameter),
              "The parameter " + std::string(parameter) + " is wrongly formed. " +
                  std::to_string(min) + " to " + std::to_string(max) +
                  " letters, digits and _ + = , . @ : / - are allowed.");
}

// The caller's own policies first: whoever may not assume the role learns nothing of it, and of
// another account's role nobody learns whether it is there.
Result<identity::Role> judged_role(Call& call, const RoleArn& arn,
                                   const policy::Conditions& context) {
  if (call.principal.kind == PrincipalKind::kRoot) {
    return fail(ErrorKind::kDenied, "NoPermission",
                "Roles may not be assumed by root accounts. Sign with the AccessKey of a RAM "
                "user.");
  }
  const std::string_view spellings[] = {arn.text};
  call.note_resource(arn.text);
  SR_CHECK_OK(call.decide("sts:AssumeRole", spellings, call.account()));
  auto role = call.engines.directory.roles().get(call.reader, {arn.account, arn.name});
  if (!role && role.error().kind() == ErrorKind::kNotFound) {
    if (arn.account != call.account()) {
      return may_not_assume("The role's trust policy does not let the caller in.");
    }
    return fail(ErrorKind::kNotFound, "EntityNotExist.Role",
                "The specified Role not exists. RoleArn: " + std::string(arn.text));
  }
  if (!role) return role;
  SR_CHECK_OK(judge_trust(*role, {policy::PrincipalType::kRam, call.principal.arn}, context));
  return role;
}

Result<void> assume_role(Call& call) {
  SR_TRY(const SessionWish wish, session_wish(call));
  SR_TRY(const std::string_view external_id,
         checked_text(call, "ExternalId", kExternalIdMin, kExternalIdMax));
  SR_TRY(const std::string_view source_identity,
         checked_text(call, "SourceIdentity", 2, kSourceIdentityMax));
  policy::ConditionList of_call;
  if (!external_id.empty()) of_call.add("sts:ExternalId", external_id);
  const access::RequestConditions context(call.facts(), call.principal, nullptr, &of_call);
  SR_TRY(const identity::Role role, judged_role(call, wish.role, context));
  const bool chained = call.principal.kind == PrincipalKind::kRole;
  SR_TRY(const identity::IssuedSession issued,
         issue_session(call, wish,
                       {.role = role,
                        .seconds_max = chained ? kChainedSecondsMax : kSecondsMax,
                        .mfa_present = chained && call.principal.mfa_present,
                        .source_identity = source_identity}));
  write_session(call.answer, wish, role, issued);
  if (!source_identity.empty()) call.answer.field("SourceIdentity", source_identity);
  return {};
}

// There are no SAML providers, so no assertion has one that vouches for it.
Result<void> assume_role_with_saml(Call&) {
  return fail(ErrorKind::kUnauthenticated, "AuthenticationFail.NoPermission",
              "This operation is forbidden by permission system. No SAML provider is registered; "
              "use AssumeRoleWithOIDC.");
}

constexpr Operation kOperations[] = {
    {.api = kSts,
     .name = "GetCallerIdentity",
     .effect = Effect::kRead,
     .resource = ResourceKind::kNone,
     .handler = get_caller_identity},
    {.api = kSts,
     .name = "AssumeRole",
     .effect = Effect::kSlowRead,
     .resource = ResourceKind::kByHandler,
     .handler = assume_role},
    {.api = kSts,
     .name = "AssumeRoleWithSAML",
     .effect = Effect::kSlowRead,
     .resource = ResourceKind::kNone,
     .handler = assume_role_with_saml,
     .anonymous = true},
};

}  // namespace

std::span<const Operation> sts_operations() {
  return kOperations;
}

}  // namespace strongroom::service
