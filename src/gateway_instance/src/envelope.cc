#include "envelope.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <vector>

#include "strongroom/base/ascii.h"
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
constexpr std::size_t kTextBytesUsual = 512;

/// The headers of a request under their names in lower case.
class FoldedHeaders {
 public:
  explicit FoldedHeaders(std::span<const NameValue> headers) {
    std::size_t size = 0;
    for (const NameValue& header : headers) size += header.name.size();
    names_.reserve(size);  // does not move any more
    fields_.reserve(headers.size());
    for (const NameValue& header : headers) {
      const std::size_t at = names_.size();
      append_lower(names_, header.name);
      fields_.push_back({std::string_view(names_).substr(at), header.value});
    }
  }
  FoldedHeaders(const FoldedHeaders&) = delete;
  FoldedHeaders& operator=(const FoldedHeaders&) = delete;

  std::span<const NameValue> fields() const { return fields_; }
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// The first of that name, or nothing.
  std::string_view value(std::string_view name) const {
    const NameValue* field = find(name);
    return field == nullptr ? std::string_view() : field->value;
  }

 private:
  const NameValue* find(std::string_view name) const {
    const auto found = std::ranges::find(fields_, name, &NameValue::name);
    return found == fields_.end() ? nullptr : &*found;
  }

  std::string names_;
  std::vector<NameValue> fields_;
};

std::unexpected<Error> invalid_param(std::string_view name) {
  return fail(ErrorKind::kInvalidInput, "InvalidParam",
              "The Param " + std::string(name) + " is invalid.");
}

// As RPC clients of the OpenAPI do.
bool names_action_in_form(const FoldedHeaders& headers, std::string_view body) {
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  constexpr std::string_view kAction = "Action=";
  return headers.value("content-type").starts_with(kForm) &&
         (body.starts_with(kAction) ||
          body.find(std::string("&").append(kAction)) != std::string_view::npos);
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

/// A second occurrence of what decides is refused.
Result<void> check_single(const FoldedHeaders& headers) {
  const std::span<const NameValue> fields = headers.fields();
  for (std::size_t i = 1; i < fields.size(); ++i) {
    const std::string_view name = fields[i].name;
    if (!must_be_single(name)) continue;
    const auto before = fields.first(i);
    if (std::ranges::find(before, name, &NameValue::name) != before.end()) {
      return invalid_param(spelling_of(name));
    }
  }
  return {};
}

Result<void> check_action(const FoldedHeaders& headers, Envelope& envelope) {
  const std::string_view type = headers.value("content-type");
  if (!equals_lower(type, kMediaType)) {
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

Result<void> check_method(const FoldedHeaders& headers, const Envelope& envelope) {
  const std::string_view method = headers.value("x-kms-signaturemethod");
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

Result<void> check_date(const FoldedHeaders& headers, Instant now, std::int64_t window_ms,
                        Envelope& envelope) {
  const auto signed_at = parse_http_date(headers.value("date"));
  if (!signed_at) return invalid_param("Date");
  envelope.signed_at = *signed_at;
  const std::int64_t off = signed_at->unix_ms - now.unix_ms;
  if (off <= window_ms && off >= -window_ms) return {};
  return fail(ErrorKind::kInvalidInput, "RequestTimeTooSkewed",
              "Request time exceeds server time more than 15 minutes.");
}

Result<void> check_hash(const FoldedHeaders& headers, std::string_view body) {
  const auto digest = hex_decode(headers.value("content-sha256"));
  const crypto::Digest32 real = crypto::sha256(as_bytes(body));
  if (digest && crypto::ct_equal(as_bytes(*digest), real)) return {};
  return invalid_param("Content-SHA256");
}

Result<void> read_signature(const FoldedHeaders& headers, Envelope& envelope) {
  const std::string_view value = headers.value("authorization");
  const std::size_t blank = value.find(' ');
  if (blank == std::string_view::npos) return invalid_param("Authorization");
  const std::string_view scheme = value.substr(0, blank);
  if (!equals_lower(scheme, "bearer") && !equals_lower(scheme, "token")) {
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
  const FoldedHeaders headers(request.headers);
  envelope.api_name = headers.value("x-kms-apiname");
  envelope.api_version = headers.value("x-kms-apiversion");
  envelope.client_key_id = headers.value("x-kms-acccesskeyid");
  envelope.migration_version = headers.value("x-kms-migrationkeyversionid");
  if (request.method != "POST" || request.path != "/" || !request.query.empty()) {
    return fail(ErrorKind::kInvalidInput, "InvalidParam",
                "The Param Method is invalid. The Instance API is called with POST / and no query "
                "string.");
  }
  if (headers.has("x-acs-action")) return invalid_param("x-acs-action");
  if (names_action_in_form(headers, request.body)) return invalid_param("Action");
  SR_CHECK_OK(check_single(headers));
  SR_CHECK_OK(check_action(headers, envelope));
  SR_CHECK_OK(check_method(headers, envelope));
  SR_CHECK_OK(check_date(headers, now, window_ms, envelope));
  SR_CHECK_OK(check_hash(headers, request.body));
  return read_signature(headers, envelope);
}

std::string string_to_sign(const http::Request& request) {
  const FoldedHeaders headers(request.headers);
  std::string text;
  text.reserve(kTextBytesUsual);
  text.append(request.method);
  for (const std::string_view name : {"content-sha256", "content-type", "date"}) {
    text.append("\n").append(headers.value(name));
  }
  text += '\n';
  std::vector<NameValue> lines;
  lines.reserve(headers.fields().size());
  std::ranges::copy_if(headers.fields(), std::back_inserter(lines), [](const NameValue& field) {
    return field.name.starts_with(kSignedPrefix);
  });
  std::ranges::sort(lines, {}, &NameValue::name);  // each is there once (check_single)
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
