#include "usual_head.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "strongroom/base/limits.h"

namespace strongroom::http {
namespace {

constexpr std::string_view kVersionEnd = " HTTP/1.1\r\n";

// RFC 9110 §5.6.2 tchar.
constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c) {
    table[static_cast<std::size_t>(c)] =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr auto kToken = make_token_table();

constexpr std::uint64_t repeat(std::uint8_t byte) {
  return 0x0101010101010101ULL * byte;
}

std::uint64_t equals(std::uint64_t word, std::uint8_t byte) {
  const std::uint64_t other = word ^ repeat(byte);
  return (other - repeat(1)) & ~other;
}

// No '#', nothing outside ASCII, no tab: with what HeadScan refused and blanks that end the target,
// all characters that a target may have (RFC 3986 and those that browsers add).
bool is_usual_target(std::string_view target) {
  std::uint64_t bad = 0;
  std::size_t at = 0;
  for (std::uint64_t word; at + sizeof word <= target.size(); at += sizeof word) {
    std::memcpy(&word, target.data() + at, sizeof word);
    bad |= word | equals(word, '#') | equals(word, '\t');
  }
  bad &= repeat(0x80);
  for (; at < target.size(); ++at) {
    const auto c = static_cast<unsigned char>(target[at]);
    bad |= static_cast<std::uint64_t>(c >= 0x80 || c == '#' || c == '\t');
  }
  return bad == 0;
}

std::string_view until(const char* from, const char* end, char stop) {
  const auto* found =
      static_cast<const char*>(std::memchr(from, stop, static_cast<std::size_t>(end - from)));
  return found == nullptr ? std::string_view() : std::string_view(from, found);
}

std::string_view without_blanks(std::string_view value) {
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  return value;
}

bool is_number(std::string_view text) {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty();
}

// Fields that change how the message is framed or what the connection becomes, but for the two
// usual values of Connection.
bool is_ordinary(const NameValue& field, Head& head) {
  switch (field.name.size()) {
    case 7:
      return !equal_ignoring_case(field.name, "Upgrade");
    case 10:
      if (!equal_ignoring_case(field.name, "Connection")) return true;
      if (equal_ignoring_case(field.value, "close")) {
        head.keep_alive = false;
        return true;
      }
      return head.keep_alive && equal_ignoring_case(field.value, "keep-alive");
    case 14:
      return !equal_ignoring_case(field.name, "Content-Length") ||
             (is_number(field.value) && *(field.value.data() + field.value.size()) == '\r');
    case 16:
      return !equal_ignoring_case(field.name, "Proxy-Connection");
    case 17:
      return !equal_ignoring_case(field.name, "Transfer-Encoding");
    default:
      return true;
  }
}

// The field lines up to the empty one, which HeadScan has found.
bool parse_fields(const char* at, const char* end, Head& head) {
  while (*at != '\r') {
    if (head.fields.size() == limits::kHeaderFieldsMax) return false;
    const char* name_end = at;
    while (kToken[static_cast<unsigned char>(*name_end)]) ++name_end;
    if (*name_end != ':' || name_end == at) return false;
    const std::string_view value = until(name_end + 1, end, '\r');
    head.fields.push_back({{at, name_end}, without_blanks(value)});
    if (!is_ordinary(head.fields.back(), head)) return false;
    at = value.data() + value.size() + 2;
  }
  return at + 2 == end;
}

}  // namespace

bool parse_usual_head(std::string_view bytes, Head& head) {
  if (bytes.starts_with("GET /")) {
    head.method = bytes.substr(0, 3);
  } else if (bytes.starts_with("POST /")) {
    head.method = bytes.substr(0, 4);
  } else {
    return false;
  }
  const char* const end = bytes.data() + bytes.size();
  head.target = until(bytes.data() + head.method.size() + 1, end, ' ');
  const std::size_t target_end = head.method.size() + 1 + head.target.size();
  if (bytes.substr(target_end, kVersionEnd.size()) != kVersionEnd) return false;
  if (!is_usual_target(head.target)) return false;
  return parse_fields(bytes.data() + target_end + kVersionEnd.size(), end, head);
}

}  // namespace strongroom::http
