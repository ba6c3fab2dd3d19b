// ACS3: Authorization and header rules, canonical request. Input: query, then "name:value" lines,
// an empty line, body.

#include <algorithm>
#include <string>
#include <vector>

#include "fuzz.h"
#include "strongroom/base/check.h"
#include "strongroom/wire_openapi/call.h"

namespace {

using namespace strongroom;
using wire_openapi::Call;
using wire_openapi::Scheme;

bool is_acs3(Scheme scheme) {
  return scheme == Scheme::kAcs3HmacSha256 || scheme == Scheme::kAcs3HmacSm3 ||
         scheme == Scheme::kAcs3RsaSha256;
}

std::string line(std::string_view name, std::string_view value) {
  return std::string("\n").append(name).append(":").append(value).append("\n");
}

// What the server acts on stands in the signed text.
void check_covered(const Call& call) {
  const std::string_view canonical = call.canonical;
  SR_CHECK(canonical.ends_with("\n"));
  const std::size_t names_at = canonical.substr(0, canonical.size() - 1).rfind('\n') + 1;
  const std::string_view names = canonical.substr(names_at);
  SR_CHECK(canonical.substr(0, names_at).ends_with("\n\n"));
  const auto lines = std::count(canonical.begin(), canonical.end(), '\n');
  SR_CHECK(lines == 3 + std::count(names.begin(), names.end(), ';') + 1 + 2);
  SR_CHECK(canonical.find(line("x-acs-action", call.action)) != std::string_view::npos);
  SR_CHECK(canonical.find(line("x-acs-version", call.version)) != std::string_view::npos);
  SR_CHECK(canonical.find(line("x-acs-date", call.timestamp)) != std::string_view::npos);
  SR_CHECK(canonical.find(line("x-acs-signature-nonce", call.nonce)) != std::string_view::npos);
  SR_CHECK(canonical.find(std::string(":").append(call.content_hash).append("\n")) !=
           std::string_view::npos);
  if (!call.security_token.empty()) {
    SR_CHECK(canonical.find(line("x-acs-security-token", call.security_token)) !=
             std::string_view::npos);
  }
  SR_CHECK(!call.access_key_id.empty() && !call.signature.empty() && !call.content_hash.empty());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text_of(data, size);
  const std::string_view query = fuzz::take_until(rest, '\n');
  std::vector<NameValue> headers;
  while (!rest.empty()) {
    std::string_view value = fuzz::take_until(rest, '\n');
    if (value.empty()) break;
    const std::string_view name = fuzz::take_until(value, ':');
    headers.push_back({name, value});
  }
  wire_openapi::Arena arena;
  Call call;
  const auto decoded = wire_openapi::decode({"POST", "/", query, headers, rest}, arena, call);
  if (decoded && is_acs3(call.scheme)) check_covered(call);
  return 0;
}
