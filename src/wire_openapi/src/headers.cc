#include "headers.h"

#include <algorithm>

namespace strongroom::wire_openapi {
namespace {

constexpr std::string_view kAcsPrefix = "x-acs-";

Slot slot_if(std::string_view name, std::string_view known, Slot slot) {
  return equals_lower(name, known) ? slot : Slot::kOther;
}

}  // namespace

Slot slot_of(std::string_view name) {
  switch (name.size()) {
    case 10:
      return slot_if(name, "x-acs-date", Slot::kDate);
    case 12:
      if (equals_lower(name, "x-acs-action")) return Slot::kAction;
      return slot_if(name, "content-type", Slot::kContentType);
    case 13:
      if (equals_lower(name, "x-acs-version")) return Slot::kVersion;
      return slot_if(name, "authorization", Slot::kAuthorization);
    case 17:
      return slot_if(name, "x-acs-content-sm3", Slot::kContentSm3);
    case 18:
      return slot_if(name, "x-acs-bearer-token", Slot::kBearerToken);
    case 20:
      if (equals_lower(name, "x-acs-content-sha256")) return Slot::kContentSha256;
      return slot_if(name, "x-acs-security-token", Slot::kSecurityToken);
    case 21:
      return slot_if(name, "x-acs-signature-nonce", Slot::kNonce);
    default:
      return Slot::kOther;
  }
}

HeaderFacts scan_headers(std::span<const NameValue> headers) {
  HeaderFacts facts;
  std::array<std::uint8_t, limits::kHeaderFieldsMax> others;  // x-acs-* fields without a slot
  std::size_t other_count = 0;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const std::string_view name = headers[i].name;
    const Slot slot = slot_of(name);
    if (slot != Slot::kOther) {
      const std::uint32_t bit = slot_bit(slot);
      facts.repeated |= facts.present & bit;
      if (!(facts.present & bit)) {
        facts.values[static_cast<std::size_t>(slot)] = trimmed(headers[i].value);
        facts.positions[static_cast<std::size_t>(slot)] = static_cast<std::uint8_t>(i);
      }
      facts.present |= bit;
    } else if (name.size() > kAcsPrefix.size() && (name[0] | 0x20) == 'x' &&
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
