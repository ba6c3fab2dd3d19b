#include "headers.h"

#include <cstring>

namespace strongroom::wire_openapi {
namespace {

struct Known {
  std::string_view name;
  Slot slot;
};
constexpr Known kKnown[] = {
    {"authorization", Slot::kAuthorization},
    {"content-type", Slot::kContentType},
    {"x-acs-action", Slot::kAction},
    {"x-acs-version", Slot::kVersion},
    {"x-acs-date", Slot::kDate},
    {"x-acs-signature-nonce", Slot::kNonce},
    {"x-acs-content-sha256", Slot::kContentSha256},
    {"x-acs-content-sm3", Slot::kContentSm3},
    {"x-acs-security-token", Slot::kSecurityToken},
    {"x-acs-bearer-token", Slot::kBearerToken},
};
constexpr std::string_view kAcsPrefix = "x-acs-";

// Lower-cases eight ASCII letters at once; other bytes stay.
std::uint64_t lower8(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t low_bits = word & (kOnes * 0x7f);
  const std::uint64_t above_z = low_bits + kOnes * (0x7f - 'Z');
  const std::uint64_t from_a = low_bits + kOnes * (0x80 - 'A');
  const std::uint64_t ascii = ~word & (kOnes * 0x80);
  return word | ((ascii & (from_a ^ above_z)) >> 2);
}

char lower1(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

Slot slot_of(std::string_view name) {
  // First letters of the known names; everything else is not ours.
  if (name.empty() || (name[0] | 0x20) == 'h') return Slot::kOther;
  for (const Known& known : kKnown) {
    if (name.size() == known.name.size() && equals_lower(name, known.name)) return known.slot;
  }
  return Slot::kOther;
}

bool equals_any_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower1(a[i]) != lower1(b[i])) return false;
  }
  return true;
}

}  // namespace

bool equals_lower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t a;
    std::uint64_t b;
    std::memcpy(&a, text.data() + i, 8);
    std::memcpy(&b, lower.data() + i, 8);
    if (a != b && lower8(a) != b) return false;
  }
  for (; i < text.size(); ++i) {
    if (lower1(text[i]) != lower[i]) return false;
  }
  return true;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

HeaderFacts scan_headers(std::span<const NameValue> headers) {
  HeaderFacts facts;
  std::array<std::uint8_t, limits::kHeaderFieldsMax> others;  // x-acs-* fields without a slot
  std::size_t other_count = 0;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const std::string_view name = headers[i].name;
    const Slot slot = slot_of(name);
    facts.slot_of[i] = slot;
    if (slot != Slot::kOther) {
      const std::uint32_t bit = slot_bit(slot);
      facts.repeated |= facts.present & bit;
      if (!(facts.present & bit))
        facts.values[static_cast<std::size_t>(slot)] = trimmed(headers[i].value);
      facts.present |= bit;
    } else if (name.size() > kAcsPrefix.size() &&
               equals_lower(name.substr(0, kAcsPrefix.size()), kAcsPrefix)) {
      for (std::size_t k = 0; k < other_count; ++k) {
        facts.acs_repeated |= equals_any_case(headers[others[k]].name, name);
      }
      others[other_count++] = static_cast<std::uint8_t>(i);
    }
  }
  constexpr std::uint32_t kNotAcs = slot_bit(Slot::kAuthorization) | slot_bit(Slot::kContentType);
  facts.acs_repeated |= (facts.repeated & ~kNotAcs) != 0;
  return facts;
}

}  // namespace strongroom::wire_openapi
