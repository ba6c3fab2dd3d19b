#pragma once
// Taking a text apart into lines that each end with a newline.

#include <optional>
#include <string_view>

namespace strongroom::audit_format {

/// The next line without its newline, taken off `text`; nothing at the end or if the last line is
/// not ended.
inline std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace strongroom::audit_format
