#include "strongroom/aap/model.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "errors.h"
#include "reveal.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/limits.h"
#include "strongroom/policy/values.h"

namespace strongroom::aap {
namespace {

constexpr std::int64_t kShortestMillis = 3'600'000;
constexpr std::chrono::years kLongest{5};

struct Template {
  std::string_view name;
  policy::AccessRole role;
};
constexpr std::array<Template, 3> kTemplates{{
    {"RbacPermission/Template/CryptoServiceKeyUser", policy::kCryptoServiceKeyUser},
    {"RbacPermission/Template/CryptoServiceSecretUser", policy::kCryptoServiceSecretUser},
    {"RbacPermission/Template/SecretUser", policy::kSecretUser},
}};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_resource(std::string_view text) {
  if (text.size() > limits::kAccessResourceBytesMax || !is_utf8(text)) return false;
  return text == "*" || (text.starts_with("key/") && text.size() > 4) ||
         (text.starts_with("secret/") && text.size() > 7);
}

}  // namespace

std::string_view to_text(NetworkType type) {
  switch (type) {
    case NetworkType::kPrivate:
      return "Private";
    case NetworkType::kPublic:
      return "Public";
    case NetworkType::kVpc:
      return "VPC";
  }
  return "Private";
}

std::string_view to_text(Authentication authentication) {
  return authentication == Authentication::kClientKey ? "ClientKey" : "RAMRole";
}

Result<NetworkType> parse_network_type(std::string_view text) {
  if (text == "Private") return NetworkType::kPrivate;
  if (text == "Public") return NetworkType::kPublic;
  if (text == "VPC") return NetworkType::kVpc;
  return invalid_parameter("Type", "It must be Private, Public or VPC.");
}

Result<Authentication> parse_authentication(std::string_view text) {
  if (text.empty() || text == "ClientKey") return Authentication::kClientKey;
  if (text == "RAMRole") return Authentication::kRamRole;
  return invalid_parameter("AuthenticationMethod", "It must be ClientKey or RAMRole.");
}

Result<void> check_name(std::string_view parameter, std::string_view name) {
  const auto allowed = [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
  };
  if (!name.empty() && name.size() <= limits::kAccessNameCharsMax &&
      std::ranges::all_of(name, allowed)) {
    return {};
  }
  return invalid_parameter(parameter, "A name has 1 to 128 letters, digits and _ - .");
}

Result<void> check_description(std::string_view description) {
  if (is_utf8(description) && description.find('\0') == std::string_view::npos &&
      count_characters(description) <= limits::kAccessDescriptionCharsMax) {
    return {};
  }
  return invalid_parameter("Description", "It has at most 8192 characters.");
}

Result<void> check_sources(std::span<const std::string> sources) {
  if (sources.size() <= limits::kNetworkSourcesMax &&
      std::ranges::all_of(sources, [](const auto& text) { return policy::is_network(text); })) {
    return {};
  }
  return invalid_parameter("SourcePrivateIp",
                           "It must be a JSON array of at most 200 addresses and networks: "
                           "[\"10.0.0.1\",\"192.168.0.0/24\"]");
}

Result<void> check_permissions(std::span<const std::string> permissions) {
  for (const std::string& permission : permissions) {
    if (std::ranges::find(kTemplates, permission, &Template::name) == kTemplates.end()) {
      return invalid_parameter("Permissions",
                               "Known are RbacPermission/Template/CryptoServiceKeyUser, "
                               "RbacPermission/Template/CryptoServiceSecretUser and "
                               "RbacPermission/Template/SecretUser.");
    }
  }
  return {};
}

Result<void> check_resources(std::span<const std::string> resources) {
  if (resources.size() <= limits::kAccessResourcesMax &&
      std::ranges::all_of(resources, is_resource))
    return {};
  return invalid_parameter(
      "Resources",
      "It must be a JSON array of at most 200 entries key/<id>, secret/<name>, key/* or "
      "secret/*.");
}

Result<void> check_policies(std::span<const std::string> policies) {
  if (policies.empty() || policies.size() > limits::kPoliciesPerAccessPointMax)
    return invalid_parameter("Policies", "It must be a JSON array of 1 to 3 policy names.");
  for (const std::string& name : policies) SR_CHECK_OK(check_name("Policies", name));
  return {};
}

Result<void> check_password(const SecretBytes& password) {
  const std::string_view text = AccessPointReveal::text(password);
  bool letters = false;
  bool digits = false;
  bool specials = false;
  bool others = false;
  for (const char c : text) {
    if (is_letter(c)) {
      letters = true;
    } else if (is_digit(c)) {
      digits = true;
    } else if (std::string_view("~!@#$%^&*?_-").find(c) != std::string_view::npos) {
      specials = true;
    } else {
      others = true;
    }
  }
  const int classes = (letters ? 1 : 0) + (digits ? 1 : 0) + (specials ? 1 : 0);
  if (!others && classes >= 2 && text.size() >= limits::kClientKeyPasswordMin &&
      text.size() <= limits::kClientKeyPasswordMax) {
    return {};
  }
  return invalid_parameter(
      "Password",
      "A password has 8 to 64 letters, digits and ~!@#$%^&*?_- of at least two of these "
      "kinds.");
}

Instant latest_end(Instant not_before) {
  using std::chrono::days;
  using std::chrono::milliseconds;
  const std::chrono::sys_time<milliseconds> start{milliseconds{not_before.unix_ms}};
  const auto day = std::chrono::floor<days>(start);
  // Of 29 February the 1st of March, where there is no such day.
  const std::chrono::sys_days last{std::chrono::year_month_day{day} + kLongest};
  return {(last + (start - day)).time_since_epoch().count()};
}

Result<void> check_validity(Instant not_before, Instant not_after, Instant now) {
  if (not_after.unix_ms - not_before.unix_ms < kShortestMillis ||
      not_after > latest_end(not_before) || not_after <= now)
    return invalid_parameter("NotAfter",
                             "A client key is valid for 1 hour to 5 years, and not over yet.");
  return {};
}

std::uint8_t roles_of(std::span<const std::string> permissions) {
  std::uint8_t roles = 0;
  for (const Template& known : kTemplates) {
    if (std::ranges::find(permissions, known.name) != permissions.end()) roles |= known.role;
  }
  return roles;
}

std::string compact_json(std::span<const std::string> values) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (const std::string& value : values) json.element(value);
  json.end_array();
  return out;
}

}  // namespace strongroom::aap
