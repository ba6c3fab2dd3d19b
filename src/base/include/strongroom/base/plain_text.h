#pragma once
// Text that stands for itself in a JSON string (RFC 8259 §7): printable ASCII without quote and
// backslash, which nearly all of what answers and audit records hold is. Copying it and finding out
// are one pass over the bytes. Pure functions; any thread.

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace strongroom {

/// Bit 7 of each byte of the result is set if that byte of `chunk` does not stand for itself. Bytes
/// above such a one may be marked as well, which does not matter to who only asks for any.
constexpr std::uint64_t not_plain_bytes(std::uint64_t chunk) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = 0x80 * kOnes;
  const std::uint64_t quote = chunk ^ ('"' * kOnes);
  const std::uint64_t backslash = chunk ^ ('\\' * kOnes);
  return (chunk | ((chunk - 0x20 * kOnes) & ~chunk) | ((quote - kOnes) & ~quote) |
          ((backslash - kOnes) & ~backslash)) &
         kHighBits;
}

#ifdef __SSE2__
/// The bytes of a block that do not stand for themselves, 0xFF each. Seen as signed, control
/// characters and bytes that are not ASCII are both less than a blank.
inline __m128i not_plain_bytes(__m128i block) {
  return _mm_or_si128(_mm_cmplt_epi8(block, _mm_set1_epi8(0x20)),
                      _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')),
                                   _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'))));
}
#endif

namespace plain_text_detail {

/// Fewer than 8 bytes.
inline std::uint64_t copy_few(char* to, std::string_view text) {
  std::uint64_t chunk = 0x2020202020202020;
  std::memcpy(&chunk, text.data(), text.size());
  std::memcpy(to, text.data(), text.size());
  return not_plain_bytes(chunk);
}

inline std::uint64_t copy_eight(char* to, const char* from) {
  std::uint64_t chunk = 0;
  std::memcpy(&chunk, from, sizeof chunk);
  std::memcpy(to, &chunk, sizeof chunk);
  return not_plain_bytes(chunk);
}

#ifdef __SSE2__
inline __m128i copy_sixteen(char* to, const char* from) {
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), block);
  return not_plain_bytes(block);
}
#endif

}  // namespace plain_text_detail

/// Copies `text` to `to`, which has room for it and does not overlap it. True if all of it stands
/// for itself; else what was copied is not yet JSON.
inline bool copy_plain(char* to, std::string_view text) {
  namespace detail = plain_text_detail;
  const std::size_t size = text.size();
  const char* const from = text.data();
  if (size == 0) return true;  // its data may be null, which memcpy must not get
  if (size < 8) return detail::copy_few(to, text) == 0;
#ifdef __SSE2__
  if (size >= 16) {
    __m128i bad = detail::copy_sixteen(to + size - 16, from + size - 16);
    for (std::size_t at = 0; at + 16 < size; at += 16) {
      bad = _mm_or_si128(bad, detail::copy_sixteen(to + at, from + at));
    }
    return _mm_movemask_epi8(bad) == 0;
  }
#endif
  std::uint64_t bad = detail::copy_eight(to + size - 8, from + size - 8);
  for (std::size_t at = 0; at + 8 < size; at += 8) bad |= detail::copy_eight(to + at, from + at);
  return bad == 0;
}

}  // namespace strongroom
