#pragma once
// Key agreement over Curve25519 (RFC 7748). Functions are thread-safe.

#include <array>
#include <cstddef>
#include <cstdint>

#include "strongroom/base/bytes.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

inline constexpr std::size_t kX25519Bytes = 32;
using X25519Public = std::array<std::uint8_t, kX25519Bytes>;

/// kInvalidInput unless `key` has 32 bytes.
Result<X25519Public> x25519_public(const SecretBytes& key);
/// What both sides come to. kInvalidInput for other sizes and for a public key of small order;
/// kExhausted without locked memory.
Result<SecretBytes> x25519_shared(const SecretBytes& key, ByteView other);

}  // namespace strongroom::crypto
