#pragma once
// Who signed a request. A value that everything above identity decides with; immutable, shared
// between threads.

#include <cstdint>
#include <memory>
#include <string>

#include "strongroom/base/ids.h"
#include "strongroom/base/time.h"
#include "strongroom/policy/access_grants.h"
#include "strongroom/policy/policy.h"

namespace strongroom::identity {

enum class PrincipalKind : std::uint8_t {
  kRoot,       // the account itself: allowed everything in its account
  kUser,       // a RAM user: what its policies allow
  kSystem,     // work of the server itself that fell due, acting for one account
  kRole,       // a session of a role: what the role's policies and the session policy both allow
  kClientKey,  // a client key of an access point: what the access point grants, nothing else
  kAnonymous,  // nobody signed (AssumeRoleWithOIDC): no account, allowed nothing
};

struct Principal {
  PrincipalKind kind = PrincipalKind::kUser;
  AccountId account;
  std::string id;    // root: the account id; user: its numeric id; system: "system"; role:
                     // "<role id>:<session name>"
  std::string name;  // user name; root: "root"; role: "<role name>:<session name>"
  std::string arn;   // acs:ram::<account>:root | :user/<name> | :assumed-role/<role>/<session>
  std::string access_key_id;  // empty for system
  bool session =
      false;  // signed with STS credentials (openapi.md §1.1: GetSecretValue is then judged alone)
  std::shared_ptr<const policy::PolicySet> policies;  // empty set for root and system
  // Role sessions only; null: the session is not narrowed.
  std::shared_ptr<const policy::PolicySet> session_policy = nullptr;
  bool mfa_present = false;  // sessions only: who made it had shown a second factor
  // Client keys: everything they may do. Role sessions that access points bound: what they may do
  // at most. Null: no access point has a say.
  std::shared_ptr<const policy::AccessGrants> grants = nullptr;
  std::string key_fingerprint =
      {};  // client keys: SHA-256 of the SubjectPublicKeyInfo, lower-case hex
  // Client keys: from when until before when they sign. Zero: always. Checked with the signature.
  Instant not_before = {};
  Instant not_after = {};
};
using PrincipalRef = std::shared_ptr<const Principal>;

}  // namespace strongroom::identity
