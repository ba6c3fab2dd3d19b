#include "acs3.h"

#include <algorithm>
#include <bitset>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "fields.h"
#include "strongroom/base/percent.h"

namespace strongroom::wire_openapi {
namespace {

std::unexpected<Error> incomplete(std::string_view reason) {
  return fail(ErrorKind::kUnauthenticated, "IncompleteSignature",
              std::string("The request signature does not conform to standards. ").append(reason));
}

std::unexpected<Error> missing_header(std::string_view name) {
  return fail(
      ErrorKind::kUnauthenticated, "MissingParameter",
      std::string("The parameter \"").append(name).append("\" is needed but not provided."));
}

char* append(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

std::optional<Scheme> scheme_of(std::string_view algorithm) {
  if (algorithm == "ACS3-HMAC-SHA256") return Scheme::kAcs3HmacSha256;
  if (algorithm == "ACS3-HMAC-SM3") return Scheme::kAcs3HmacSm3;
  if (algorithm == "ACS3-RSA-SHA256") return Scheme::kAcs3RsaSha256;
  return std::nullopt;
}

// `Credential=…,SignedHeaders=…,Signature=…` in any order, each once (gateway.md §2.2). The
// Credential may be empty: a request without an AccessKeyId is refused as that, later.
Result<Acs3Authorization> parse_fields(std::string_view text) {
  Acs3Authorization result;
  bool has_credential = false;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view piece = trimmed(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    const std::size_t equals = piece.find('=');
    const std::string_view name = piece.substr(0, equals);
    std::string_view* field = name == "Credential"      ? &result.credential
                              : name == "SignedHeaders" ? &result.signed_headers
                              : name == "Signature"     ? &result.signature
                                                        : nullptr;
    const bool again = field == &result.credential && has_credential;
    if (field == nullptr || equals == std::string_view::npos || !field->empty() || again) {
      return incomplete(
          "Authorization must hold Credential, SignedHeaders and Signature, each once.");
    }
    has_credential = has_credential || field == &result.credential;
    *field = piece.substr(equals + 1);
  }
  if (!has_credential || result.signed_headers.empty() || result.signature.empty()) {
    return incomplete(
        "Authorization must hold Credential, SignedHeaders and Signature, each once.");
  }
  return result;
}

// Several fields of one name: their values sorted and joined by ','. Rare: a heap copy is fine.
char* append_joined(char* out, std::span<const NameValue> headers, std::string_view name) {
  std::vector<std::string_view> values;
  for (const NameValue& header : headers) {
    if (equals_lower(header.name, name)) values.push_back(trimmed(header.value));
  }
  std::sort(values.begin(), values.end());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) *out++ = ',';
    out = append(out, values[i]);
  }
  return out;
}

// Which header SignedHeaders means by `name`; `count` tells how many fields have it.
struct Match {
  std::size_t at = 0;
  std::size_t count = 0;
};

// Names are taken literally: canonical names are lower-case.
Match find_signed(std::span<const NameValue> headers, const HeaderFacts& facts,
                  std::string_view name, Slot slot) {
  // Fields with a slot are refused when they come twice, so that the first is the only one.
  if (slot != Slot::kOther) {
    const std::size_t at = facts.positions[static_cast<std::size_t>(slot)];
    return {at, facts.has(slot) && equals_lower(headers[at].name, name) ? 1U : 0U};
  }
  Match match;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (headers[i].name.size() != name.size() || !equals_lower(headers[i].name, name)) continue;
    match.at = i;
    ++match.count;
  }
  return match;
}

struct SignedHeaders {
  char* end;
  std::uint32_t slots = 0;
};

// "name:value\n" for each name of SignedHeaders, literally and in its order.
Result<SignedHeaders> append_signed_headers(char* out, std::span<const NameValue> headers,
                                            const HeaderFacts& facts, std::string_view names) {
  SignedHeaders result{out};
  std::bitset<limits::kHeaderFieldsMax> used;
  while (true) {
    const std::size_t semicolon = names.find(';');
    const std::string_view name = names.substr(0, semicolon);
    const Slot slot = slot_of(name);
    const Match match = find_signed(headers, facts, name, slot);
    if (match.count == 0) return incomplete("SignedHeaders names a header that did not arrive.");
    if (used[match.at]) return incomplete("SignedHeaders names a header twice.");
    used[match.at] = true;
    if (slot != Slot::kOther) result.slots |= slot_bit(slot);
    result.end = append(result.end, name);
    *result.end++ = ':';
    result.end = match.count == 1 ? append(result.end, trimmed(headers[match.at].value))
                                  : append_joined(result.end, headers, name);
    *result.end++ = '\n';
    if (semicolon == std::string_view::npos) return result;
    names.remove_prefix(semicolon + 1);
  }
}

std::size_t canonical_bound(const RequestParts& request, std::string_view signed_headers,
                            std::span<const NameValue> query) {
  std::size_t bound = request.method.size() + request.path.size() + signed_headers.size() + 8;
  for (const NameValue& field : query) bound += 3 * (field.name.size() + field.value.size()) + 2;
  for (const NameValue& header : request.headers)
    bound += header.name.size() + header.value.size() + 3;
  return bound;
}

}  // namespace

bool lists_header(std::string_view signed_headers, std::string_view name) {
  while (true) {
    const std::size_t semicolon = signed_headers.find(';');
    if (signed_headers.substr(0, semicolon) == name) return true;
    if (semicolon == std::string_view::npos) return false;
    signed_headers.remove_prefix(semicolon + 1);
  }
}

Result<Acs3Authorization> read_acs3(const HeaderFacts& headers, Call& call) {
  const std::string_view text = headers.value(Slot::kAuthorization);
  const std::size_t blank = text.find(' ');
  const auto scheme = scheme_of(text.substr(0, blank));
  if (!scheme) {
    return fail(ErrorKind::kUnauthenticated, "InvalidSignatureMethod",
                "Specified signature method is not valid. Use ACS3-HMAC-SHA256.");
  }
  call.scheme = *scheme;
  if (headers.acs_repeated)
    return incomplete("A header whose name begins with x-acs- is given twice.");
  SR_TRY(
      const Acs3Authorization authorization,
      parse_fields(blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1)));
  call.access_key_id = authorization.credential;
  call.signature = authorization.signature;
  call.timestamp = headers.value(Slot::kDate);
  call.nonce = headers.value(Slot::kNonce);
  call.security_token = headers.value(Slot::kSecurityToken);

  // With SM3 some clients keep the SHA-256 header's name (gateway.md §2.1).
  const bool sm3 = call.scheme == Scheme::kAcs3HmacSm3 && headers.has(Slot::kContentSm3);
  call.content_hash = headers.value(sm3 ? Slot::kContentSm3 : Slot::kContentSha256);

  if (call.action.empty()) return missing_header("x-acs-action");
  if (call.version.empty()) return missing_header("x-acs-version");
  if (call.timestamp.empty()) return missing_header("x-acs-date");
  if (call.nonce.empty()) return missing_header("x-acs-signature-nonce");
  if (call.content_hash.empty()) return missing_header("x-acs-content-sha256");
  return authorization;
}

Result<void> build_acs3_canonical(const RequestParts& request, const HeaderFacts& headers,
                                  const Acs3Authorization& authorization,
                                  std::span<const NameValue> query, Arena& arena, Call& call) {
  char* const begin = arena.allocate(canonical_bound(request, authorization.signed_headers, query));
  char* out = append(begin, request.method);
  *out++ = '\n';
  out = append(out, request.path);
  *out++ = '\n';
  for (std::size_t i = 0; i < query.size(); ++i) {
    if (i > 0) *out++ = '&';
    out = percent_encode_to(out, query[i].name);
    *out++ = '=';
    out = percent_encode_to(out, query[i].value);
  }
  *out++ = '\n';

  SR_TRY(const SignedHeaders covered,
         append_signed_headers(out, request.headers, headers, authorization.signed_headers));
  std::uint32_t required = slot_bit(Slot::kAction) | slot_bit(Slot::kVersion) |
                           slot_bit(Slot::kDate) | slot_bit(Slot::kNonce);
  required |= headers.present & slot_bit(Slot::kSecurityToken);
  const bool sm3 = call.scheme == Scheme::kAcs3HmacSm3 && headers.has(Slot::kContentSm3);
  required |= slot_bit(sm3 ? Slot::kContentSm3 : Slot::kContentSha256);
  if ((covered.slots & required) != required) {
    return incomplete(
        "SignedHeaders must name x-acs-action, x-acs-version, x-acs-date, x-acs-signature-nonce, "
        "the content hash and, "
        "if sent, x-acs-security-token.");
  }

  out = covered.end;
  *out++ = '\n';
  out = append(out, authorization.signed_headers);
  *out++ = '\n';
  const auto size = static_cast<std::size_t>(out - begin);
  arena.shrink_last(begin, size);
  call.canonical = std::string_view(begin, size);
  return {};
}

}  // namespace strongroom::wire_openapi
