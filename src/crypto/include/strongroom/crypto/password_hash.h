#pragma once
// Argon2id (RFC 9106 version 0x13) for passphrases. Thread-safe; takes as much memory and time as
// its parameters say, so callers bound how many run at a time.

#include <cstddef>
#include <cstdint>

#include "strongroom/base/bytes.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

struct Argon2Parameters {
  std::uint32_t memory_kib = 256U << 10;
  std::uint32_t passes = 3;
  std::uint32_t lanes = 4;
};

/// RFC 9106's second recommendation; slots weaker than this are not created.
inline constexpr Argon2Parameters kArgon2Floor{.memory_kib = 64U << 10, .passes = 3, .lanes = 4};

/// `length` bytes (4 to 64) from a passphrase and a salt of at least 8 bytes. kInvalidInput for
/// parameters beyond limits::kArgon2*, which a hostile file could carry; kExhausted if the memory
/// cannot be had.
Result<SecretBytes> argon2id(const SecretBytes& passphrase, ByteView salt,
                             const Argon2Parameters& parameters, std::size_t length);

}  // namespace strongroom::crypto
