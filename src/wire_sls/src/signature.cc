#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "fields.h"
#include "form.h"
#include "strongroom/base/bytes.h"
#include "strongroom/wire_sls/wire_sls.h"

namespace strongroom::wire_sls {
namespace {

constexpr std::string_view kScheme = "LOG ";
constexpr std::size_t kAccessKeyIdMax = 128;

std::string signed_fields(const Fields& fields, bool with_date) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (is_extra(name) && (with_date || name != "x-log-date"))
      out.append(name).append(":").append(value).append("\n");
  }
  return out;
}

std::string signed_resource(const RequestParts& request) {
  std::string out = form_decode(request.path);
  char separator = '?';
  for (const auto& [name, value] : query_of(request)) {
    out.append(1, separator).append(name).append("=").append(value);
    separator = '&';
  }
  return out;
}

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<Instant> date_of(const Fields& fields) {
  const std::string_view date = value_of(fields, "date");
  return parse_http_date(date.empty() ? value_of(fields, "x-log-date") : date);
}

std::string text_of(const RequestParts& request, const Fields& fields, bool with_date) {
  const std::string_view date = value_of(fields, "date");
  std::string text(request.method);
  text.append("\n").append(value_of(fields, "content-md5"));
  text.append("\n").append(value_of(fields, "content-type"));
  text.append("\n").append(date.empty() ? value_of(fields, "x-log-date") : date).append("\n");
  return text + signed_fields(fields, with_date) + signed_resource(request);
}

}  // namespace

std::string text_to_sign(const RequestParts& request) {
  return text_of(request, fields_of(request), true);
}

bool is_log_path(std::string_view path) {
  return path.starts_with("/logstores/") || path == "/logstores";
}

std::optional<Instant> parse_http_date(std::string_view text) {
  // Sun, 22 Nov 2026 06:48:49 GMT
  constexpr std::size_t kChars = 29;
  if (text.size() != kChars || text.substr(3, 2) != ", " || !text.ends_with(" GMT"))
    return std::nullopt;
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const auto number = month - kMonths.begin() + 1;
  const std::string iso = std::string(text.substr(12, 4)) + '-' + (number < 10 ? "0" : "") +
                          std::to_string(number) + '-' + std::string(text.substr(5, 2)) + 'T' +
                          std::string(text.substr(17, 8)) + 'Z';
  return parse_utc(iso);
}

std::string http_date(Instant instant) {
  constexpr std::array<std::string_view, 7> kDays = {"Thu", "Fri", "Sat", "Sun",
                                                     "Mon", "Tue", "Wed"};  // 1970 began with one
  const std::string iso = format_utc(instant);                              // 2026-11-22T06:48:49Z
  const std::int64_t day = std::max<std::int64_t>(instant.unix_ms, 0) / kMillisPerDay;
  const int month = (iso[5] - '0') * 10 + (iso[6] - '0');
  std::string out(kDays[static_cast<std::size_t>(day) % kDays.size()]);
  out.append(", ").append(iso, 8, 2).append(" ");
  out.append(kMonths[static_cast<std::size_t>(month) - 1]).append(" ");
  return out.append(iso, 0, 4).append(" ").append(iso, 11, 8).append(" GMT");
}

namespace {

Result<Signature> read_version_1(const RequestParts& request, const Fields& fields,
                                 std::string_view pair) {
  const std::size_t colon = std::min(pair.find(':'), pair.size());
  const auto tag = base64_decode(pair.substr(std::min(colon + 1, pair.size())));
  if (colon == 0 || colon > kAccessKeyIdMax || !tag || tag->empty()) {
    return invalid("The Authorization header must be LOG <AccessKeyId>:<signature>.");
  }
  const std::string_view method = value_of(fields, "x-log-signaturemethod");
  if (method != "hmac-sha1" && method != "hmac-sha256")
    return invalid("x-log-signaturemethod must be hmac-sha1 or hmac-sha256.");
  const auto signed_at = date_of(fields);
  if (!signed_at) return invalid("The Date header must look like Sun, 22 Nov 2026 06:48:49 GMT.");
  return Signature{.access_key_id = std::string(pair.substr(0, colon)),
                   .tag = *tag,
                   .security_token = std::string(value_of(fields, "x-acs-security-token")),
                   .sha256 = method == "hmac-sha256",
                   .signed_at = *signed_at,
                   .content_md5 = std::string(value_of(fields, "content-md5")),
                   .content_sha256 = {},
                   .text = text_to_sign(request),
                   .text_without_date = text_of(request, fields, false),
                   .canonical_request = {},
                   .key_path = {}};
}

}  // namespace

Result<Signature> read_signature(const RequestParts& request) {
  const Fields fields = fields_of(request);
  const std::string_view authorization = value_of(fields, "authorization");
  if (authorization.empty()) {
    return fail(ErrorKind::kUnauthenticated, "Unauthorized",
                "The request has no Authorization header.");
  }
  if (authorization.starts_with(kScheme))
    return read_version_1(request, fields, authorization.substr(kScheme.size()));
  if (authorization.starts_with(kVersion4)) return read_version_4(request, fields);
  return invalid(
      "The Authorization header must be LOG <AccessKeyId>:<signature> or SLS4-HMAC-SHA256 "
      "Credential=...,Signature=...");
}

}  // namespace strongroom::wire_sls
