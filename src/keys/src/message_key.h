#pragma once
// Symmetric encryption under key material of any spec, and messages with a key of their own
// (docs/formats/key.md, "Messages"). For keys_crypto.cc and messages.cc.

#include <string>
#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/base/random.h"
#include "strongroom/keys/cryptography.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::keys {

struct GcmInput {
  KeySpec spec;  // symmetric
  const SecretBytes& key;
  ByteView iv;  // 12 bytes
  ByteView aad;
};
/// ciphertext ‖ tag with the spec's cipher.
Result<std::string> gcm_seal(const GcmInput& input, const SecretBytes& plaintext);
/// kCorrupt if it does not authenticate.
Result<SecretBytes> gcm_open(const GcmInput& input, ByteView sealed);

/// "SRMK" 01 ‖ salt (32) before the ciphertext of a message with a key of its own.
inline constexpr std::string_view kSaltedHead("SRMK\x01", 5);
inline constexpr std::size_t kSaltBytes = 32;

/// The key of one message: KBKDF of the material with the salt and the algorithm.
Result<SecretBytes> message_key(const SecretBytes& material, SymmetricAlgorithm algorithm,
                                ByteView salt);

/// One text for every reason, so that a ciphertext's owner and its forger learn the same.
std::unexpected<Error> does_not_open();

}  // namespace strongroom::keys
