#pragma once
// Key derivation: SP 800-108r1 counter mode for keys from keys, HKDF (RFC 5869) for keys from other
// secrets. One label per purpose, one key per use. Not for the read path (suite1.h has its own).
// Functions are thread-safe.

#include <cstddef>
#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

/// The most that either function gives: 255 blocks of SHA-256.
inline constexpr std::size_t kDerivedBytesMax = 255 * 32;

/// KBKDF-CTR-HMAC-SHA256: blocks HMAC(key, u32 counter ‖ label ‖ 0x00 ‖ context ‖ u32 bits),
/// counter from 1, big-endian. `length` is in bytes, 1 to kDerivedBytesMax. kExhausted without
/// locked memory.
Result<SecretBytes> kbkdf(const SecretBytes& key, std::string_view label, ByteView context,
                          std::size_t length);

/// HKDF-SHA256, extract then expand. `length` as above; kInvalidInput beyond it. kExhausted without
/// locked memory.
Result<SecretBytes> hkdf_sha256(const SecretBytes& input, ByteView salt, ByteView info,
                                std::size_t length);

}  // namespace strongroom::crypto
