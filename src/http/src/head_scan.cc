#include "head_scan.h"

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

// The first control character at or after `from`, or the size. HTAB counts as ordinary.
std::size_t next_control(std::string_view bytes, std::size_t from) {
  while (true) {
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
