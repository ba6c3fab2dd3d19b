// A JSON body as parameters, compared with simdjson's own document parser. Input: the body.

#include <simdjson.h>

#include <map>
#include <optional>
#include <string>

#include "fuzz.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/wire_openapi/call.h"

namespace {

using namespace strongroom;
using Members = std::map<std::string, std::string>;

constexpr NameValue kHeaders[] = {
    {"content-type", "application/json"},
    {"x-acs-action", "CreateSecret"},
    {"x-acs-version", "2016-01-20"},
    {"x-acs-date", "2026-11-21T22:34:21Z"},
    {"x-acs-signature-nonce", "n"},
    {"x-acs-content-sha256", "00"},
    {"authorization",
     "ACS3-HMAC-SHA256 "
     "Credential=K,SignedHeaders=content-type;x-acs-action;x-acs-content-sha256;x-acs-date;"
     "x-acs-signature-nonce;x-acs-version,Signature=00"}};

// The members that the body must give; nothing if it must be refused. Numbers are given as "#".
std::optional<Members> expected(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(body.data(), body.size()).get(object) != simdjson::SUCCESS) return std::nullopt;
  Members members;
  std::size_t count = 0;
  for (const auto& [key, value] : object) {
    std::string text;
    if (std::string_view string; value.get(string) == simdjson::SUCCESS) {
      text = std::string(string);
    } else if (bool truth; value.get(truth) == simdjson::SUCCESS) {
      text = truth ? "true" : "false";
    } else if (value.is_number()) {
      text = "#";
    } else if (value.is_null()) {
      continue;
    } else {
      return std::nullopt;
    }
    if (++count > limits::kParametersMax) return std::nullopt;
    const auto [at, added] = members.emplace(std::string(key), text);
    if (!added && (at->second != text || text == "#"))
      return std::nullopt;  // "#": told apart below
  }
  return members;
}

bool has_repeated_number(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(body.data(), body.size()).get(object) != simdjson::SUCCESS) return false;
  std::map<std::string, int> seen;
  for (const auto& [key, value] : object) {
    if (++seen[std::string(key)] > 1) return true;
  }
  return false;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = fuzz::text_of(data, size);
  if (body.empty()) return 0;
  wire_openapi::Arena arena;
  wire_openapi::Call call;
  const bool accepted =
      wire_openapi::decode({"POST", "/", "", kHeaders, body}, arena, call).has_value();
  const auto members = expected(body);
  if (accepted) {
    SR_CHECK(members.has_value() || has_repeated_number(body));
    for (const NameValue& field : call.parameters) {
      if (!members) break;
      const auto at = members->find(std::string(field.name));
      SR_CHECK(at != members->end());
      SR_CHECK(at->second == "#" || at->second == field.value);
    }
    SR_CHECK(!members || members->size() == call.parameters.size());
  } else if (members) {
    // Refused for what the decoder asks beyond JSON: a Signature parameter, or a Format it does not
    // know.
    SR_CHECK(members->contains("Signature") || members->contains("Format"));
  }
  return 0;
}
