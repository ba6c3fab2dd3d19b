#include "strongroom/base/ids.h"

#include <cstring>

#include "hex.h"

namespace strongroom {
namespace {

constexpr std::uint64_t kAccountFirst = 1'000'000'000'000'000;
constexpr std::uint64_t kAccountCount = 9'000'000'000'000'000;

}  // namespace

Uuid Uuid::generate(Random& random) {
  Uuid id;
  random.fill(id.bytes_);
  id.bytes_[6] = static_cast<std::uint8_t>((id.bytes_[6] & 0x0F) | 0x40);
  id.bytes_[8] = static_cast<std::uint8_t>((id.bytes_[8] & 0x3F) | 0x80);
  return id;
}

Uuid Uuid::from_bytes(std::string_view bytes) {
  Uuid id;
  if (bytes.size() == id.bytes_.size()) std::memcpy(id.bytes_.data(), bytes.data(), bytes.size());
  return id;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
    return std::nullopt;
  Uuid id;
  const char* at = text.data();
  for (std::uint8_t& byte : id.bytes_) {
    if (*at == '-') ++at;
    const int high = hex_value(at[0]);
    const int low = hex_value(at[1]);
    if (high < 0 || low < 0) return std::nullopt;
    byte = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return id;
}

std::string Uuid::lower() const {
  return format("0123456789abcdef");
}
std::string Uuid::upper() const {
  return format("0123456789ABCDEF");
}

std::string Uuid::format(const char* digits) const {
  char text[36];
  char* to = text;
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    *to++ = digits[bytes_[i] >> 4];
    *to++ = digits[bytes_[i] & 15];
  }
  return {text, sizeof text};
}

AccountId AccountId::generate(Random& random) {
  std::uint8_t bytes[8];
  random.fill(bytes);
  std::uint64_t number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return AccountId(kAccountFirst + number % kAccountCount);
}

std::optional<AccountId> AccountId::parse(std::string_view text) {
  if (text.size() != 16 || text[0] == '0') return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return AccountId(number);
}

}  // namespace strongroom
