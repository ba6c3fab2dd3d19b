#pragma once
// What the actions that assume a role share: their parameters, the role's own word, the answer
// (gateway.md §5.4).

#include <optional>
#include <string>
#include <string_view>

#include "strongroom/identity/directory.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

/// A role as a parameter named it. Views into the request.
struct RoleArn {
  std::string_view text;
  AccountId account;
  std::string_view name;
};

/// What AssumeRole takes as the name of a session.
bool is_session_name(std::string_view text);

/// What a caller wants a session to be.
struct SessionWish {
  RoleArn role;
  std::string_view session_name;
  std::optional<std::int64_t> seconds;  // absent: an hour, or as much as the role allows
  std::string_view policy;              // narrows the session; empty: not
};
/// InvalidParameter.RoleArn, .RoleSessionName, .DurationSeconds, .PolicySize, .PolicyGrammar.
Result<SessionWish> session_wish(const Call& call);

/// Whether the role's trust policy lets `who` in: NoPermission if not. `context` holds what its
/// conditions may ask for.
Result<void> judge_trust(const identity::Role& role, const policy::PrincipalName& who,
                         const policy::Conditions& context);

/// Issues the session. `seconds_max`: beyond the role's own limit.
struct SessionGrant {
  const identity::Role& role;
  std::int64_t seconds_max;
  bool mfa_present = false;
  std::string_view source_identity = "";
};
Result<identity::IssuedSession> issue_session(const Call& call, const SessionWish& wish,
                                              const SessionGrant& grant);

/// Credentials and AssumedRoleUser.
void write_session(AnswerWriter& out, const SessionWish& wish, const identity::Role& role,
                   const identity::IssuedSession& issued);

/// 403 NoPermission in STS's words.
std::unexpected<Error> may_not_assume(std::string_view why);

}  // namespace strongroom::service
