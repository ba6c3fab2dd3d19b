#include "strongroom/policy/values.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "strongroom/base/ascii.h"

namespace strongroom::policy {
namespace {

constexpr std::size_t kNumberCharsMax = 32;
constexpr unsigned kMappedBits = 96;  // an IPv4 address in IPv6 form: ::ffff:a.b.c.d
constexpr std::size_t kMillisDigitsMax = 9;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

std::optional<unsigned> small_number(std::string_view digits, unsigned max) {
  unsigned value = 0;
  if (digits.size() > 3 || !all_digits(digits)) return std::nullopt;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (value > max) return std::nullopt;
  return value;
}

// The zone at the end of `text`, cut off it, as milliseconds to take away.
std::optional<std::int64_t> take_zone(std::string_view& text) {
  if (text.ends_with('Z')) {
    text.remove_suffix(1);
    return 0;
  }
  if (text.size() < 6) return std::nullopt;
  const std::string_view zone = text.substr(text.size() - 6);
  const auto hours = small_number(zone.substr(1, 2), 14);
  const auto minutes = small_number(zone.substr(4, 2), 59);
  if ((zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || !hours || !minutes)
    return std::nullopt;
  text.remove_suffix(6);
  const std::int64_t offset = (static_cast<std::int64_t>(*hours) * 60 + *minutes) * 60'000;
  return zone[0] == '+' ? offset : -offset;
}

// ".456" at the end, cut off, as milliseconds.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return 0;
  const std::string_view digits = text.substr(dot + 1);
  if (digits.size() > kMillisDigitsMax || !all_digits(digits)) return std::nullopt;
  text = text.substr(0, dot);
  std::int64_t millis = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    millis = millis * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  }
  return millis;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  if (text.size() > kNumberCharsMax) return std::nullopt;
  std::string_view digits = text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  const std::size_t dot = digits.find('.');
  if (!all_digits(digits.substr(0, dot))) return std::nullopt;
  if (dot != std::string_view::npos && !all_digits(digits.substr(dot + 1))) return std::nullopt;
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<Instant> parse_time(std::string_view text) {
  const auto offset = take_zone(text);
  if (!offset) return std::nullopt;
  const auto millis = take_fraction(text);
  if (!millis) return std::nullopt;
  std::array<char, 20> whole{};  // as parse_utc wants it: with seconds and Z
  constexpr std::size_t kMinutes = 16;
  if (text.size() != kMinutes && text.size() != kMinutes + 3) return std::nullopt;
  std::ranges::copy(text, whole.begin());
  if (text.size() == kMinutes) std::ranges::copy(std::string_view(":00"), whole.begin() + kMinutes);
  whole.back() = 'Z';
  const auto instant = parse_utc({whole.data(), whole.size()});
  if (!instant) return std::nullopt;
  return Instant{instant->unix_ms + *millis - *offset};
}

std::optional<bool> parse_bool(std::string_view text) {
  if (equals_lower(text, "true")) return true;
  if (equals_lower(text, "false")) return false;
  return std::nullopt;
}

std::optional<Address> parse_address(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (text.size() >= buffer.size() || text.contains('\0')) return std::nullopt;
  std::ranges::copy(text, buffer.begin());
  Address address{};
  if (text.contains(':')) {
    if (inet_pton(AF_INET6, buffer.data(), address.data()) != 1) return std::nullopt;
    return address;
  }
  address[10] = address[11] = 0xFF;
  if (inet_pton(AF_INET, buffer.data(), address.data() + 12) != 1) return std::nullopt;
  return address;
}

namespace {

bool is_v4(const Address& address) {
  constexpr std::array<std::uint8_t, kMappedBits / 8> kHead{0, 0, 0, 0, 0,    0,
                                                            0, 0, 0, 0, 0xFF, 0xFF};
  return std::equal(kHead.begin(), kHead.end(), address.begin());
}

}  // namespace

bool Network::holds(const Address& other) const {
  // "::/0" is all of IPv6: it must not open to IPv4 what another network of the list confines.
  if (bits < kMappedBits && is_v4(other)) return false;
  const std::size_t bytes = bits / 8;
  if (!std::equal(address.begin(), address.begin() + bytes, other.begin())) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const unsigned differs = address[bytes] ^ other[bytes];
  return differs >> (8 - rest) == 0;
}

Address Network::first() const {
  Address out = address;
  for (unsigned bit = bits; bit < 128; ++bit) {
    out[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
  }
  return out;
}

std::optional<Address> Network::after() const {
  Address out = first();
  for (unsigned bit = bits; bit < 128; ++bit) {
    out[bit / 8] |= static_cast<std::uint8_t>(0x80U >> (bit % 8));
  }
  for (std::size_t i = out.size(); i-- > 0;) {
    if (++out[i] != 0) return out;
  }
  return std::nullopt;
}

std::string format_address(const Address& address) {
  const bool v4 = is_v4(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(v4 ? AF_INET : AF_INET6, address.data() + (v4 ? 12 : 0), text.data(), text.size());
  return text.data();
}

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return Network{*address, 128};
  const bool v4 = !text.contains(':');
  const auto bits = small_number(text.substr(slash + 1), v4 ? 32 : 128);
  if (!bits) return std::nullopt;
  return Network{*address, v4 ? *bits + kMappedBits : *bits};
}

bool is_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const bool padded =
      slash != std::string_view::npos && text.size() > slash + 2 && text[slash + 1] == '0';
  return !padded && parse_network(text).has_value();
}

}  // namespace strongroom::policy
