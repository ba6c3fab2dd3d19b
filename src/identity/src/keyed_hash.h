#pragma once
// A fast keyed 64-bit hash for tables whose input an outsider chooses (NonceTable, SourceLimiter):
// XXH3 under a random secret, so that nobody can aim at one bucket. No cryptographic MAC. Pure.

#include <array>
#include <cstdint>
#include <string_view>

namespace strongroom::identity {

std::uint64_t keyed_hash(const std::array<std::uint8_t, 192>& secret, std::string_view text);

}  // namespace strongroom::identity
