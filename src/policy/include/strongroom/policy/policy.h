#pragma once
// The permission language: statements in, a decision with evidence out. Pure: no storage, no clock. Thread-safe once
// compiled. Today it knows Effect, Action and Resource with wildcards, which the KMS system policies need
// (gateway.md §6.5); conditions and whole documents come with the identity issue and must not change evaluate()'s shape.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strongroom::policy {

enum class Effect : std::uint8_t { kAllow, kDeny };

/// One statement: any action pattern and any resource pattern must match. '*' is any run, '?' one character; actions
/// compare without case, resources with.
struct Statement {
  Effect effect;
  std::vector<std::string> actions;
  std::vector<std::string> resources;
};

struct Policy {
  std::string name;     // "AliyunKMSFullAccess"
  std::string type;     // "System" or "Custom"
  std::vector<Statement> statements;
};

/// What is to be decided. `resources` lists every accepted spelling of one resource (a container has two, gateway.md
/// §6.4): a Deny on any, or an Allow on any, counts.
struct Query {
  std::string_view action;                       // "kms:GetSecretValue"
  std::span<const std::string_view> resources;   // "acs:kms:cn-hangzhou:…:secret/app/db"
};

enum class Outcome : std::uint8_t { kAllow, kExplicitDeny, kImplicitDeny };

/// The answer and why. Views live as long as the PolicySet.
struct Decision {
  Outcome outcome = Outcome::kImplicitDeny;
  std::string_view policy_name;   // the statement that decided; empty for an implicit deny and for the account's root
  std::string_view policy_type;
  bool allowed() const { return outcome == Outcome::kAllow; }
};

/// All policies of one principal, compiled: literals and wildcard pieces, never parsed again.
class PolicySet {
 public:
  static std::shared_ptr<const PolicySet> compile(std::vector<Policy> policies);
  /// Explicit deny first, then allow, else implicit deny (gateway.md §6.3).
  Decision evaluate(const Query& query) const;

 private:
  std::vector<Policy> policies_;
};

/// The KMS system policies that can be attached (gateway.md §6.5), by name; null if unknown.
const Policy* find_system_policy(std::string_view name);
std::span<const Policy> system_policies();

/// '*' and '?' matching as above, linear in text times stars.
bool wildcard_match(std::string_view pattern, std::string_view text, bool ignore_case);

}  // namespace strongroom::policy
