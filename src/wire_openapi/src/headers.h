#pragma once
// The header fields that the decoder acts on, found in one pass. Views into the request. One
// thread.

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "strongroom/base/limits.h"
#include "strongroom/base/name_value.h"

namespace strongroom::wire_openapi {

enum class Slot : std::uint8_t {
  kAuthorization,
  kContentType,
  kAction,
  kVersion,
  kDate,
  kNonce,
  kContentSha256,
  kContentSm3,
  kSecurityToken,
  kBearerToken,
  kOther,
};
inline constexpr std::size_t kSlots = static_cast<std::size_t>(Slot::kOther);

constexpr std::uint32_t slot_bit(Slot slot) {
  return 1U << static_cast<unsigned>(slot);
}

struct HeaderFacts {
  std::array<std::string_view, kSlots> values{};  // trimmed; the first of each
  std::array<std::uint8_t, kSlots> positions{};   // of the first of each
  std::uint32_t present = 0;                      // slot_bit of each that is there
  std::uint32_t repeated = 0;                     // slot_bit of each that is there twice
  bool acs_repeated = false;  // any x-acs-* field twice, the ones without a slot included

  bool has(Slot slot) const { return (present & slot_bit(slot)) != 0; }
  std::string_view value(Slot slot) const { return values[static_cast<std::size_t>(slot)]; }
};

/// At most limits::kHeaderFieldsMax fields; the caller has checked.
HeaderFacts scan_headers(std::span<const NameValue> headers);

/// Slot of a header's name, in any case.
Slot slot_of(std::string_view name);

/// Lower-cases eight ASCII letters at once; other bytes stay.
inline std::uint64_t lower8(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t low_bits = word & (kOnes * 0x7f);
  const std::uint64_t above_z = low_bits + kOnes * (0x7f - 'Z');
  const std::uint64_t from_a = low_bits + kOnes * (0x80 - 'A');
  const std::uint64_t ascii = ~word & (kOnes * 0x80);
  return word | ((ascii & (from_a ^ above_z)) >> 2);
}

/// True if `text` with its ASCII letters lower-cased is `lower`.
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
    const char c = text[at];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) != lower[at]) return false;
  }
  return true;
}

/// Without blanks and tabs at both ends.
inline std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace strongroom::wire_openapi
