#include "strongroom/wire_openapi/call.h"

#include <algorithm>

namespace strongroom::wire_openapi {
namespace {

bool holds_secret(std::string_view name) {
  return name == "SecretData" || name == "Plaintext" || name.ends_with("Password") ||
         name == "OIDCToken" || name.starts_with("ExtendedConfig");
}

}  // namespace

std::optional<std::string_view> Call::find(std::string_view name) const {
  const auto at = std::lower_bound(
      parameters.begin(), parameters.end(), name,
      [](const NameValue& field, std::string_view key) { return field.name < key; });
  if (at == parameters.end() || at->name != name) return std::nullopt;
  return at->value;
}

namespace {

/// Where a string-to-sign can be cut into its parameters.
struct Cuts {
  std::string_view head;  // up to its end nothing is a parameter
  std::string_view pair;  // between two parameters
  std::string_view name;  // between name and value
};

// Inside the string-to-sign of version 1.0 '&' and '=' of the canonical query read %26 and %3D;
// those of names and values, encoded twice, read %2526 and %253D, so that cutting at the former is
// exact. Elsewhere both are encoded once.
std::optional<Cuts> cuts_of(Scheme scheme) {
  switch (scheme) {
    case Scheme::kRpcHmacSha1:
    case Scheme::kRpcHmacSha256:
    case Scheme::kRpcRsaSha256:
      return Cuts{"&%2F&", "%26", "%3D"};
    case Scheme::kBearerRsaSha256:
      return Cuts{"", "&", "="};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string redacted_string_to_sign(const Call& call, std::string_view string_to_sign) {
  const std::optional<Cuts> cuts = cuts_of(call.scheme);
  const std::size_t head = cuts ? string_to_sign.find(cuts->head) : std::string_view::npos;
  if (head == std::string_view::npos) return std::string(string_to_sign);

  std::string out(string_to_sign.substr(0, head + cuts->head.size()));
  out.reserve(string_to_sign.size());
  std::string_view rest = string_to_sign.substr(head + cuts->head.size());
  while (true) {
    const std::size_t end = rest.find(cuts->pair);
    const std::string_view pair = rest.substr(0, end);
    const std::string_view name = pair.substr(0, pair.find(cuts->name));
    if (holds_secret(name)) {
      out.append(name).append(cuts->name).append("***");
    } else {
      out.append(pair);
    }
    if (end == std::string_view::npos) return out;
    out.append(cuts->pair);
    rest.remove_prefix(end + cuts->pair.size());
  }
}

}  // namespace strongroom::wire_openapi
