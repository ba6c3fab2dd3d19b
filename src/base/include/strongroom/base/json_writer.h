#pragma once
// Appends JSON (RFC 8259) to a string. Commas are placed by the writer; nesting is the caller's to
// balance.
//
// Raw UTF-8 goes out unescaped and < > & stay as they are: an old official client hands "\u003c" to
// its caller as literal text (openapi.md §1.3). Bytes that are not UTF-8 become U+FFFD, so the
// answer is always valid JSON. One thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace strongroom {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object();                       // as an array element or the whole text
  void begin_object(std::string_view name);  // as a member
  void end_object();
  void begin_array();
  void begin_array(std::string_view name);
  void end_array();

  void member(std::string_view name, std::string_view value);
  void member(std::string_view name, const char* value) { member(name, std::string_view(value)); }
  void member(std::string_view name, std::int64_t value);
  void member(std::string_view name, bool value);
  /// `json` is inserted as it is: it must be a valid value.
  void member_raw(std::string_view name, std::string_view json);
  void element(std::string_view value);
  void element(std::int64_t value);

 private:
  void separate();
  void name(std::string_view name);

  std::string& out_;
  bool need_comma_ = false;
};

/// Appends `text` as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace strongroom
