#pragma once
// The permission language: policies in, a decision with evidence out. Pure: no storage, no clock.
// Thread-safe once compiled.
//
// One PolicySet is one voice: the identity policies of a principal, a session policy, the policy of
// one secret or key, the trust policy of one role. How voices combine is the business of `access`.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/policy/conditions.h"
#include "strongroom/policy/document.h"
#include "strongroom/policy/pattern.h"

namespace strongroom::policy {

struct Policy {
  std::string name;  // "AliyunKMSFullAccess"
  std::string type;  // "System" or "Custom"
  Document document = {};
  std::string version = "v1";  // DefaultVersion of ListPoliciesForUser
  std::string description = "";
};

/// Who asks, as Principal elements spell it.
struct PrincipalName {
  PrincipalType type = PrincipalType::kRam;
  /// kRam: acs:ram::<account>:root, :user/<name>, or a session of a role as :role/<name>/<session>
  /// or :assumed-role/<name>/<session>. kService: the service. kFederated: the provider's ARN.
  std::string_view id = {};
};

/// What is to be decided. `resources` lists every accepted spelling of one resource (a container
/// has two, gateway.md §6.4): a Deny on any, or an Allow on any, counts. A trust policy is asked
/// with the resource "*".
struct Query {
  std::string_view action;                      // "kms:GetSecretValue"
  std::span<const std::string_view> resources;  // "acs:kms:cn-hangzhou:…:secret/app/db"
  const Conditions* context = nullptr;          // null: the request has no condition key
  PrincipalName principal = {};                 // for statements that have a Principal
};

enum class Outcome : std::uint8_t { kAllow, kExplicitDeny, kImplicitDeny };

/// The answer and why. Views live as long as the PolicySet.
struct Decision {
  Outcome outcome = Outcome::kImplicitDeny;
  std::string_view policy_name;  // the policy that decided; empty for an implicit deny and for the
                                 // account's root
  std::string_view policy_type;
  std::string_view policy_version = {};
  std::uint32_t statement = 0;  // its place in that policy's document
  bool allowed() const { return outcome == Outcome::kAllow; }
};

/// Which elements of one statement fit a query: what an explanation is made of.
struct Fit {
  std::uint32_t policy = 0;     // index in policies()
  std::uint32_t statement = 0;  // index in its document
  Effect effect = Effect::kAllow;
  bool action = false;
  bool resource = false;
  bool principal = false;
  bool conditions = false;
  bool whole() const { return action && resource && principal && conditions; }
};

/// Policies compiled: literals, wildcard pieces, numbers and networks, never parsed again.
class PolicySet {
 public:
  /// A condition value that its operator cannot read (parse_document refuses those) matches
  /// nothing.
  static std::shared_ptr<const PolicySet> compile(std::vector<Policy> policies);
  PolicySet();
  ~PolicySet();
  PolicySet(const PolicySet&) = delete;
  PolicySet& operator=(const PolicySet&) = delete;

  /// Explicit deny first, then allow, else implicit deny (gateway.md §6.3). No allocation. Looks
  /// only at statements that can match the action.
  Decision evaluate(const Query& query) const;
  /// Every statement against the query, in the order of the documents; for explanations.
  std::vector<Fit> fits(const Query& query) const;
  /// What compile() was given.
  std::span<const Policy> policies() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The system policies that can be attached (gateway.md §6.5), by name (case matters, as in RAM);
/// null if unknown. The objects live as long as the process.
const Policy* find_system_policy(std::string_view name);
std::span<const Policy> system_policies();

/// The policy's document as to_json writes it.
std::string to_document(const Policy& policy);

}  // namespace strongroom::policy
