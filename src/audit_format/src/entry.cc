#include "strongroom/audit_format/entry.h"

#include <algorithm>

#include "strongroom/base/bytes.h"
#include "strongroom/base/json_writer.h"

namespace strongroom::audit_format {
namespace {

constexpr std::size_t kTimeAt = 9;  // {"time":"
constexpr std::size_t kTimeChars = 24;
constexpr std::size_t kArnParts = 5;  // acs:service:region:account:

/// Where the text that starts at `at` ends: the place of its closing quote; without one, no place
/// in `text`, but near its end.
std::size_t end_of_text(std::string_view text, std::size_t at) {
  const std::size_t quote = std::min(text.find('"', at), text.size());
  const std::size_t escape = text.substr(0, quote).find('\\', at);
  if (escape == std::string_view::npos) return quote;
  at = escape;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at;
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

/// The escape at the front of `rest`, behind its backslash; entries have no surrogate pairs, their
/// writer leaves such characters as they are.
void take_escape(std::string& out, std::string_view& rest) {
  constexpr std::string_view kLetters = "bfnrt";
  constexpr std::string_view kMeanings = "\b\f\n\r\t";
  const char letter = rest.front();
  rest.remove_prefix(1);
  if (letter == 'u' && rest.size() >= 4) {
    if (const auto bytes = hex_decode(rest.substr(0, 4))) append_utf8(out, load_u16(bytes->data()));
    rest.remove_prefix(4);
    return;
  }
  const std::size_t known = kLetters.find(letter);
  out += known == std::string_view::npos ? letter : kMeanings[known];
}

}  // namespace

FieldScanner::FieldScanner(std::string_view entry) {
  if (entry.size() > 2 && entry.front() == '{' && entry.back() == '}') {
    rest_ = entry.substr(1, entry.size() - 2);
  }
}

std::optional<Field> FieldScanner::next() {
  const auto stop = [this] {
    rest_ = {};
    return std::nullopt;
  };
  if (rest_.empty() || rest_.front() != '"') return stop();
  const std::size_t name_end = end_of_text(rest_, 1);
  if (name_end + 2 >= rest_.size() || rest_[name_end + 1] != ':') return stop();
  Field field{.name = rest_.substr(1, name_end - 1), .value = {}};
  rest_.remove_prefix(name_end + 2);
  std::size_t end = 0;
  if (rest_.front() == '"') {
    end = end_of_text(rest_, 1);
    if (end >= rest_.size()) return stop();
    field.value = rest_.substr(1, end - 1);
    ++end;
  } else {
    end = std::min(rest_.find(','), rest_.size());
    field.value = rest_.substr(0, end);
  }
  if (end < rest_.size() && rest_[end] != ',') return stop();
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  return field;
}

std::string_view raw_field(std::string_view entry, std::string_view name) {
  FieldScanner fields(entry);
  while (const auto field = fields.next()) {
    if (field->name == name) return field->value;
  }
  return {};
}

std::string field_text(std::string_view entry, std::string_view name) {
  return unescaped(raw_field(entry, name));
}

std::string escaped(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text);
  return quoted.substr(1, quoted.size() - 2);
}

std::string unescaped(std::string_view raw) {
  std::string out;
  while (!raw.empty()) {
    const char c = raw.front();
    raw.remove_prefix(1);
    if (c == '\\' && !raw.empty()) {
      take_escape(out, raw);
    } else {
      out += c;
    }
  }
  return out;
}

Instant entry_time(std::string_view entry) {
  if (entry.size() < kTimeAt + kTimeChars) return {};
  const std::string_view text = entry.substr(kTimeAt, kTimeChars);
  const auto seconds = parse_utc(std::string(text.substr(0, 19)) + 'Z');
  if (!seconds) return {};
  std::int64_t millis = 0;
  for (const char digit : text.substr(20, 3)) {
    if (digit < '0' || digit > '9') return {};
    millis = millis * 10 + (digit - '0');
  }
  return {seconds->unix_ms + millis};
}

std::string_view resource_id(std::string_view arn) {
  if (!arn.starts_with("acs:")) return arn;
  std::string_view rest = arn;
  for (std::size_t part = 0; part + 1 < kArnParts; ++part) {
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos) return arn;
    rest.remove_prefix(colon + 1);
  }
  const std::size_t slash = rest.find('/');
  return slash == std::string_view::npos ? rest : rest.substr(slash + 1);
}

}  // namespace strongroom::audit_format
