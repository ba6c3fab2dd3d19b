#include "bech32.h"

#include <string.h>

#include <array>

#include "strongroom/base/ascii.h"

namespace strongroom::age {
namespace {

constexpr std::string_view kDigits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kChecksumDigits = 6;
constexpr unsigned kDigitBits = 5;

/// BIP 173's checksum, one digit at a time.
class Checksum {
 public:
  explicit Checksum(std::string_view prefix) {
    for (const char c : prefix) add(static_cast<std::uint8_t>(c) >> kDigitBits);
    add(0);
    for (const char c : prefix) add(static_cast<std::uint8_t>(c) & 31U);
  }
  void add(std::uint32_t digit) {
    constexpr std::array<std::uint32_t, 5> kGenerator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                                      0x3d4233dd, 0x2a1462b3};
    const std::uint32_t top = state_ >> 25;
    state_ = ((state_ & 0x1ffffff) << kDigitBits) ^ digit;
    for (std::size_t i = 0; i < kGenerator.size(); ++i) {
      if (((top >> i) & 1U) != 0) state_ ^= kGenerator[i];
    }
  }
  std::uint32_t state() const { return state_; }

 private:
  std::uint32_t state_ = 1;
};

bool one_case(std::string_view text) {
  bool upper_seen = false;
  bool lower_seen = false;
  for (const char c : text) {
    upper_seen = upper_seen || (c >= 'A' && c <= 'Z');
    lower_seen = lower_seen || (c >= 'a' && c <= 'z');
  }
  return !(upper_seen && lower_seen);
}

std::size_t digits_for(std::size_t bytes) {
  return (bytes * 8 + kDigitBits - 1) / kDigitBits;
}

/// The digits after the prefix; nothing if it is another, or cases are mixed.
std::optional<std::string_view> after_prefix(std::string_view text, std::string_view prefix) {
  if (text.size() <= prefix.size() || text[prefix.size()] != '1' || !one_case(text))
    return std::nullopt;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    if (lower1(text[i]) != prefix[i]) return std::nullopt;
  }
  return text.substr(prefix.size() + 1);
}

}  // namespace

std::string bech32_encode(std::string_view prefix, std::span<const std::uint8_t> data) {
  std::string out(prefix);
  out.push_back('1');
  Checksum checksum(prefix);
  const auto put = [&](std::uint32_t digit) {
    checksum.add(digit);
    out.push_back(kDigits[digit]);
  };
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::uint8_t byte : data) {
    bits = (bits << 8) | byte;
    held += 8;
    for (; held >= kDigitBits; held -= kDigitBits) put((bits >> (held - kDigitBits)) & 31U);
  }
  if (held > 0) put((bits << (kDigitBits - held)) & 31U);
  for (std::size_t i = 0; i < kChecksumDigits; ++i) checksum.add(0);
  const std::uint32_t sum = checksum.state() ^ 1U;
  for (std::size_t i = 0; i < kChecksumDigits; ++i)
    out.push_back(kDigits[(sum >> (kDigitBits * (kChecksumDigits - 1 - i))) & 31U]);
  return out;
}

bool bech32_decode(std::string_view text, std::string_view prefix, std::span<std::uint8_t> out) {
  const auto digits = after_prefix(text, prefix);
  if (!digits || digits->size() != digits_for(out.size()) + kChecksumDigits) return false;
  Checksum checksum(prefix);
  std::uint32_t bits = 0;
  unsigned held = 0;
  std::size_t filled = 0;
  for (std::size_t i = 0; i < digits->size(); ++i) {
    const std::size_t digit = kDigits.find(lower1((*digits)[i]));
    if (digit == std::string_view::npos) return false;
    checksum.add(static_cast<std::uint32_t>(digit));
    if (i >= digits->size() - kChecksumDigits) continue;
    bits = (bits << kDigitBits) | static_cast<std::uint32_t>(digit);
    held += kDigitBits;
    if (held >= 8 && filled < out.size()) {
      held -= 8;
      out[filled++] = static_cast<std::uint8_t>(bits >> held);
    }
    bits &= (1U << held) - 1;
  }
  const bool padding_is_zero = bits == 0;
  explicit_bzero(&bits, sizeof bits);
  return filled == out.size() && padding_is_zero && checksum.state() == 1;
}

}  // namespace strongroom::age
