#pragma once
// The error envelope and the HTTP status of every code (gateway.md §1.6, §1.7; openapi.md §2).
// Pure.

#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/wire_openapi/call.h"

namespace strongroom::wire_openapi {

inline constexpr std::string_view kJsonType = "application/json;charset=utf-8";
inline constexpr std::string_view kXmlType = "text/xml;charset=utf-8";

/// The status documented for `code`; for a code outside the table, a status that fits `kind`.
/// UnsupportedHTTPMethod goes by kind on purpose: kDenied (403) for KMS, kInvalidInput (400) for
/// the other services.
int http_status_of(std::string_view code, ErrorKind kind);

struct ErrorAnswer {
  int status;
  std::string_view code;
  std::string_view message;
  std::string_view request_id;                 // upper-case UUID
  std::string_view host_id;                    // the Host header as received
  std::string_view product;                    // "Kms", for Recommend
  std::string_view access_denied_detail_json;  // an object, or empty
};

/// Appends the whole body: the union envelope of gateway.md §1.6 as JSON, or XML under <Error>.
/// Every field but HttpStatus is text, Code is never empty, AccessDeniedDetail is an object or
/// absent.
void append_error(std::string& out, Format format, const ErrorAnswer& error);

}  // namespace strongroom::wire_openapi
