#pragma once
// Principal elements, compiled (gateway.md §6.1, openapi.md §3.1). Thread-safe once made.

#include <cstdint>
#include <string>
#include <string_view>

#include "strongroom/policy/document.h"
#include "strongroom/policy/policy.h"

namespace strongroom::policy {

/// What is wrong with a principal, as the end of a sentence ("must be …"); empty if nothing.
std::string_view principal_problem(PrincipalType type, std::string_view id);

class PrincipalPattern {
 public:
  /// In a trust policy "root" stands for the whole account, as in the cloud; in the policy of a
  /// secret or key for the account's root alone, and "*" for everybody in the account.
  PrincipalPattern(const PrincipalElement& element, DocumentKind kind);
  bool matches(const PrincipalName& name) const;

 private:
  enum class Scope : std::uint8_t { kExact, kAccount, kRole, kNobody };
  PrincipalType type_;
  Scope scope_ = Scope::kExact;
  std::string id_;    // kExact: the text; kAccount, kRole: up to and with the account's colon
  std::string role_;  // kRole: its name
};

}  // namespace strongroom::policy
