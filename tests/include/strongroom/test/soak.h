#pragma once
// What the long form of a test is told through the environment (`make soak`).

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace strongroom::test {

/// True in the long form.
inline bool soaking() {
  return std::getenv("STRONGROOM_SOAK") != nullptr;
}
/// Empty if it is not set.
inline std::string soak_text(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::string() : std::string(text);
}
inline std::uint64_t soak_number(const char* name, std::uint64_t otherwise) {
  const std::string text = soak_text(name);
  std::uint64_t number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace strongroom::test
