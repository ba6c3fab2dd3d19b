#pragma once
// Signature version 3 (gateway.md §2): the Authorization field and the canonical request. One
// thread per arena.

#include <span>
#include <string_view>

#include "headers.h"
#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"
#include "strongroom/wire_openapi/call.h"

namespace strongroom::wire_openapi {

struct Acs3Authorization {
  std::string_view credential;
  std::string_view signed_headers;  // "host;x-acs-action;…", as sent
  std::string_view signature;
};

/// Fills scheme, access_key_id, signature and the facts that V3 keeps in headers (action, version,
/// timestamp, nonce, security_token, content_hash) into `call`. Errors: InvalidSignatureMethod,
/// IncompleteSignature, MissingParameter.
Result<Acs3Authorization> read_acs3(const HeaderFacts& headers, Call& call);

/// Sets call.canonical. `query`: sorted, each name once. `signed_slots` receives the slot_bit of
/// every signed field. IncompleteSignature if SignedHeaders names what is not there or leaves out
/// what must be covered.
Result<void> build_acs3_canonical(const RequestParts& request, const HeaderFacts& headers,
                                  const Acs3Authorization& authorization,
                                  std::span<const NameValue> query, Arena& arena, Call& call);

/// True if `name` (lower-case) stands in `signed_headers`.
bool lists_header(std::string_view signed_headers, std::string_view name);

}  // namespace strongroom::wire_openapi
