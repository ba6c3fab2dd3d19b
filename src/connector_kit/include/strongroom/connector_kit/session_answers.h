#pragma once
// What the outcome of opening a session says about the credential. Every connector's Session::open
// fails with the code LoginRefused when the target refuses the credential itself. Pure.

#include <utility>

#include "strongroom/connector_kit/attempt.h"

namespace strongroom::connector_kit {

inline bool is_refused_login(const Failure& failure) {
  return failure.code == "LoginRefused";
}

/// kAccepted, kRefused, or the failure that kept the question open.
template <class Session>
Attempt<connector::Login> login_seen(const Attempt<Session>& opened) {
  if (opened) return connector::Login::kAccepted;
  if (is_refused_login(opened.error())) return connector::Login::kRefused;
  return std::unexpected(opened.error());
}

/// The admin account's session; a refused login is for a person to mend (kConfiguration,
/// AdminRefused).
template <class Session>
Attempt<Session> as_admin(Attempt<Session> opened) {
  if (!opened && is_refused_login(opened.error()))
    return misconfigured("AdminRefused",
                         "The target refuses its admin account: " + opened.error().message);
  return opened;
}

}  // namespace strongroom::connector_kit
