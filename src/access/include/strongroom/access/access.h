#pragma once
// May this principal do this? Gathers what applies to a request and asks `policy` (gateway.md
// §6.3); says why not in the form that clients read (gateway.md §1.8). Pure; thread-safe.

#include <cstdint>
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

/// Whose word it was.
enum class Source : std::uint8_t {
  kAccount,      // nobody's: the account's root and the server's own work need no policy
  kIdentity,     // the policies of the user (its own and its groups') or of the role
  kSession,      // the policy that was given to AssumeRole
  kResource,     // the policy of the secret or key
  kAccessPoint,  // the permission policies of an access point
};
/// "account", "identity", "session", "resource", "access-point".
std::string_view source_name(Source source);

struct Verdict {
  policy::Decision decision;
  Source source = Source::kIdentity;
  bool allowed() const { return decision.allowed(); }
};

/// What is known of the resource besides its name. The defaults are those of one that does not
/// exist.
struct Subject {
  AccountId owner;
  const policy::PolicySet* resource_policy = nullptr;  // null: the default policy
};

/// gateway.md §6.3: an explicit deny of any voice wins. In the owner's own account identity or
/// resource policy must allow; in another account both must. A session policy must allow too. Root
/// and the server itself may do all in their own account. `query.principal` is set here.
///
/// The default policy of a secret or key leaves the decision to the account's identity policies, so
/// it is passed as null. Views of the verdict live as long as `principal` and the policy.
Verdict decide(const identity::Principal& principal, const policy::Query& query,
               const Subject& subject);

/// A refusal, with everything that the caller or its administrator may be told about it.
struct Refusal {
  const identity::Principal& principal;
  std::string_view action;    // "kms:GetSecretValue"
  std::string_view resource;  // the ARN that was judged
  Verdict verdict;
};

/// The object AccessDeniedDetail as JSON (gateway.md §1.8). EncodedDiagnosticMessage holds action,
/// resource and policy sealed with suite 1 under `key` (32 bytes, SealedStore::derive of
/// kDiagnosticLabel); without a key, or if sealing fails, it is left out.
std::string denied_detail(const Refusal& refusal, const SecretBytes* key, Random& random);

inline constexpr std::string_view kDiagnosticLabel = "strongroom/access/diagnostic/1";

/// The text inside an EncodedDiagnosticMessage of `account`: the JSON object
/// DecodedDiagnosticMessage. kNotFound (EntityNotExist.DiagnosticMessage) if it is not one of ours
/// or another account's.
Result<std::string> decode_diagnostic(std::string_view encoded, AccountId account,
                                      const SecretBytes& key);

}  // namespace strongroom::access
