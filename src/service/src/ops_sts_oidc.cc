// STS: sessions of roles for holders of an OIDC token, who sign nothing (gateway.md §4.5, §5.4).

#include <algorithm>

#include "strongroom/oidc/issuers.h"
#include "sts_call.h"
#include "tables.h"

namespace strongroom::service {
namespace {

constexpr std::int64_t kSkewMillis = 60'000;
constexpr std::int64_t kSecondsMax = 43'200;
constexpr std::string_view kArnPrefix = "acs:ram::";
constexpr std::string_view kProviderPrefix = ":oidc-provider/";

std::unexpected<Error> refused(std::string_view code, std::string message) {
  return fail(ErrorKind::kUnauthenticated, "AuthenticationFail." + std::string(code),
              std::move(message));
}

// One answer for every reason that is the provider's or the role's: nobody has proved anything yet.
std::unexpected<Error> no_permission() {
  return refused("NoPermission",
                 "This operation is forbidden by permission system. The provider is not "
                 "registered, or the role does not trust this token.");
}

struct ProviderArn {
  AccountId account;
  std::string_view name;
};

Result<ProviderArn> provider_arn(std::string_view text) {
  const auto refuse = [] {
    return fail(ErrorKind::kInvalidInput, "InvalidParameter.OIDCProviderArn",
                "The parameter OIDCProviderArn is wrongly formed. Write "
                "acs:ram::<account>:oidc-provider/<name>.");
  };
  if (!text.starts_with(kArnPrefix)) return refuse();
  const std::string_view rest = text.substr(kArnPrefix.size());
  const std::size_t split = rest.find(kProviderPrefix);
  const auto account =
      split == std::string_view::npos ? std::nullopt : AccountId::parse(rest.substr(0, split));
  if (!account || rest.size() - split - kProviderPrefix.size() > 128) return refuse();
  return ProviderArn{*account, rest.substr(split + kProviderPrefix.size())};
}

// gateway.md §5.4: time with a minute's grace, audience, and how old a token may be.
Result<void> check_claims(const oidc::Token& token, const identity::OidcProvider& provider,
                          Instant now) {
  const bool known = std::ranges::any_of(token.audiences, [&](const std::string& audience) {
    return std::ranges::find(provider.client_ids, audience) != provider.client_ids.end();
  });
  if (!known) {
    return refused("OIDCToken.AudienceNotMatch",
                   "The audience of the OIDC token is no client id of the provider.");
  }
  const std::int64_t early = now.unix_ms + kSkewMillis;
  const std::int64_t late = now.unix_ms - kSkewMillis;
  if (token.issued.unix_ms > early || token.not_before.unix_ms > early) {
    return refused("OIDCToken.Invalid", "The OIDC token is invalid. It is not valid yet.");
  }
  const std::int64_t limit = static_cast<std::int64_t>(provider.limit_hours) * kMillisPerHour;
  if (token.expires.unix_ms <= late || token.issued.unix_ms + limit <= late) {
    return refused("OIDCToken.Expired", "The OIDC token is expired. Get a new one.");
  }
  return {};
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

void write_token_info(AnswerWriter& out, const oidc::Token& token) {
  out.begin_object("OIDCTokenInfo");
  out.field("Subject", token.subject);
  out.field("Issuer", token.issuer);
  out.field("ClientIds", joined(token.audiences));
  out.field("IssuanceTime", format_utc(token.issued));
  out.field("ExpirationTime", format_utc(token.expires));
  out.field("VerificationInfo", "Success");
  out.end_object();
}

struct Proof {
  identity::OidcProvider provider;
  std::string provider_arn;
  oidc::Token token;
};

Result<Proof> prove(Call& call, std::string_view token_text) {
  SR_TRY(const std::string_view arn_text, call.parameters.required("OIDCProviderArn"));
  SR_TRY(const ProviderArn arn, provider_arn(arn_text));
  SR_TRY(oidc::Token token, oidc::parse_token(token_text));
  auto provider = call.engines.directory.oidc_providers().get(call.reader, {arn.account, arn.name});
  if (!provider && provider.error().kind() == ErrorKind::kNotFound) return no_permission();
  if (!provider) return std::unexpected(provider.error());
  if (call.engines.issuers == nullptr) return internal_error("no way to reach issuers");
  SR_CHECK_OK(call.engines.issuers->check_signature(
      token, {provider->issuer, provider->fingerprints}, call.now));
  SR_CHECK_OK(check_claims(token, *provider, call.now));
  return Proof{std::move(*provider), std::string(arn_text), std::move(token)};
}

Result<identity::Role> trusting_role(Call& call, const RoleArn& arn, const Proof& proof) {
  auto role = call.engines.directory.roles().get(call.reader, {arn.account, arn.name});
  if (!role && role.error().kind() == ErrorKind::kNotFound) return no_permission();
  if (!role) return role;
  policy::ConditionList claims;
  claims.add("oidc:iss", proof.token.issuer);
  claims.add("oidc:sub", proof.token.subject);
  for (const std::string& audience : proof.token.audiences) claims.add("oidc:aud", audience);
  const access::RequestConditions context(call.facts(), call.principal, nullptr, &claims);
  const auto trusted =
      judge_trust(*role, {policy::PrincipalType::kFederated, proof.provider_arn}, context);
  if (trusted) return role;
  if (trusted.error().kind() == ErrorKind::kDenied) return no_permission();
  return std::unexpected(trusted.error());
}

Result<void> assume_role_with_oidc(Call& call) {
  SR_TRY(const SessionWish wish, session_wish(call));
  SR_TRY(const std::string_view token_text, call.parameters.required("OIDCToken"));
  call.note_resource(wish.role.text);
  SR_TRY(const Proof proof, prove(call, token_text));
  SR_TRY(const identity::Role role, trusting_role(call, wish.role, proof));
  SR_TRY(const identity::IssuedSession issued,
         issue_session(call, wish, {.role = role, .seconds_max = kSecondsMax}));
  write_session(call.answer, wish, role, issued);
  write_token_info(call.answer, proof.token);
  return {};
}

constexpr Operation kOperations[] = {
    {.api = kSts,
     .name = "AssumeRoleWithOIDC",
     .effect = Effect::kSlowRead,
     .resource = ResourceKind::kNone,
     .handler = assume_role_with_oidc,
     .anonymous = true},
};

}  // namespace

std::span<const Operation> sts_oidc_operations() {
  return kOperations;
}

}  // namespace strongroom::service
