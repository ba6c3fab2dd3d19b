#include "fields.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/percent.h"

namespace strongroom::wire_openapi {
namespace {

constexpr std::array<std::int8_t, 256> make_hex_values() {
  std::array<std::int8_t, 256> table{};
  for (auto& value : table) value = -1;
  constexpr std::string_view kLower = "0123456789abcdef";
  for (std::size_t i = 0; i < 16; ++i) {
    table[static_cast<unsigned char>(kLower[i])] = static_cast<std::int8_t>(i);
    table[static_cast<unsigned char>(kHexUpper[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}
constexpr auto kHexValues = make_hex_values();

bool is_special(char c) {
  return c == '&' || c == '=' || c == '%' || c == '+' || static_cast<unsigned char>(c) >= 0x80;
}

// Position of the next byte that splits or needs decoding, or the end.
std::size_t find_special(std::string_view text, std::size_t at) {
#ifdef __SSE2__
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(chunk, _mm_set1_epi8('&')),
                               _mm_cmpeq_epi8(chunk, _mm_set1_epi8('=')));
    hit = _mm_or_si128(hit, _mm_cmpeq_epi8(chunk, _mm_set1_epi8('%')));
    hit = _mm_or_si128(hit, _mm_cmpeq_epi8(chunk, _mm_set1_epi8('+')));
    hit = _mm_or_si128(hit, chunk);  // the top bit: not ASCII
    const unsigned mask = static_cast<unsigned>(_mm_movemask_epi8(hit));
    if (mask != 0) return at + static_cast<std::size_t>(std::countr_zero(mask));
  }
#endif
  while (at < text.size() && !is_special(text[at])) ++at;
  return at;
}

enum Trait : unsigned { kEncoded = 1, kNotAscii = 2 };

// Nothing if an escape is cut short or is not hexadecimal.
std::optional<std::string_view> decode_piece(std::string_view text, Arena& arena) {
  char* const begin = arena.allocate(text.size());
  char* out = begin;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view plain = text.substr(i, find_special(text, i) - i);
    std::memcpy(out, plain.data(), plain.size());
    out += plain.size();
    i += plain.size();
    if (i == text.size()) break;
    if (text[i] == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = kHexValues[static_cast<unsigned char>(text[i + 1])];
      const int low = kHexValues[static_cast<unsigned char>(text[i + 2])];
      if (high < 0 || low < 0) return std::nullopt;
      *out++ = static_cast<char>(high << 4 | low);
      i += 3;
    } else {
      *out++ = text[i] == '+' ? ' ' : text[i];
      ++i;
    }
  }
  const auto size = static_cast<std::size_t>(out - begin);
  arena.shrink_last(begin, size);
  return std::string_view(begin, size);
}

std::optional<std::string_view> decoded(std::string_view text, unsigned traits, Arena& arena) {
  if (traits == 0) return text;
  std::optional<std::string_view> result = text;
  if (traits & kEncoded) result = decode_piece(text, arena);
  if (result && !is_utf8(*result)) return std::nullopt;
  return result;
}

bool is_api_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return is_unreserved(static_cast<unsigned char>(c));
  });
}

}  // namespace

std::unexpected<Error> invalid_field(std::string_view name, std::string_view hint) {
  std::string message = "The specified parameter ";
  if (is_api_name(name)) message.append("\"").append(name).append("\" ");
  message.append("is not valid. ").append(hint);
  return fail(ErrorKind::kInvalidInput, "InvalidParameter", std::move(message));
}

std::size_t count_fields(std::string_view text) {
  if (text.empty()) return 0;
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '&')) + 1;
}

Result<std::size_t> split_fields(std::string_view text, Arena& arena, std::span<NameValue> out) {
  std::size_t count = 0;
  std::size_t start = 0;
  while (start < text.size()) {
    std::size_t equals = std::string_view::npos;
    unsigned name_traits = 0;
    unsigned value_traits = 0;
    std::size_t at = find_special(text, start);
    for (; at < text.size() && text[at] != '&'; at = find_special(text, at + 1)) {
      if (text[at] == '=') {
        if (equals == std::string_view::npos) equals = at;
        continue;
      }
      const unsigned trait = text[at] == '%' || text[at] == '+' ? kEncoded : kNotAscii;
      (equals == std::string_view::npos ? name_traits : value_traits) |= trait;
    }
    if (at > start) {
      const bool has_value = equals != std::string_view::npos;
      const auto name =
          decoded(text.substr(start, (has_value ? equals : at) - start), name_traits, arena);
      if (!name) return invalid_field("", "A parameter name is not percent-encoded UTF-8.");
      const auto value =
          has_value ? decoded(text.substr(equals + 1, at - equals - 1), value_traits, arena)
                    : std::string_view();
      if (!value) return invalid_field(*name, "Its value is not percent-encoded UTF-8.");
      out[count++] = {*name, *value};
    }
    start = at + 1;
  }
  return count;
}

Result<std::size_t> sort_unique(std::span<NameValue> fields) {
  constexpr std::size_t kInsertionSortMax = 32;
  const auto by_name = [](const NameValue& a, const NameValue& b) { return a.name < b.name; };
  if (fields.size() <= kInsertionSortMax) {
    for (std::size_t i = 1; i < fields.size(); ++i) {
      const NameValue moving = fields[i];
      std::size_t hole = i;
      for (; hole > 0 && by_name(moving, fields[hole - 1]); --hole) fields[hole] = fields[hole - 1];
      fields[hole] = moving;
    }
  } else {
    std::sort(fields.begin(), fields.end(), by_name);
  }

  std::size_t kept = 0;
  for (const NameValue& field : fields) {
    if (kept == 0 || fields[kept - 1].name != field.name) {
      fields[kept++] = field;
    } else if (fields[kept - 1].value != field.value) {
      return invalid_field(field.name, "It is given twice with different values; send it once.");
    }
  }
  return kept;
}

char* encode_twice_to(char* out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(byte)) {
      *out++ = c;
    } else {
      std::memcpy(out, "%25", 3);
      out[3] = kHexUpper[byte >> 4];
      out[4] = kHexUpper[byte & 15];
      out += 5;
    }
  }
  return out;
}

}  // namespace strongroom::wire_openapi
