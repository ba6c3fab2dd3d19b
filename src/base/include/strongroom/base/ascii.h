#pragma once
// Letters of ASCII in either case, eight bytes at a time; other bytes stay what they are. Pure,
// thread-safe.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace strongroom {

/// Eight bytes, their letters in lower case.
inline std::uint64_t lower8(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t low_bits = word & (kOnes * 0x7f);
  const std::uint64_t above_z = low_bits + kOnes * (0x7f - 'Z');
  const std::uint64_t from_a = low_bits + kOnes * (0x80 - 'A');
  const std::uint64_t ascii = ~word & (kOnes * 0x80);
  return word | ((ascii & (from_a ^ above_z)) >> 2);
}

inline char lower1(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// True if `text` with its letters in lower case is `lower`.
inline bool equals_lower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  const auto load = [](const char* from) {
    std::uint64_t word;
    std::memcpy(&word, from, 8);
    return word;
  };
  const auto differ8 = [&](std::size_t at) {
    const std::uint64_t a = load(text.data() + at);
    const std::uint64_t b = load(lower.data() + at);
    return a != b && lower8(a) != b;
  };
  if (text.size() >= 8) {
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
      if (differ8(at)) return false;
    }
    return !differ8(text.size() - 8);  // overlaps what was compared
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (lower1(text[at]) != lower[at]) return false;
  }
  return true;
}

/// True if the two differ in the case of letters at most.
inline bool equals_any_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower1, lower1);
}

/// Appends `text`, its letters in lower case.
inline void append_lower(std::string& out, std::string_view text) {
  std::size_t at = out.size();
  out.append(text);
  for (; at + 8 <= out.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, out.data() + at, 8);
    word = lower8(word);
    std::memcpy(out.data() + at, &word, 8);
  }
  for (; at < out.size(); ++at) out[at] = lower1(out[at]);
}

/// `text` with its letters in lower case.
inline std::string lowered(std::string_view text) {
  std::string out;
  append_lower(out, text);
  return out;
}

}  // namespace strongroom
