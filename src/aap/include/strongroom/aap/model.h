#pragma once
// Network rules, permission policies, access points and client keys as values, with the rules that
// their fields obey (openapi.md §11, semantics.md §5.1). Plain values, one owner; the functions are
// pure and answer 400 InvalidParameter naming the parameter.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/ids.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/policy/access_grants.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::aap {

using policy::NetworkType;

/// On disk (schema/access_point.fbs): never renumber.
enum class Authentication : std::uint8_t { kClientKey = 0, kRamRole = 1 };

/// As the API spells them: "Private", "ClientKey". Parsing answers InvalidParameter.
std::string_view to_text(NetworkType type);
std::string_view to_text(Authentication authentication);
Result<NetworkType> parse_network_type(std::string_view text);
Result<Authentication> parse_authentication(std::string_view text);

struct NetworkRule {
  AccountId account;
  std::string name = {};
  NetworkType type = NetworkType::kPrivate;
  std::vector<std::string> sources = {};
  std::string description = {};
  Instant created = {};
  Uuid uuid = {};
};

struct AccessPolicy {
  AccountId account;
  std::string name = {};
  std::string scope = {};                     // "shared" or an instance id
  std::vector<std::string> permissions = {};  // "RbacPermission/Template/CryptoServiceKeyUser" …
  std::vector<std::string> resources = {};
  std::string rules_text = {};          // AccessControlRules as the caller wrote it
  std::vector<std::string> rules = {};  // the rules named in it
  std::string description = {};
  Instant created = {};
  Uuid uuid = {};
};

struct AccessPoint {
  AccountId account;
  std::string name = {};
  Authentication authentication = Authentication::kClientKey;
  std::string role = {};  // RAM role of kRamRole
  std::vector<std::string> policies = {};
  std::string description = {};
  std::vector<std::string> client_keys = {};  // ids, oldest first
  Instant created = {};
  Uuid uuid = {};
};

/// The public half of a client key.
struct ClientKeyInfo {
  AccountId account;
  std::string id = {};  // "KAAP." and a UUID
  std::string access_point = {};
  Instant created = {};
  Instant not_before = {};
  Instant not_after = {};
  std::string public_key_der = {};
  std::string certificate_pem = {};
  Uuid uuid = {};
};

/// A client key at the one moment its private half is shown.
struct IssuedClientKey {
  ClientKeyInfo info;
  SecretBytes pkcs12_base64;  // of the DER file, for PrivateKeyData
};

/// 1 to 128 letters, digits, '_', '-' and '.'.
Result<void> check_name(std::string_view parameter, std::string_view name);
Result<void> check_description(std::string_view description);
/// Addresses and CIDR networks, at most limits::kNetworkSourcesMax.
Result<void> check_sources(std::span<const std::string> sources);
/// The three templates, any or none of them.
Result<void> check_permissions(std::span<const std::string> permissions);
/// "key/…", "secret/…" or "*", at most limits::kAccessResourcesMax.
Result<void> check_resources(std::span<const std::string> resources);
/// 1 to 3 names.
Result<void> check_policies(std::span<const std::string> policies);
/// 8 to 64 of digits, letters and ~!@#$%^&*?_- of at least two of these classes.
Result<void> check_password(const SecretBytes& password);
/// 5 years of the calendar after it: what a client key gets that is given no validity, and at most.
Instant latest_end(Instant not_before);
/// 1 hour to latest_end, and not over yet.
Result<void> check_validity(Instant not_before, Instant not_after, Instant now);

/// AccessRole bits.
std::uint8_t roles_of(std::span<const std::string> permissions);

/// ["a","b"] without blanks: Terraform cuts the text apart by hand.
std::string compact_json(std::span<const std::string> values);

}  // namespace strongroom::aap
