#pragma once
// ChaCha20-Poly1305 (RFC 8439) without AAD, for formats that others define. What the product seals
// for itself is suite 1. Functions are thread-safe.

#include <cstddef>
#include <string>

#include "strongroom/base/bytes.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

inline constexpr std::size_t kChaChaKeyBytes = 32;
inline constexpr std::size_t kChaChaNonceBytes = 12;
inline constexpr std::size_t kChaChaTagBytes = 16;

/// Ciphertext and tag. The caller never repeats a nonce under a key. Keys and nonces of other sizes
/// are an error of ours.
std::string chacha20_poly1305_seal(const SecretBytes& key, ByteView nonce,
                                   const SecretBytes& plaintext);
/// kCorrupt if it does not open; kExhausted without locked memory.
Result<SecretBytes> chacha20_poly1305_open(const SecretBytes& key, ByteView nonce,
                                           std::string_view sealed);

}  // namespace strongroom::crypto
