#pragma once
// Shares of a secret, any `threshold` of which give it back and fewer say nothing: Shamir's scheme
// over GF(256) in the format of draft-mcgrew-tss-03, with a SHA-256 inside that tells wrong sets
// apart. For offline ceremonies: not constant-time, not for requests. Functions are thread-safe.

#include <cstdint>
#include <span>
#include <vector>

#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

inline constexpr std::size_t kSharesMax = 255;
inline constexpr std::size_t kShareIdBytes = 16;

/// `count` shares of `secret` (1 to 65,000 bytes), `threshold` of which are needed. kInvalidInput
/// unless 2 <= threshold <= count <= kSharesMax; kExhausted without locked memory.
Result<std::vector<SecretBytes>> split_secret(const SecretBytes& secret, std::size_t threshold,
                                              std::size_t count, Random& random);

/// The secret of at least `threshold` shares of one split. kDenied if they are too few, doubled, of
/// different splits or damaged; it cannot be told which.
Result<SecretBytes> join_shares(std::span<const SecretBytes> shares);

}  // namespace strongroom::crypto
