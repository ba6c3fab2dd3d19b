#pragma once
// Appends XML 1.0 to a string: answers and errors. Nesting is the caller's to balance. One thread.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace strongroom::wire_openapi {

inline constexpr std::string_view kXmlDeclaration = "<?xml version='1.0' encoding='UTF-8'?>";

class XmlWriter {
 public:
  explicit XmlWriter(std::string& out) : out_(out) {}

  /// `name` must outlive the element: a literal, or a view into the request. At most kDepthMax are
  /// open at once.
  void begin(std::string_view name);
  void end();

  void element(std::string_view name, std::string_view text);
  void element(std::string_view name, const char* text) { element(name, std::string_view(text)); }
  void element(std::string_view name, std::int64_t value);
  void element(std::string_view name, bool value);
  /// As element(), but a character that XML 1.0 cannot hold goes out as a reference (&#1;), so that
  /// a reader either restores the value or fails: a secret is never silently altered.
  void exact_element(std::string_view name, std::string_view text);

 private:
  static constexpr std::size_t kDepthMax = 16;
  void open(std::string_view name);
  void close(std::string_view name);

  std::string& out_;
  std::array<std::string_view, kDepthMax> names_;
  std::size_t depth_ = 0;
};

/// Appends `text` as character data: & < > " ' and CR become references, control characters and
/// bytes that are not UTF-8 become U+FFFD.
void append_xml_text(std::string& out, std::string_view text);

}  // namespace strongroom::wire_openapi
