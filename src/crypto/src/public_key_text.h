#pragma once
// From a public key's bytes or text to OpenSSL's object: what every kind of public key shares.

#include <optional>
#include <string>
#include <string_view>

#include "evp.h"

namespace strongroom::crypto::evp {

/// A SubjectPublicKeyInfo (RFC 5280 §4.1) with nothing after it; null if it is none. `type` as
/// OpenSSL names it, or null for any.
Pkey decode_public_key(ByteView der, const char* type);

/// The DER inside the first block with the label PUBLIC KEY (RFC 7468 §13); nullopt if there is
/// none.
std::optional<std::string> der_of_public_pem(std::string_view pem);

}  // namespace strongroom::crypto::evp
