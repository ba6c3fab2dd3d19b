#pragma once
// The signature of a client key as today's secrets clients send it: a bearer token that is an RSA
// signature over the parameters and five header fields, which the Instance API named. Pure. One
// thread per arena.

#include <span>
#include <string_view>

#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"
#include "strongroom/wire_openapi/call.h"

namespace strongroom::wire_openapi {

/// The fields of the header that this signature covers. Trimmed views into the request.
struct ClientBearer {
  std::string_view key_id;     // x-kms-acccesskeyid
  std::string_view action;     // x-kms-apiname
  std::string_view version;    // x-kms-apiversion: a name of the form, not of the API
  std::string_view method;     // x-kms-signaturemethod
  std::string_view timestamp;  // Date
  bool repeated = false;       // one of them is there twice

  bool is_there() const { return !key_id.empty(); }
};

/// Empty where the request has no x-kms-acccesskeyid.
ClientBearer find_client_bearer(std::span<const NameValue> headers);

/// Fills in what the signature `token` needs; action, version and parameters are there already.
/// IncompleteSignature, InvalidSignatureMethod, Missing….
Result<void> decode_client_bearer(const ClientBearer& bearer, std::string_view token, Arena& arena,
                                  Call& call);

}  // namespace strongroom::wire_openapi
