#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "form.h"
#include "strongroom/wire_sls/wire_sls.h"

namespace strongroom::wire_sls {
namespace {

constexpr std::string_view kScheme = "LOG ";
constexpr std::string_view kMetaPrefix = "x-log-meta-";
constexpr std::size_t kAccessKeyIdMax = 128;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorKind::kInvalidInput, "ParameterInvalid", std::move(message));
}

using Fields = std::map<std::string, std::string, std::less<>>;

Fields fields_of(const RequestParts& request) {
  Fields fields;
  for (const NameValue& header : request.headers) fields.emplace(lower(header.name), header.value);
  return fields;
}

std::string_view value_of(const Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

std::string signed_fields(const Fields& fields, bool with_date) {
  std::string out;
  for (const auto& [name, value] : fields) {
    const bool covered = (name.starts_with("x-log-") && !name.starts_with(kMetaPrefix)) ||
                         name.starts_with("x-acs-");
    if (!covered || (!with_date && name == "x-log-date")) continue;
    out.append(name).append(":").append(value).append("\n");
  }
  return out;
}

std::string signed_resource(const RequestParts& request) {
  std::map<std::string, std::string> pairs;
  std::string_view rest = request.query;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty()) {
      pairs.emplace(form_decode(pair.substr(0, equals)),
                    form_decode(pair.substr(std::min(equals + 1, pair.size()))));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::string out = form_decode(request.path);
  char separator = '?';
  for (const auto& [name, value] : pairs) {
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

}  // namespace

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

Result<Signature> read_signature(const RequestParts& request) {
  const Fields fields = fields_of(request);
  const std::string_view authorization = value_of(fields, "authorization");
  if (authorization.empty()) {
    return fail(ErrorKind::kUnauthenticated, "Unauthorized",
                "The request has no Authorization header.");
  }
  if (!authorization.starts_with(kScheme)) {
    return fail(ErrorKind::kUnauthenticated, "SignatureNotMatch",
                "Only signature version 1 (Authorization: LOG <AccessKeyId>:<signature>) is "
                "offered. Set the client's auth version to 1.");
  }
  const std::string_view pair = authorization.substr(kScheme.size());
  const std::size_t colon = pair.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > kAccessKeyIdMax) {
    return invalid("The Authorization header must be LOG <AccessKeyId>:<signature>.");
  }
  const std::string_view method = value_of(fields, "x-log-signaturemethod");
  if (method != "hmac-sha1" && method != "hmac-sha256")
    return invalid("x-log-signaturemethod must be hmac-sha1 or hmac-sha256.");
  const auto signed_at = date_of(fields);
  if (!signed_at) return invalid("The Date header must look like Sun, 22 Nov 2026 06:48:49 GMT.");
  const std::string_view date = value_of(fields, "date");
  const std::string_view date_text = date.empty() ? value_of(fields, "x-log-date") : date;
  std::string front(request.method);
  front.append("\n").append(value_of(fields, "content-md5"));
  front.append("\n").append(value_of(fields, "content-type"));
  front.append("\n").append(date_text).append("\n");
  const std::string resource = signed_resource(request);
  return Signature{.access_key_id = std::string(pair.substr(0, colon)),
                   .tag = std::string(pair.substr(colon + 1)),
                   .security_token = std::string(value_of(fields, "x-acs-security-token")),
                   .sha256 = method == "hmac-sha256",
                   .signed_at = *signed_at,
                   .content_md5 = std::string(value_of(fields, "content-md5")),
                   .text = front + signed_fields(fields, true) + resource,
                   .text_without_date = front + signed_fields(fields, false) + resource};
}

}  // namespace strongroom::wire_sls
