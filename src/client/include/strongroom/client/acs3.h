#pragma once
// ACS3-HMAC-SHA256 of a POST (gateway.md §2.1): the head of the request, ready to be sent. Pure.
// Parameters of a call are in its query or in its body, both in the form of form_body()
// (client.h).

#include <string>
#include <string_view>

#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::client {

struct Stamp {
  std::string date;   // "2026-11-22T01:02:03Z"
  std::string nonce;  // 32 hex digits
};

/// Of now, with a nonce that nobody has had.
Stamp make_stamp(Clock& clock, Random& random);

/// What is asked of whom.
struct Acs3Call {
  std::string_view path = "/";
  std::string_view host = {};  // as the Host field spells it
  std::string_view action = {};
  std::string_view version = {};
  std::string_view content_type = {};  // empty: no body
  std::string_view fields = {};        // more header lines, not signed, each ending in CRLF
  std::string_view query = {};         // canonical: sorted by name
  std::string_view user_agent = "strongroom";
  bool signs_all = false;  // as current SDKs of the cloud do: Accept, User-Agent and
                           // x-acs-credentials-provider as well
};

struct Acs3Key {
  std::string_view id;
  const SecretBytes& secret;
  std::string_view security_token = {};
};

/// Everything between the request line and `body`: header and blank line. Nothing of the query,
/// which may hold a secret, is in it or in ordinary memory. kExhausted without locked memory.
Result<std::string> acs3_fields(const Acs3Call& call, const Acs3Key& key, const Stamp& stamp,
                                std::string_view body);

/// Request line, header and blank line of a call without a query; `body` follows it. Errors as
/// above.
Result<std::string> acs3_head(const Acs3Call& call, const Acs3Key& key, const Stamp& stamp,
                              std::string_view body);

}  // namespace strongroom::client
