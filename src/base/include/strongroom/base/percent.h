#pragma once
// Percent-encoding as RFC 3986 §2.1–2.3 has it, which signatures are computed over: letters, digits
// and -._~ stay, every other byte becomes %XX in capitals. Pure functions; any thread.

#include <array>
#include <cstddef>

namespace strongroom {

namespace percent_detail {

constexpr std::array<bool, 256> make_unreserved() {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c) {
    table[static_cast<std::size_t>(c)] = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                                         (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                                         c == '.' || c == '~';
  }
  return table;
}
inline constexpr std::array<bool, 256> kUnreserved = make_unreserved();

}  // namespace percent_detail

inline constexpr char kHexUpper[] = "0123456789ABCDEF";

/// True for a byte that stands for itself.
constexpr bool is_unreserved(unsigned char byte) {
  return percent_detail::kUnreserved[byte];
}

/// Writes `bytes` encoded to `out`, which has room for three times as many, and returns what
/// follows. The bytes may be a secret: nothing of them is kept.
template <class Byte, class Bytes>
Byte* percent_encode_to(Byte* out, const Bytes& bytes) {
  for (const auto c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(byte)) {
      *out++ = static_cast<Byte>(byte);
    } else {
      *out++ = static_cast<Byte>('%');
      *out++ = static_cast<Byte>(kHexUpper[byte >> 4]);
      *out++ = static_cast<Byte>(kHexUpper[byte & 15]);
    }
  }
  return out;
}

}  // namespace strongroom
