#pragma once
// Digits of base 16. Pure, thread-safe.

#include <array>
#include <cstdint>

namespace strongroom {

namespace detail {
constexpr std::array<std::int8_t, 256> make_hex_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::int8_t i = 0; i < 16; ++i) {
    values[static_cast<unsigned char>("0123456789abcdef"[i])] = i;
    values[static_cast<unsigned char>("0123456789ABCDEF"[i])] = i;
  }
  return values;
}
inline constexpr auto kHexValues = make_hex_values();
}  // namespace detail

/// Of a digit in either case; -1 if it is none.
constexpr int hex_value(char c) {
  return detail::kHexValues[static_cast<unsigned char>(c)];
}

}  // namespace strongroom
