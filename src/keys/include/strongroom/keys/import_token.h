#pragma once
// Import tokens: what GetParametersForImport hands out and ImportKeyMaterial takes back (openapi.md
// §7.6, docs/formats/key.md).
//
// A token holds the private key that unwraps the material, sealed with suite 1, so that the server
// keeps nothing between the two calls. It names one key and may be used for it as often as its
// owner likes until it expires. Pure; thread-safe.

#include <cstdint>
#include <string>
#include <string_view>

#include "strongroom/base/ids.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::keys {

struct ImportToken {
  AccountId account;
  Uuid key;  // the key's uuid
  crypto::EncryptionScheme scheme = crypto::EncryptionScheme::kRsaOaepSha256;
  Instant expires;
  SecretBytes unwrapping_key;  // PKCS#8
};

/// `sealing_key` has 32 bytes. kExhausted without locked memory.
Result<std::string> seal_import_token(const ImportToken& token, const SecretBytes& sealing_key,
                                      Random& random);

/// 400 InvalidImportToken for anything that was not sealed with this key, whatever the reason.
/// Whether it fits the key and the time is the caller's to judge.
Result<ImportToken> open_import_token(std::string_view sealed, const SecretBytes& sealing_key);

}  // namespace strongroom::keys
