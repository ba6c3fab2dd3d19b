#include "head_scan.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>
#include <cstdint>
#include <cstring>

#include "refusals.h"
#include "strongroom/base/limits.h"

namespace strongroom::http {
namespace {

constexpr std::uint64_t repeat(std::uint8_t byte) {
  return 0x0101010101010101ULL * byte;
}

// Non-zero if one of the eight bytes is below 0x20 or is 0x7F (exact enough: never misses one; a
// false alarm only costs the byte loop).
std::uint64_t has_control(std::uint64_t word) {
  const std::uint64_t below = (word - repeat(0x20)) & ~word;
  const std::uint64_t del = word ^ repeat(0x7F);
  return (below | ((del - repeat(0x01)) & ~del)) & repeat(0x80);
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

// Over whole blocks of 16 without any control character, HTAB included.
std::size_t skip_ordinary(std::string_view bytes, std::size_t from) {
#ifdef __SSE2__
  const __m128i last_control = _mm_set1_epi8(0x1F);
  const __m128i del = _mm_set1_epi8(0x7F);
  for (; from + 16 <= bytes.size(); from += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + from));
    const __m128i control = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(block, last_control), block),
                                         _mm_cmpeq_epi8(block, del));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(control));
    if (mask != 0) return from + static_cast<std::size_t>(std::countr_zero(mask));
  }
#endif
  return from;
}

// The first control character at or after `from`, or the size. HTAB counts as ordinary.
std::size_t next_control(std::string_view bytes, std::size_t from) {
  while (true) {
    from = skip_ordinary(bytes, from);
    for (std::uint64_t word; from + sizeof word <= bytes.size(); from += sizeof word) {
      std::memcpy(&word, bytes.data() + from, sizeof word);
      if (has_control(word) != 0) break;
    }
    const std::size_t stop = from + sizeof(std::uint64_t);
    for (; from < bytes.size() && from < stop; ++from) {
      if (is_control(bytes[from]) && bytes[from] != '\t') return from;
    }
    if (from >= bytes.size()) return bytes.size();
  }
}

const Refusal* refuse_control(std::string_view bytes, std::size_t at) {
  if (at == 0 && bytes[0] == 0x16) return &refusals::kTlsOnPlainPort;
  return bytes[at] == '\n' ? &refusals::kBareLineBreak : &refusals::kControlByte;
}

}  // namespace

bool HeadScan::run(std::string_view bytes, const Refusal*& refusal) {
  refusal = nullptr;
  while (true) {
    if (position == line_begin && lines > 0 && position < bytes.size() &&
        (bytes[position] == ' ' || bytes[position] == '\t')) {
      refusal = &refusals::kFoldedLine;
      return false;
    }
    position = next_control(bytes, position);
    if (position >= limits::kHeadBytesMax) {
      refusal = lines == 0 ? &refusals::kLineTooLong : &refusals::kHeadTooLarge;
      return false;
    }
    if (position == bytes.size()) return false;
    if (bytes[position] != '\r') {
      refusal = refuse_control(bytes, position);
      return false;
    }
    if (position + 1 == bytes.size()) return false;
    if (bytes[position + 1] != '\n') {
      refusal = &refusals::kBareLineBreak;
      return false;
    }
    const bool empty_line = position == line_begin;
    if (empty_line && lines == 0) {
      refusal = &refusals::kEmptyFirstLine;
      return false;
    }
    position += 2;
    line_begin = position;
    ++lines;
    if (empty_line) return true;
  }
}

}  // namespace strongroom::http
