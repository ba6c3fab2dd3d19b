#pragma once
// Time-based one-time passwords (RFC 6238): HMAC-SHA1, 30 seconds, six digits. Pure.

#include <cstdint>
#include <optional>
#include <string_view>

#include "strongroom/base/time.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::identity {

inline constexpr std::size_t kTotpSeedBytes = 20;

/// The code of a time step.
std::uint32_t totp_code(const SecretBytes& seed, std::uint64_t step);

/// The step within one of now whose code this is, if it is later than `after`: a code that was
/// used, or is older than a used one, never counts again.
std::optional<std::uint64_t> totp_step(const SecretBytes& seed, std::string_view code, Instant now,
                                       std::uint64_t after);

}  // namespace strongroom::identity
