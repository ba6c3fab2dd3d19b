#include "strongroom/base/bytes.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "hex.h"
#include "strongroom/base/percent.h"

namespace strongroom {
namespace {

constexpr char kHexLower[] = "0123456789abcdef";
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_base64_table() {
  std::array<std::int8_t, 256> table{};
  for (auto& entry : table) entry = -1;
  for (int i = 0; i < 64; ++i)
    table[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
  return table;
}
constexpr auto kBase64Values = make_base64_table();

// Length of the UTF-8 sequence at the front of `text`, or 0 if malformed (Unicode 15, table 3-7).
std::size_t utf8_sequence(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continuation = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && at(i) >= low && at(i) <= high;
  };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continuation(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return continuation(1, low, high) && continuation(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return continuation(1, low, high) && continuation(2) && continuation(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string hex_encode(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out.push_back(kHexLower[byte >> 4]);
    out.push_back(kHexLower[byte & 15]);
  }
  return out;
}

std::optional<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out(text.size() / 2, '\0');
  char* to = out.data();
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    *to++ = static_cast<char>(high << 4 | low);
  }
  return out;
}

std::string base64_encode(ByteView bytes) {
  std::string out((bytes.size() + 2) / 3 * 4, '=');
  char* to = out.data();
  const std::uint8_t* from = bytes.data();
  const std::size_t rest = bytes.size() % 3;
  for (const std::uint8_t* const end = from + (bytes.size() - rest); from != end; from += 3) {
    const unsigned group = unsigned{from[0]} << 16 | unsigned{from[1]} << 8 | from[2];
    for (int shift = 18; shift >= 0; shift -= 6) *to++ = kBase64[group >> shift & 63];
  }
  if (rest == 0) return out;
  const unsigned group = unsigned{from[0]} << 16 | (rest == 2 ? unsigned{from[1]} << 8 : 0U);
  *to++ = kBase64[group >> 18 & 63];
  *to++ = kBase64[group >> 12 & 63];
  if (rest == 2) *to = kBase64[group >> 6 & 63];
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  if (!text.empty() && text.back() == '=') padding = text[text.size() - 2] == '=' ? 2 : 1;
  std::string out(text.size() / 4 * 3 - padding, '\0');
  std::uint32_t all = 0;  // the highest bit is set once a character has no value
  const auto group_of = [&all](const char* four) {
    const auto value = [four](int i) {
      return static_cast<std::uint32_t>(kBase64Values[static_cast<unsigned char>(four[i])]);
    };
    all |= value(0) | value(1) | value(2) | value(3);
    return value(0) << 18 | value(1) << 12 | value(2) << 6 | value(3);
  };
  char* to = out.data();
  const char* from = text.data();
  const std::size_t whole = text.size() / 4 - (padding == 0 ? 0 : 1);
  for (const char* const end = from + 4 * whole; from != end; from += 4) {
    const std::uint32_t group = group_of(from);
    *to++ = static_cast<char>(group >> 16 & 255);
    *to++ = static_cast<char>(group >> 8 & 255);
    *to++ = static_cast<char>(group & 255);
  }
  if (padding != 0) {
    const char last[] = {from[0], from[1], padding == 1 ? from[2] : 'A', 'A'};  // 'A' is zero
    const std::uint32_t group = group_of(last);
    if ((group & (padding == 1 ? 0xFFU : 0xFFFFU)) != 0) return std::nullopt;  // bits of no byte
    *to++ = static_cast<char>(group >> 16 & 255);
    if (padding == 1) *to = static_cast<char>(group >> 8 & 255);
  }
  if (all >> 31 != 0) return std::nullopt;
  return out;
}

void percent_encode_to(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  out.resize(before + 3 * text.size());
  const char* const end = percent_encode_to(out.data() + before, text);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

std::string percent_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  percent_encode_to(out, text);
  return out;
}

namespace {

// One append of all bytes: these are on the read path, in every AAD.
template <class Integer>
void append_big_endian(std::string& out, Integer value) {
  char bytes[sizeof value];
  for (std::size_t i = 0; i < sizeof value; ++i) {
    bytes[i] = static_cast<char>(value >> (8 * (sizeof value - 1 - i)));
  }
  out.append(bytes, sizeof value);
}

}  // namespace

void append_u16(std::string& out, std::uint16_t value) {
  append_big_endian(out, value);
}
void append_u32(std::string& out, std::uint32_t value) {
  append_big_endian(out, value);
}
void append_u64(std::string& out, std::uint64_t value) {
  append_big_endian(out, value);
}

std::uint16_t load_u16(const char* bytes) {
  const auto* p = reinterpret_cast<const unsigned char*>(bytes);
  return static_cast<std::uint16_t>(p[0] << 8 | p[1]);
}

std::uint32_t load_u32(const char* bytes) {
  return static_cast<std::uint32_t>(load_u16(bytes)) << 16 | load_u16(bytes + 2);
}

std::uint64_t load_u64(const char* bytes) {
  return static_cast<std::uint64_t>(load_u32(bytes)) << 32 | load_u32(bytes + 4);
}

bool is_utf8(std::string_view text) {
  constexpr std::uint64_t kNotAscii = 0x8080808080808080U;
  while (!text.empty()) {
    std::uint64_t word = kNotAscii;
    if (text.size() >= sizeof word) std::memcpy(&word, text.data(), sizeof word);
    if ((word & kNotAscii) == 0) {
      text.remove_prefix(sizeof word);
      continue;
    }
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(
      utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace strongroom
