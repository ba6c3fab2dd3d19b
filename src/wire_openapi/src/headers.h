#pragma once
// The header fields that the decoder acts on, found in one pass. Views into the request. One
// thread.

#include <array>
#include <cstdint>
#include <optional>
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
  std::uint32_t present = 0;                      // slot_bit of each that is there
  std::uint32_t repeated = 0;                     // slot_bit of each that is there twice
  bool acs_repeated = false;  // any x-acs-* field twice, the ones without a slot included
  std::array<Slot, limits::kHeaderFieldsMax> slot_of{};  // by position

  bool has(Slot slot) const { return (present & slot_bit(slot)) != 0; }
  std::string_view value(Slot slot) const { return values[static_cast<std::size_t>(slot)]; }
};

/// At most limits::kHeaderFieldsMax fields; the caller has checked.
HeaderFacts scan_headers(std::span<const NameValue> headers);

/// ASCII case folded on the left only: `lower` is lower-case.
bool equals_lower(std::string_view text, std::string_view lower);

/// Without blanks and tabs at both ends.
std::string_view trimmed(std::string_view text);

}  // namespace strongroom::wire_openapi
