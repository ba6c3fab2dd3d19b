#include "client_bearer.h"

#include <algorithm>
#include <array>
#include <string>

#include "fields.h"
#include "headers.h"
#include "strongroom/base/percent.h"

namespace strongroom::wire_openapi {
namespace {

constexpr std::string_view kDate = "Date";
constexpr std::string_view kKeyId = "x-kms-acccesskeyid";
constexpr std::string_view kAction = "x-kms-apiname";
constexpr std::string_view kVersion = "x-kms-apiversion";
constexpr std::string_view kMethod = "x-kms-signaturemethod";
// Says which form this is, so it is not part of it.
constexpr NameValue kForm = {"SignatureType", "BEARERTOKEN"};

std::unexpected<Error> incomplete(std::string_view why) {
  return fail(ErrorKind::kUnauthenticated, "IncompleteSignature",
              std::string("The request signature does not conform to standards. ").append(why));
}

// Names and values sorted and encoded once. The names of the header's fields are signed as they
// stand here, however they were written on the wire.
Result<void> build_canonical(const ClientBearer& bearer, Arena& arena, Call& call) {
  const std::array<NameValue, 5> fields{NameValue{kDate, bearer.timestamp},
                                        {kKeyId, bearer.key_id},
                                        {kAction, bearer.action},
                                        {kVersion, bearer.version},
                                        {kMethod, bearer.method}};
  const std::span<NameValue> all =
      arena.allocate_array<NameValue>(call.parameters.size() + fields.size());
  auto end = std::ranges::copy(fields, all.begin()).out;
  std::size_t bound = 0;
  for (const NameValue& parameter : call.parameters) {
    if (parameter.name == kForm.name) {
      if (parameter.value != kForm.value) return incomplete("SignatureType must be BEARERTOKEN.");
      continue;
    }
    *end++ = parameter;
  }
  const std::span<NameValue> signed_fields(all.begin(), end);
  std::ranges::sort(signed_fields, {}, &NameValue::name);
  if (std::ranges::adjacent_find(signed_fields, {}, &NameValue::name) != signed_fields.end()) {
    return incomplete("A parameter has the name of a header field that is signed.");
  }
  for (const NameValue& field : signed_fields) {
    bound += 3 * (field.name.size() + field.value.size()) + 2;
  }
  char* const begin = arena.allocate(bound);
  char* out = begin;
  for (const NameValue& field : signed_fields) {
    if (out != begin) *out++ = '&';
    out = percent_encode_to(out, field.name);
    *out++ = '=';
    out = percent_encode_to(out, field.value);
  }
  const auto size = static_cast<std::size_t>(out - begin);
  arena.shrink_last(begin, size);
  call.canonical = std::string_view(begin, size);
  return {};
}

}  // namespace

ClientBearer find_client_bearer(std::span<const NameValue> headers) {
  ClientBearer found;
  const std::array<std::pair<std::string_view, std::string_view*>, 5> wanted{
      std::pair{std::string_view("date"), &found.timestamp},
      {kKeyId, &found.key_id},
      {kAction, &found.action},
      {kVersion, &found.version},
      {kMethod, &found.method}};
  for (const NameValue& header : headers) {
    for (const auto& [name, value] : wanted) {
      if (!equals_lower(header.name, name)) continue;
      found.repeated = found.repeated || value->data() != nullptr;
      *value = trimmed(header.value);
    }
  }
  return found;
}

Result<void> decode_client_bearer(const ClientBearer& bearer, std::string_view token, Arena& arena,
                                  Call& call) {
  call.access_key_id = bearer.key_id;
  call.timestamp = bearer.timestamp;
  call.signature = token;
  if (bearer.repeated) return incomplete("A header field that is signed is given twice.");
  if (token.empty()) return incomplete("The bearer token is empty.");
  if (bearer.method != "RSA_PKCS1_SHA_256") {
    return fail(ErrorKind::kUnauthenticated, "InvalidSignatureMethod",
                "Specified signature method is not valid. A bearer token of a client key is made "
                "with x-kms-signaturemethod RSA_PKCS1_SHA_256.");
  }
  if (bearer.timestamp.empty()) {
    return fail(ErrorKind::kUnauthenticated, "MissingTimestamp",
                "Timestamp is mandatory for this action. Send and sign the header Date.");
  }
  // x-acs-action is not signed; x-kms-apiname is.
  if (bearer.action != call.action) {
    return incomplete("x-kms-apiname must name the action that is called.");
  }
  call.scheme = Scheme::kBearerRsaSha256;
  return build_canonical(bearer, arena, call);
}

}  // namespace strongroom::wire_openapi
