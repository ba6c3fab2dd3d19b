#pragma once
// Plain AES-GCM (SP 800-38D) with a nonce that the caller chooses, for ciphertexts whose form the
// API fixes (openapi.md §8). Anything of our own is sealed with suite 1 instead: GCM alone does not
// commit to its key, and a nonce used twice under one key gives both plaintexts away. Functions are
// thread-safe.

#include <cstddef>
#include <string>

#include "strongroom/base/bytes.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

inline constexpr std::size_t kGcmIvBytes = 12;
inline constexpr std::size_t kGcmTagBytes = 16;

/// Ciphertext ‖ tag. `key` has 16, 24 or 32 bytes, `iv` kGcmIvBytes: kInvalidInput otherwise.
Result<std::string> aes_gcm_seal(const SecretBytes& key, ByteView iv, ByteView aad,
                                 const SecretBytes& plaintext);

/// The plaintext of ciphertext ‖ tag. kCorrupt if it does not authenticate or is shorter than a
/// tag; kInvalidInput as above.
Result<SecretBytes> aes_gcm_open(const SecretBytes& key, ByteView iv, ByteView aad,
                                 ByteView sealed);

}  // namespace strongroom::crypto
