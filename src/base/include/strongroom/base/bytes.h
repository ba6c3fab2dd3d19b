#pragma once
// Bytes that are not secret, and their text forms. Pure functions, thread-safe. Secret bytes live
// in secmem instead.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace strongroom {

using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_chars(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Lower-case hexadecimal.
std::string hex_encode(ByteView bytes);
/// Accepts either case; nothing if the length is odd or a character is no hex digit.
std::optional<std::string> hex_decode(std::string_view text);

/// RFC 4648 §4 with padding.
std::string base64_encode(ByteView bytes);
/// RFC 4648 §4, strict: padding required, no blanks, unused bits zero. Nothing if malformed.
std::optional<std::string> base64_decode(std::string_view text);

/// RFC 3986: everything but A-Z a-z 0-9 - _ . ~ as upper-case %XX; appended to `out`.
void percent_encode_to(std::string& out, std::string_view text);
std::string percent_encode(std::string_view text);

/// Big-endian integers at the end of `out`.
void append_u16(std::string& out, std::uint16_t value);
void append_u32(std::string& out, std::uint32_t value);
void append_u64(std::string& out, std::uint64_t value);
/// Big-endian integers from the first bytes of `bytes`, which must be long enough.
std::uint16_t load_u16(const char* bytes);
std::uint32_t load_u32(const char* bytes);
std::uint64_t load_u64(const char* bytes);

/// True if `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);
/// How many characters (code points) well-formed UTF-8 has.
std::size_t count_characters(std::string_view utf8);

}  // namespace strongroom
