#include "envelope.h"

#include <algorithm>
#include <array>
#include <vector>

#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/ct_equal.h"
#include "strongroom/crypto/digest.h"

namespace strongroom::gateway_instance {
namespace {

constexpr std::string_view kSignedPrefix = "x-kms-";
constexpr std::string_view kMediaType = "application/x-protobuf";
constexpr std::string_view kApiVersion = "dkms-gcs-0.2";
constexpr std::string_view kMethod = "RSA_PKCS1_SHA_256";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

bool same_folded(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::unexpected<Error> invalid_param(std::string_view name) {
  return fail(ErrorKind::kInvalidInput, "InvalidParam",
              "The Param " + std::string(name) + " is invalid.");
}

// As RPC clients of the OpenAPI do.
bool names_action_in_form(const http::Request& request) {
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  constexpr std::string_view kAction = "Action=";
  return request.header("content-type").value_or("").starts_with(kForm) &&
         (request.body.starts_with(kAction) ||
          request.body.find(std::string("&").append(kAction)) != std::string_view::npos);
}

bool must_be_single(std::string_view name) {
  return name.starts_with(kSignedPrefix) || name.starts_with("content-") || name == "date" ||
         name == "authorization";
}

/// As clients compare it (instance-protocol.md §4.6).
std::string_view spelling_of(std::string_view name) {
  if (name == "date") return "Date";
  if (name == "authorization") return "Authorization";
  return name == "content-sha256" ? "Content-SHA256" : name;
}

/// The signed headers, names in lower case, sorted; and a second occurrence of what decides is
/// refused.
Result<void> check_single(const http::Request& request) {
  std::vector<std::string> seen;
  for (const NameValue& header : request.headers) {
    std::string name = lowered(header.name);
    if (!must_be_single(name)) continue;
    if (std::ranges::find(seen, name) != seen.end()) return invalid_param(spelling_of(name));
    seen.push_back(std::move(name));
  }
  return {};
}

Result<void> check_action(const http::Request& request, Envelope& envelope) {
  const std::string_view type = request.header("content-type").value_or("");
  if (!same_folded(type, kMediaType)) {
    return fail(ErrorKind::kInvalidInput, "InvalidContentType",
                "Content-Type \"" + std::string(type.substr(0, 64)) + "\" is unsupported.");
  }
  if (envelope.api_version != kApiVersion) {
    return fail(
        ErrorKind::kInvalidInput, "InvalidApiVersion",
        "The ApiVersion \"" + std::string(envelope.api_version.substr(0, 64)) + "\" is invalid.");
  }
  if (is_known_but_not_offered(envelope.api_name)) {
    return fail(ErrorKind::kInvalidInput, "UnsupportedOperation", "Rejected.UnsupportedOperation");
  }
  envelope.message = find_message(envelope.api_name);
  if (envelope.message != nullptr) return {};
  return fail(ErrorKind::kInvalidInput, "InvalidApiName",
              "The ApiName \"" + std::string(envelope.api_name.substr(0, 64)) + "\" is invalid.");
}

Result<void> check_method(const http::Request& request, const Envelope& envelope) {
  const std::string_view method = request.header("x-kms-signaturemethod").value_or("");
  if (method.empty()) return invalid_param("x-kms-signaturemethod");
  if (method != kMethod) {
    return fail(ErrorKind::kInvalidInput, "InvalidParam",
                "The Param x-kms-signaturemethod is invalid. message:\"" +
                    std::string(method.substr(0, 64)) + "\".");
  }
  if (!envelope.client_key_id.empty()) return {};
  return fail(ErrorKind::kInvalidInput, "MissingParameter",
              "Parameter x-kms-acccesskeyid does not exist in http header or body.");
}

Result<void> check_date(const http::Request& request, Instant now, std::int64_t window_ms,
                        Envelope& envelope) {
  const auto signed_at = parse_http_date(request.header("date").value_or(""));
  if (!signed_at) return invalid_param("Date");
  envelope.signed_at = *signed_at;
  const std::int64_t off = signed_at->unix_ms - now.unix_ms;
  if (off <= window_ms && off >= -window_ms) return {};
  return fail(ErrorKind::kInvalidInput, "RequestTimeTooSkewed",
              "Request time exceeds server time more than 15 minutes.");
}

Result<void> check_hash(const http::Request& request) {
  const std::string_view sent = request.header("content-sha256").value_or("");
  const auto digest = hex_decode(sent);
  const crypto::Digest32 real = crypto::sha256(as_bytes(request.body));
  if (digest && crypto::ct_equal(as_bytes(*digest), real)) return {};
  return invalid_param("Content-SHA256");
}

Result<void> read_signature(const http::Request& request, Envelope& envelope) {
  const std::string_view value = request.header("authorization").value_or("");
  const std::size_t blank = value.find(' ');
  if (blank == std::string_view::npos) return invalid_param("Authorization");
  const std::string_view scheme = value.substr(0, blank);
  if (!same_folded(scheme, "bearer") && !same_folded(scheme, "token")) {
    return invalid_param("Authorization");
  }
  auto signature = base64_decode(value.substr(blank + 1));
  if (!signature || signature->empty()) return invalid_param("Authorization");
  envelope.signature = std::move(*signature);
  return {};
}

}  // namespace

Result<void> read_envelope(const http::Request& request, Instant now, Envelope& envelope,
                           std::int64_t window_ms) {
  envelope.api_name = request.header("x-kms-apiname").value_or("");
  envelope.api_version = request.header("x-kms-apiversion").value_or("");
  envelope.client_key_id = request.header("x-kms-acccesskeyid").value_or("");
  envelope.migration_version = request.header("x-kms-migrationkeyversionid").value_or("");
  if (request.method != "POST" || request.path != "/" || !request.query.empty()) {
    return fail(ErrorKind::kInvalidInput, "InvalidParam",
                "The Param Method is invalid. The Instance API is called with POST / and no query "
                "string.");
  }
  if (request.header("x-acs-action")) return invalid_param("x-acs-action");
  if (names_action_in_form(request)) return invalid_param("Action");
  SR_CHECK_OK(check_single(request));
  SR_CHECK_OK(check_action(request, envelope));
  SR_CHECK_OK(check_method(request, envelope));
  SR_CHECK_OK(check_date(request, now, window_ms, envelope));
  SR_CHECK_OK(check_hash(request));
  return read_signature(request, envelope);
}

std::string string_to_sign(const http::Request& request) {
  std::string text(request.method);
  for (const std::string_view name : {"content-sha256", "content-type", "date"}) {
    text.append("\n").append(request.header(name).value_or(""));
  }
  text += '\n';
  std::vector<std::pair<std::string, std::string_view>> lines;
  for (const NameValue& header : request.headers) {
    std::string name = lowered(header.name);
    if (name.starts_with(kSignedPrefix)) lines.emplace_back(std::move(name), header.value);
  }
  std::ranges::sort(lines);
  for (const auto& [name, value] : lines) text.append(name).append(":").append(value).append("\n");
  return text += '/';
}

std::optional<Instant> parse_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' ||
      text[16] != ' ' || (text.substr(25) != " GMT" && text.substr(25) != " UTC")) {
    return std::nullopt;
  }
  const std::size_t month = kMonths.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  const std::size_t number = month / 3 + 1;
  std::string iso(text.substr(12, 4));
  iso.append(number < 10 ? "-0" : "-").append(std::to_string(number)).append("-");
  iso.append(text.substr(5, 2)).append("T").append(text.substr(17, 8)).append("Z");
  return parse_utc(iso);
}

}  // namespace strongroom::gateway_instance
