#pragma once
// The header fields that the decoder acts on, found in one pass. Views into the request. One
// thread.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "strongroom/base/ascii.h"
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

/// Without blanks and tabs at both ends.
inline std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace strongroom::wire_openapi
