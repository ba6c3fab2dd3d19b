#pragma once
// Drawing from small sets without bias. Thread-safe as the Random is.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "strongroom/base/random.h"

namespace strongroom {

/// A uniform number below `bound` (1 to 256).
std::size_t random_below(Random& random, std::size_t bound);

/// Fills `out` with characters of `alphabet` (1 to 256 of them), each equally likely. For secrets
/// too: `out` is the caller's locked memory, nothing is kept elsewhere.
void fill_from_alphabet(Random& random, std::string_view alphabet, std::span<std::uint8_t> out);

inline constexpr std::string_view kAlphanumeric =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `prefix` and `tail` of a-z0-9: ids that are public.
std::string random_id(Random& random, std::string_view prefix, std::size_t tail);

}  // namespace strongroom
