#include "header.h"

#include <algorithm>

#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"

namespace strongroom::age {
namespace {

constexpr std::string_view kStanzaMark = "-> ";
constexpr std::size_t kLineChars = 64;
constexpr std::size_t kStanzasMax = 64;
constexpr std::size_t kBodyCharsMax = 4096;
constexpr std::size_t kMacBytes = 32;

std::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorKind::kCorrupt, "Age.Malformed",
              "this is no whole age file (" + std::string(what) + ")");
}

/// The line at the front, without its end, taken off `rest`. Nothing if it has no end.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

/// The words of a stanza's first line; empty if it is malformed.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t blank = line.find(' ');
    const std::string_view word = line.substr(0, blank);
    const bool visible = std::ranges::all_of(word, [](char c) { return c > ' ' && c < 0x7f; });
    if (word.empty() || !visible) return {};
    words.push_back(word);
    if (blank == std::string_view::npos) return words;
    line.remove_prefix(blank + 1);
  }
}

Result<Stanza> take_stanza(std::string_view& rest) {
  const auto first = take_line(rest);
  if (!first) return malformed("a stanza");
  std::vector<std::string_view> words = words_of(first->substr(kStanzaMark.size()));
  if (words.empty()) return malformed("a stanza's first line");
  Stanza stanza{.type = words.front(), .arguments = {words.begin() + 1, words.end()}, .body = {}};
  std::string text;
  while (true) {
    const auto line = take_line(rest);
    if (!line || line->size() > kLineChars || text.size() > kBodyCharsMax)
      return malformed("a stanza's body");
    text.append(*line);
    if (line->size() < kLineChars) break;
  }
  auto body = decode_text(text);
  if (!body) return malformed("a stanza's body");
  stanza.body = std::move(*body);
  return stanza;
}

}  // namespace

std::string encode_text(std::string_view bytes) {
  std::string text = base64_encode(as_bytes(bytes));
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::optional<std::string> decode_text(std::string_view text) {
  constexpr std::size_t kGroup = 4;
  if (text.find('=') != std::string_view::npos || text.size() % kGroup == 1) return std::nullopt;
  std::string padded(text);
  while (padded.size() % kGroup != 0) padded.push_back('=');
  auto bytes = base64_decode(padded);
  if (!bytes || encode_text(*bytes) != text) return std::nullopt;
  return bytes;
}

Result<Header> parse_header(std::string_view file) {
  if (!file.starts_with(kVersionLine)) {
    if (!file.starts_with("age-encryption.org/")) return malformed("its first line");
    return fail(ErrorKind::kInvalidInput, "Age.OtherVersion",
                "the age file has another version of the format");
  }
  Header header;
  std::string_view rest = file.substr(kVersionLine.size());
  while (rest.starts_with(kStanzaMark)) {
    if (header.stanzas.size() == kStanzasMax) return malformed("too many stanzas");
    SR_TRY(Stanza stanza, take_stanza(rest));
    header.stanzas.push_back(std::move(stanza));
  }
  const std::size_t mark = file.size() - rest.size();
  const auto line = take_line(rest);
  if (header.stanzas.empty() || !line || !line->starts_with(std::string(kMacMark) + ' '))
    return malformed("its MAC");
  auto mac = decode_text(line->substr(kMacMark.size() + 1));
  if (!mac || mac->size() != kMacBytes) return malformed("its MAC");
  header.mac = std::move(*mac);
  header.authenticated = file.substr(0, mark + kMacMark.size());
  header.payload = rest;
  return header;
}

void append_stanza(std::string& out, std::string_view type, std::string_view argument,
                   std::string_view body) {
  const std::string text = encode_text(body);
  SR_CHECK(text.size() < kLineChars);
  out.append(kStanzaMark).append(type).append(" ").append(argument).append("\n");
  out.append(text).append("\n");
}

}  // namespace strongroom::age
