#pragma once
// What every fuzz target shares: the entry point's form and helpers to cut the input into parts.

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Called for each input; ends the process if a property does not hold.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace strongroom::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// The part of `rest` before the next `separator`, taken off it; all of it if there is none.
inline std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

/// The first byte, taken off `rest`; 0 if there is none.
inline unsigned take_byte(std::string_view& rest) {
  if (rest.empty()) return 0;
  const auto byte = static_cast<unsigned char>(rest.front());
  rest.remove_prefix(1);
  return byte;
}

}  // namespace strongroom::fuzz
