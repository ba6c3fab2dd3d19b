#pragma once
// The headers of a request of the Instance API (instance-protocol.md §1.1, §1.2): read once,
// checked in the order of §7, and the text that was signed. Pure. Views live as long as the
// request.

#include <optional>
#include <string>
#include <string_view>

#include "messages.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/http/request.h"

namespace strongroom::gateway_instance {

struct Envelope {
  const Message* message = nullptr;  // null until the api name was found to be one
  std::string_view api_name;
  std::string_view api_version;
  std::string_view client_key_id;
  std::string_view migration_version;  // x-kms-migrationkeyversionid, or empty
  Instant signed_at;
  std::string signature;  // decoded
};

/// Fills `envelope` as far as it gets, so that a refusal can be recorded with what is known.
/// InvalidParam, InvalidContentType, InvalidApiVersion, InvalidApiName, UnsupportedOperation,
/// MissingParameter, RequestTimeTooSkewed (`window_ms` to either side of `now`); the body's hash is
/// recomputed.
Result<void> read_envelope(const http::Request& request, Instant now, Envelope& envelope,
                           std::int64_t window_ms = limits::kTimestampWindowMillis);

/// §1.2.
std::string string_to_sign(const http::Request& request);

/// "Sat, 21 Nov 2026 22:48:53 GMT" or the same with UTC; nothing for another form.
std::optional<Instant> parse_http_date(std::string_view text);

}  // namespace strongroom::gateway_instance
