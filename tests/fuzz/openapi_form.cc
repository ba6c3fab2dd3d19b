// Query and form decoding and the RPC string-to-sign. Input: query, a line feed, form body.

#include <algorithm>
#include <string>

#include "fuzz.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/wire_openapi/call.h"

namespace {

using namespace strongroom;
using wire_openapi::Arena;
using wire_openapi::Call;

constexpr NameValue kFormHeaders[] = {{"content-type", "application/x-www-form-urlencoded"}};

void check_parameters(const Call& call) {
  SR_CHECK(call.parameters.size() <= limits::kParametersMax);
  for (std::size_t i = 0; i < call.parameters.size(); ++i) {
    SR_CHECK(is_utf8(call.parameters[i].name) && is_utf8(call.parameters[i].value));
    SR_CHECK(i == 0 || call.parameters[i - 1].name < call.parameters[i].name);
    SR_CHECK(call.find(call.parameters[i].name) == call.parameters[i].value);
  }
}

bool is_canonical_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.~%&").find(c) != std::string_view::npos;
}

// However a client spells them, the same parameters must give the same string.
void check_respelled(const Call& call) {
  std::string query;
  for (const NameValue& field : call.parameters) {
    query += query.empty() ? "" : "&";
    percent_encode_to(query, field.name);
    query += '=';
    percent_encode_to(query, field.value);
  }
  Arena arena;
  Call again;
  SR_CHECK(wire_openapi::decode({"POST", "/", query, {}, ""}, arena, again).has_value());
  SR_CHECK(again.canonical == call.canonical);
  SR_CHECK(std::equal(call.parameters.begin(), call.parameters.end(), again.parameters.begin(),
                      again.parameters.end()));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view body = fuzz::text_of(data, size);
  const std::string_view query = fuzz::take_until(body, '\n');
  Arena arena;
  Call call;
  const auto decoded = wire_openapi::decode({"POST", "/", query, kFormHeaders, body}, arena, call);
  if (!decoded) {
    SR_CHECK(!decoded.error().code().empty());
    return 0;
  }
  check_parameters(call);
  if (call.scheme == wire_openapi::Scheme::kUnsigned) {
    SR_CHECK(call.action == "AssumeRoleWithOIDC" && call.signature.empty());
    return 0;
  }
  SR_CHECK(!call.access_key_id.empty() && !call.signature.empty());
  SR_CHECK(std::all_of(call.canonical.begin(), call.canonical.end(), is_canonical_char));
  const std::string redacted = wire_openapi::redacted_string_to_sign(call, call.canonical);
  SR_CHECK(redacted.starts_with("POST&%2F&"));
  if (call.find("SecretData").value_or("").size() > 8) {
    SR_CHECK(redacted.find("SecretData%3D***") != std::string::npos);
  }
  check_respelled(call);
  return 0;
}
