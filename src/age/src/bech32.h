#pragma once
// Bech32 (BIP 173) without its length limit, as age writes keys.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace strongroom::age {

/// `prefix` in lower case.
std::string bech32_encode(std::string_view prefix, std::span<const std::uint8_t> data);

/// Writes what `text` holds into `out` (exactly so many bytes). False for another prefix, length,
/// checksum, mixed case or padding. Leaves nothing of it in memory of its own.
bool bech32_decode(std::string_view text, std::string_view prefix, std::span<std::uint8_t> out);

}  // namespace strongroom::age
