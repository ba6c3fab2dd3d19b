#pragma once
// ACS3-HMAC-SHA256 of a POST (gateway.md §2.1): the head of the request, ready to be sent. Pure.

#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::client {

struct Stamp {
  std::string date;   // "2026-11-22T01:02:03Z"
  std::string nonce;  // 32 hex digits
};

/// What is asked of whom.
struct Acs3Call {
  std::string_view path = "/";
  std::string_view host = {};  // as the Host field spells it
  std::string_view action = {};
  std::string_view version = {};
  std::string_view content_type = {};  // empty: no body
  std::string_view fields = {};        // more header lines, not signed, each ending in CRLF
};

struct Acs3Key {
  std::string_view id;
  const SecretBytes& secret;
  std::string_view security_token = {};
};

/// Request line, header and blank line; `body` follows it. kExhausted without locked memory.
Result<std::string> acs3_head(const Acs3Call& call, const Acs3Key& key, const Stamp& stamp,
                              std::string_view body);

}  // namespace strongroom::client
