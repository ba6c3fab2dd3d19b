#pragma once
// The few cryptographic steps the barrier's formats are made of (docs/formats/record.md, "Keys").
// Thread-safe.

#include <array>
#include <cstdint>
#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::barrier {

inline constexpr std::size_t kKeyBytes = 32;

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view data);
Digest hmac_sha256(const SecretBytes& key, std::string_view data);

/// SP 800-108 counter mode, HMAC-SHA256, label "SR1:" ‖ `name`, 32 bytes. kExhausted without locked
/// memory.
Result<SecretBytes> kdf(const SecretBytes& key, std::string_view name,
                        std::string_view context = {});

/// 32 random bytes. kExhausted without locked memory.
Result<SecretBytes> random_key(Random& random);

/// Compares in constant time.
bool digests_equal(const Digest& left, std::string_view right);

}  // namespace strongroom::barrier
