#pragma once
// The permission language: statements in, a decision with evidence out. Pure: no storage, no
// clock. Thread-safe once compiled. Today it knows Effect, Action and Resource with wildcards,
// which the KMS system policies need (gateway.md §6.5); conditions and whole documents come with
// the identity issue and must not change evaluate()'s shape.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strongroom::policy {

enum class Effect : std::uint8_t { kAllow, kDeny };

/// One statement: any action pattern and any resource pattern must match. '*' is any run (it
/// crosses ':' and '/'), '?' one byte; actions compare without case, resources with
/// (gateway.md §6.1).
struct Statement {
  Effect effect;
  std::vector<std::string> actions;
  std::vector<std::string> resources;
};

struct Policy {
  std::string name;  // "AliyunKMSFullAccess"
  std::string type;  // "System" or "Custom"
  std::vector<Statement> statements;
  std::string version = "v1";  // DefaultVersion of ListPoliciesForUser
  std::string description = "";
};

/// What is to be decided. `resources` lists every accepted spelling of one resource (a container
/// has two, gateway.md §6.4): a Deny on any, or an Allow on any, counts.
struct Query {
  std::string_view action;                      // "kms:GetSecretValue"
  std::span<const std::string_view> resources;  // "acs:kms:cn-hangzhou:…:secret/app/db"
};

enum class Outcome : std::uint8_t { kAllow, kExplicitDeny, kImplicitDeny };

/// The answer and why. Views live as long as the PolicySet.
struct Decision {
  Outcome outcome = Outcome::kImplicitDeny;
  std::string_view policy_name;  // the policy that decided; empty for an implicit deny and for the
                                 // account's root
  std::string_view policy_type;
  bool allowed() const { return outcome == Outcome::kAllow; }
};

/// One pattern, compiled: what kind of comparison it needs and the literal texts of that
/// comparison.
class Pattern {
 public:
  /// `fold_case`: the text given to matches() is lower-case already; the pattern is made so here.
  Pattern(std::string_view pattern, bool fold_case);
  bool matches(std::string_view text) const;

 private:
  enum class Kind : std::uint8_t { kAny, kLiteral, kPrefix, kPieces, kGlob };
  bool matches_pieces(std::string_view text) const;

  Kind kind_;
  std::string text_;                 // the pattern; kPrefix: without its star
  std::vector<std::string> middle_;  // kPieces: the literals between first and last star
  std::size_t head_ = 0;             // kPieces: bytes before the first star
  std::size_t tail_ = 0;             // kPieces: bytes after the last star
  std::size_t least_ = 0;            // kPieces: no shorter text can match
};

/// All policies of one principal, compiled: literals and wildcard pieces, never parsed again.
class PolicySet {
 public:
  static std::shared_ptr<const PolicySet> compile(std::vector<Policy> policies);
  /// Explicit deny first, then allow, else implicit deny (gateway.md §6.3). No allocation.
  Decision evaluate(const Query& query) const;
  /// What compile() was given.
  std::span<const Policy> policies() const { return policies_; }

 private:
  struct Compiled {
    std::uint32_t policy;  // index in policies_
    std::vector<Pattern> actions;
    std::vector<Pattern> resources;
    bool matches(std::string_view action, std::span<const std::string_view> texts) const;
  };
  Decision decided(Outcome outcome, const Compiled& statement) const;

  std::vector<Policy> policies_;
  std::vector<Compiled> denies_;
  std::vector<Compiled> allows_;
};

/// The KMS system policies that can be attached (gateway.md §6.5), by name (case matters, as in
/// RAM); null if unknown. The objects live as long as the process.
const Policy* find_system_policy(std::string_view name);
std::span<const Policy> system_policies();

/// The policy as the JSON document a person would write, one statement a line.
std::string to_document(const Policy& policy);

/// '*' and '?' matching as above. Time: text times the longest run between two stars.
bool wildcard_match(std::string_view pattern, std::string_view text, bool ignore_case);

}  // namespace strongroom::policy
