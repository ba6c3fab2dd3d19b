#pragma once
// Percent-encoding as RFC 3986 §2.1–2.3 has it, which signatures are computed over: letters, digits
// and -._~ stay, every other byte becomes %XX in capitals. Pure functions; any thread.

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <iterator>

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

#ifdef __SSE2__
/// Above `low` and below `high`, each byte for itself; bytes from 0x80 on are above nothing.
inline __m128i between(__m128i bytes, char low, char high) {
  return _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(low)),
                       _mm_cmplt_epi8(bytes, _mm_set1_epi8(high)));
}

/// How many of the 16 bytes at `from` stand for themselves before the first that does not.
inline std::size_t unreserved_run16(const void* from) {
  const __m128i bytes = _mm_loadu_si128(static_cast<const __m128i*>(from));
  const __m128i letter = between(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a' - 1, 'z' + 1);
  const __m128i digit = between(bytes, '0' - 1, '9' + 1);
  const __m128i mark = _mm_or_si128(
      _mm_or_si128(between(bytes, '-' - 1, '.' + 1), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_'))),
      _mm_cmpeq_epi8(bytes, _mm_set1_epi8('~')));
  const __m128i stays = _mm_or_si128(_mm_or_si128(letter, digit), mark);
  return static_cast<std::size_t>(std::countr_one(static_cast<unsigned>(_mm_movemask_epi8(stays))));
}
#endif

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
  const auto* from = std::data(bytes);
  const auto* const end = from + std::size(bytes);
  static_assert(sizeof *from == 1 && sizeof *out == 1);
  while (from != end) {
#ifdef __SSE2__
    if (end - from >= 16) {
      std::memcpy(out, from, 16);  // there is room for three times as many
      const std::size_t run = percent_detail::unreserved_run16(from);
      from += run;
      out += run;
      if (run == 16) continue;
    }
#endif
    const auto byte = static_cast<unsigned char>(*from++);
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
