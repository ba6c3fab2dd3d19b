#pragma once
// May this client key do this, from there? For gateways that hold a verified credential. No
// allocation, no lock, no storage: runs on I/O threads. The validity window is checked by
// check_validity after the signature (semantics.md §5.4).

#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/identity/credential.h"
#include "strongroom/policy/access_grants.h"

namespace strongroom::aap {

/// 403 Forbidden.AccessKey outside [not_before, not_after).
Result<void> check_validity(const identity::Credential& client, Instant now);

/// The order of semantics.md §5.3: scope, address, role, resource; policies are alternatives.
/// `query.resource` is "key/<id>" or "secret/<name>" (names, not ARNs). On an instance a secret's
/// value also needs AccessUse::kCrypto on its key, which the gateway asks second; on the shared
/// gateway (policy::kSharedScope) SecretUser stands alone. A credential that is no client key is
/// refused.
policy::AccessDecision authorize(const identity::Credential& client,
                                 const policy::AccessQuery& query);

/// The same as a refusal: 403 Forbidden.NoPermission naming `subject`, one text for every reason.
Result<void> require(const identity::Credential& client, const policy::AccessQuery& query,
                     std::string_view subject);

}  // namespace strongroom::aap
