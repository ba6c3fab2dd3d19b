#include "sts_call.h"

#include <algorithm>

#include "strongroom/base/limits.h"

namespace strongroom::service {
namespace {

constexpr std::string_view kArnPrefix = "acs:ram::";
constexpr std::string_view kRolePrefix = ":role/";
constexpr std::int64_t kSecondsAtMost = 43'200;
constexpr std::int64_t kSecondsDefault = 3'600;

std::unexpected<Error> wrongly_formed(std::string_view parameter, std::string_view hint) {
  return fail(
      ErrorKind::kInvalidInput, "InvalidParameter." + std::string(parameter),
      "The parameter " + std::string(parameter) + " is wrongly formed. " + std::string(hint));
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Result<RoleArn> role_arn(std::string_view text) {
  const auto refuse = [] {
    return wrongly_formed("RoleArn", "Write acs:ram::<account>:role/<name>.");
  };
  if (!text.starts_with(kArnPrefix)) return refuse();
  const std::string_view rest = text.substr(kArnPrefix.size());
  const std::size_t split = rest.find(kRolePrefix);
  if (split == std::string_view::npos) return refuse();
  const auto account = AccountId::parse(rest.substr(0, split));
  const std::string_view name = rest.substr(split + kRolePrefix.size());
  const auto allowed = [](char c) { return is_alphanumeric(c) || c == '.' || c == '-'; };
  if (!account || name.empty() || name.size() > 64 || !std::ranges::all_of(name, allowed)) {
    return refuse();
  }
  return RoleArn{text, *account, name};
}

Result<void> check_session_name(std::string_view name) {
  if (is_session_name(name)) return {};
  return wrongly_formed("RoleSessionName", "2 to 64 letters, digits and . @ _ - are allowed.");
}

std::unexpected<Error> bad_duration(std::int64_t max) {
  return fail(ErrorKind::kInvalidInput, "InvalidParameter.DurationSeconds",
              "The Min/Max value of DurationSeconds is 15min/" + std::to_string(max / 60) + "min.");
}

Result<std::optional<std::int64_t>> seconds_in(const Call& call) {
  if (call.parameters.text("DurationSeconds").empty()) return std::nullopt;
  const auto seconds = call.parameters.integer("DurationSeconds", kSecondsDefault,
                                               identity::kSessionSecondsMin, kSecondsAtMost);
  if (!seconds) return bad_duration(kSecondsAtMost);
  return std::optional(*seconds);
}

}  // namespace

bool is_session_name(std::string_view text) {
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || c == '.' || c == '@' || c == '_' || c == '-';
  };
  return text.size() >= limits::kSessionNameCharsMin &&
         text.size() <= limits::kSessionNameCharsMax && std::ranges::all_of(text, allowed);
}

Result<SessionWish> session_wish(const Call& call) {
  const Parameters& in = call.parameters;
  SessionWish wish{};
  SR_TRY(const std::string_view arn, in.required("RoleArn"));
  SR_TRY(wish.role, role_arn(arn));
  SR_TRY(wish.session_name, in.required("RoleSessionName"));
  SR_CHECK_OK(check_session_name(wish.session_name));
  SR_TRY(wish.seconds, seconds_in(call));
  wish.policy = in.text("Policy");
  if (!wish.policy.empty()) {
    SR_CHECK_OK(policy::parse_document(wish.policy, policy::DocumentKind::kSession));
  }
  return wish;
}

Result<void> judge_trust(const identity::Role& role, const policy::PrincipalName& who,
                         const policy::Conditions& context) {
  auto document = policy::parse_stored_document(role.trust_document, policy::DocumentKind::kTrust);
  if (!document) return internal_error("a stored trust policy does not parse");
  std::vector<policy::Policy> trust;
  trust.push_back({.name = role.name, .type = "Trust", .document = std::move(*document)});
  constexpr std::string_view kAny[] = {"*"};
  const policy::Query query{
      .action = "sts:AssumeRole", .resources = kAny, .context = &context, .principal = who};
  if (policy::PolicySet::compile(std::move(trust))->evaluate(query).allowed()) return {};
  return may_not_assume("The role's trust policy does not let the caller in.");
}

Result<identity::IssuedSession> issue_session(const Call& call, const SessionWish& wish,
                                              const SessionGrant& grant) {
  if (call.engines.sessions == nullptr) return internal_error("no session key");
  const std::int64_t max = std::min(grant.role.max_session_seconds, grant.seconds_max);
  const std::int64_t seconds = wish.seconds.value_or(std::min(kSecondsDefault, max));
  if (seconds > max) return bad_duration(max);
  return call.engines.sessions->issue({.account = grant.role.account,
                                       .role_id = grant.role.id,
                                       .role_name = grant.role.name,
                                       .name = std::string(wish.session_name),
                                       .policy = std::string(wish.policy),
                                       .source_identity = std::string(grant.source_identity),
                                       .mfa_present = grant.mfa_present,
                                       .issued = call.now,
                                       .expires = {call.now.unix_ms + seconds * kMillisPerSecond}});
}

void write_session(AnswerWriter& out, const SessionWish& wish, const identity::Role& role,
                   const identity::IssuedSession& issued) {
  out.begin_object("AssumedRoleUser");
  out.field("Arn", role.arn() + "/" + std::string(wish.session_name));
  out.field("AssumedRoleId", role.id + ":" + std::string(wish.session_name));
  out.end_object();
  out.begin_object("Credentials");
  out.field("AccessKeyId", issued.access_key_id);
  out.secret("AccessKeySecret", issued.access_key_secret);
  out.field("SecurityToken", issued.security_token);
  out.field("Expiration", format_utc(issued.expires));
  out.end_object();
}

std::unexpected<Error> may_not_assume(std::string_view why) {
  return fail(ErrorKind::kDenied, "NoPermission",
              "You are not authorized to do this action. You should be authorized by RAM. " +
                  std::string(why));
}

}  // namespace strongroom::service
