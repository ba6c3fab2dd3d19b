#pragma once
// The text at the front of an age file: version, stanzas, MAC. Parser and writer; pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/result.h"

namespace strongroom::age {

/// One way to the file key. Views into the file.
struct Stanza {
  std::string_view type;
  std::vector<std::string_view> arguments;  // without the type
  std::string body;
};

struct Header {
  std::vector<Stanza> stanzas;
  std::string_view authenticated;  // what the MAC is over
  std::string mac;                 // 32 bytes
  std::string_view payload;        // all that follows
};

/// kCorrupt if malformed, kInvalidInput for another version of the format.
Result<Header> parse_header(std::string_view file);

/// Base64 without padding, in its one spelling.
std::string encode_text(std::string_view bytes);
std::optional<std::string> decode_text(std::string_view text);

/// The version line; then append_stanza() for each; then kMacMark, whose end the MAC is over.
inline constexpr std::string_view kVersionLine = "age-encryption.org/v1\n";
inline constexpr std::string_view kMacMark = "---";
/// A body of at most 47 bytes: one line.
void append_stanza(std::string& out, std::string_view type, std::string_view argument,
                   std::string_view body);

}  // namespace strongroom::age
