#pragma once
// May this principal do this? Gathers what applies to a request and asks `policy` (gateway.md
// §6.3); says why not in the form that clients read (gateway.md §1.8). Pure; thread-safe.

#include <span>
#include <string>
#include <string_view>

#include "strongroom/base/ids.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/identity/principal.h"
#include "strongroom/policy/policy.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::access {

/// Another account's resource: implicit deny, whoever asks. Root and system principals: allowed in
/// their own account. Users: what their policies say. Views of the decision live as long as
/// `principal`.
policy::Decision decide(const identity::Principal& principal, const policy::Query& query,
                        AccountId owner);

/// A refusal, with everything that the caller or its administrator may be told about it.
struct Refusal {
  const identity::Principal& principal;
  std::string_view action;    // "kms:GetSecretValue"
  std::string_view resource;  // the ARN that was judged
  policy::Decision decision;
};

/// The object AccessDeniedDetail as JSON (gateway.md §1.8). EncodedDiagnosticMessage holds action,
/// resource and policy sealed with suite 1 under `key` (32 bytes, SealedStore::derive of
/// kDiagnosticLabel); without a key, or if sealing fails, it is left out.
std::string denied_detail(const Refusal& refusal, const SecretBytes* key, Random& random);

inline constexpr std::string_view kDiagnosticLabel = "strongroom/access/diagnostic/1";

/// The text inside an EncodedDiagnosticMessage of `account`: the JSON object
/// DecodedDiagnosticMessage. kNotFound (EntityNotExist.DiagnosticMessage) if it is not one of ours
/// or another account's.
Result<SecretBytes> decode_diagnostic(std::string_view encoded, AccountId account,
                                      const SecretBytes& key);

}  // namespace strongroom::access
