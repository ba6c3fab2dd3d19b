#pragma once
// The log service's wire, as far as GetLogs needs it (gateway.md §7.3). Pure, thread-safe.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::wire_sls {

/// The request as HTTP delivered it.
struct RequestParts {
  std::string_view method;
  std::string_view path;   // raw, before '?'
  std::string_view query;  // raw, after '?'
  std::span<const NameValue> headers;
  std::string_view body;
};

/// True for paths that belong to the log service: no OpenAPI request has one.
bool is_log_path(std::string_view path);

/// What signature version 1 says and covers. The key of the HMAC is the secret alone.
struct Signature {
  std::string access_key_id;
  std::string tag;             // Base64, as sent
  std::string security_token;  // empty if none
  bool sha256 = false;         // else SHA-1
  Instant signed_at;
  std::string content_md5;  // upper-case hex of the body's MD5; empty without a body
  std::string text;         // the string to sign
  /// The same without x-log-date, which one client adds after it has signed.
  std::string text_without_date;
};
/// 401 Unauthorized without a signature, 400 ParameterInvalid for one in another form, 401
/// SignatureNotMatch for signature version 4.
Result<Signature> read_signature(const RequestParts& request);

struct GetLogs {
  std::string logstore;
  bool second_form = false;  // POST …/logs: the answer has "meta" and "data"
  Instant from;              // inclusive
  Instant to;                // exclusive
  std::string query;
  std::int64_t line = 100;
  std::int64_t offset = 0;
  bool reverse = false;  // newest first
};
/// 400 ParameterInvalid, or 404 for a request of the log service that is not GetLogs.
Result<GetLogs> read_get_logs(const RequestParts& request);

/// {"errorCode":…,"errorMessage":…}
std::string error_body(const Error& error);
int status_of(const Error& error);

/// "Sun, 22 Nov 2026 06:48:49 GMT"; nothing for any other form.
std::optional<Instant> parse_http_date(std::string_view text);

}  // namespace strongroom::wire_sls
