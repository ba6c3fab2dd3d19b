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

// Inside the string-to-sign '&' and '=' of the canonical query read %26 and %3D; those of names and
// values, encoded twice, read %2526 and %253D, so that cutting at the former is exact.
std::string redacted_string_to_sign(const Call& call, std::string_view string_to_sign) {
  const bool rpc = call.scheme == Scheme::kRpcHmacSha1 || call.scheme == Scheme::kRpcHmacSha256 ||
                   call.scheme == Scheme::kRpcRsaSha256;
  constexpr std::string_view kHead = "&%2F&";
  const std::size_t head = string_to_sign.find(kHead);
  if (!rpc || head == std::string_view::npos) return std::string(string_to_sign);

  std::string out(string_to_sign.substr(0, head + kHead.size()));
  out.reserve(string_to_sign.size());
  std::string_view rest = string_to_sign.substr(head + kHead.size());
  while (true) {
    const std::size_t end = rest.find("%26");
    const std::string_view pair = rest.substr(0, end);
    const std::string_view name = pair.substr(0, pair.find("%3D"));
    if (holds_secret(name)) {
      out.append(name).append("%3D***");
    } else {
      out.append(pair);
    }
    if (end == std::string_view::npos) return out;
    out.append("%26");
    rest.remove_prefix(end + 3);
  }
}

}  // namespace strongroom::wire_openapi
