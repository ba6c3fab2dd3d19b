#pragma once
// The log service's wire, as far as GetLogs and PutLogs need it (gateway.md §7.3). Pure,
// thread-safe.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// What a signature says and covers.
struct Signature {
  std::string access_key_id;
  std::string tag;             // decoded
  std::string security_token;  // empty if none
  bool sha256 = false;         // else SHA-1
  Instant signed_at;
  std::string content_md5;     // version 1: upper-case hex of the body's MD5; empty without a body
  std::string content_sha256;  // version 4: hex of the body's
  std::string text;            // the string to sign; see canonical_request
  /// The same without x-log-date, which one client adds after it has signed. Version 1.
  std::string text_without_date;
  /// Version 4: the text ends with its SHA-256 in hexadecimal, which is still to be added.
  std::string canonical_request;
  /// Version 4: what the key is derived over, one HMAC after the other, beginning with kKeyPrefix
  /// and the secret. Version 1: nothing, the key is the secret alone.
  std::vector<std::string> key_path;
};
inline constexpr std::string_view kKeyPrefix = "aliyun_v4";
/// 401 Unauthorized without a signature, 400 ParameterInvalid for one in another form.
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

/// What signature version 1 covers of a request. Without a Date field its x-log-date is the date.
std::string text_to_sign(const RequestParts& request);

/// {"errorCode":…,"errorMessage":…}
std::string error_body(const Error& error);
int status_of(const Error& error);

/// "Sun, 22 Nov 2026 06:48:49 GMT"; nothing for any other form.
std::optional<Instant> parse_http_date(std::string_view text);
std::string http_date(Instant instant);

}  // namespace strongroom::wire_sls
