#pragma once
// What an application access point allows: its permission policies with their network rules,
// compiled (openapi.md §11, semantics.md §5.3). Pure: no storage, no clock. Thread-safe once
// compiled; deciding allocates nothing, so it runs on I/O threads.
//
// Policies are alternatives; inside one policy scope, source address, role and resource must all
// fit. A policy that names network rules of which none exists matches no address, so deleting a
// rule never widens access.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strongroom::policy {

/// The scope of policies for the shared gateway; any other is the id of a KMS instance.
inline constexpr std::string_view kSharedScope = "shared";

/// Roles of a permission policy, as bits. On disk (aap's schema): never renumber.
enum AccessRole : std::uint8_t {
  kCryptoServiceKeyUser = 1,     // keys of an instance, on the instance's endpoint
  kCryptoServiceSecretUser = 2,  // secret values of an instance, there
  kSecretUser = 4,               // secret values on the shared gateway
};

/// On disk: never renumber.
enum class NetworkType : std::uint8_t { kPrivate = 0, kPublic = 1, kVpc = 2 };

struct AccessNetwork {
  NetworkType type = NetworkType::kPrivate;
  std::vector<std::string> sources;  // addresses and CIDR networks
};

struct AccessPolicy {
  std::string name;
  std::string scope;                    // kSharedScope or an instance id
  std::uint8_t roles = 0;               // AccessRole bits
  std::vector<std::string> resources;   // "key/<id>", "secret/<name>": a Pattern
  bool restricted = false;              // names network rules …
  std::vector<AccessNetwork> networks;  // … of which these exist
};

enum class AccessUse : std::uint8_t {
  kCrypto,       // a cryptographic operation with a key
  kSecretValue,  // reading a secret's value
};

struct AccessQuery {
  std::string_view scope;  // which gateway was asked
  AccessUse use;
  std::string_view resource;  // "key/<id>", "secret/<name>"; empty: none (GenerateRandom)
  std::string_view source;    // the peer's address
};

/// The check that came last before everything was refused, for audit.
enum class AccessRefusal : std::uint8_t { kNone, kScope, kAddress, kRole, kResource };
std::string_view to_text(AccessRefusal refusal);  // "scope", "address", …

struct AccessDecision {
  bool allowed = false;
  std::string_view policy = {};  // the policy that allowed; lives as long as the grants
  AccessRefusal refusal = AccessRefusal::kScope;
};

class AccessGrants {
 public:
  static std::shared_ptr<const AccessGrants> compile(std::vector<AccessPolicy> policies);
  ~AccessGrants();
  AccessDecision decide(const AccessQuery& query) const;
  std::span<const AccessPolicy> policies() const { return policies_; }

 private:
  struct Compiled;
  AccessGrants();
  std::vector<AccessPolicy> policies_;
  std::vector<Compiled> compiled_;
};

}  // namespace strongroom::policy
