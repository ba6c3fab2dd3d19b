#pragma once
// The server's own log: one JSON object a line on standard error. It cannot format a secret: a
// field is text, a number or a flag that the caller names one by one; there is no way to hand it a
// request, a record or SecretBytes. Thread-safe.

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace strongroom::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, bool> value;
};

/// Lines below `level` are dropped. Default kInfo.
void set_level(Level level);

/// `event` is a stable lower_snake_case name people can search for; `fields` say which object and
/// how many.
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kInfo, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kWarn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kError, event, fields);
}

}  // namespace strongroom::log
