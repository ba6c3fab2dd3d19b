#pragma once
// How answers are printed: a table for people, JSON, YAML, shell assignments or raw text for
// scripts.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strongroom/base/time.h"
#include "strongroom/client/json.h"

namespace strongroom::cli {

enum class Format : std::uint8_t { kTable, kJson, kYaml, kEnv, kRaw };

/// Nothing for an unknown name. "" is the table.
bool parse_format(std::string_view name, Format& format);

/// What stands in for a concealed value.
inline constexpr std::string_view kConcealed = "********";

// The texts are reserved for the largest value; whoever asks for one unmasked wipes it (Session).

/// YAML 1.2 of the value, strings always quoted the JSON way. A member called `concealed` is
/// masked.
std::string to_yaml(const client::Value& value, std::string_view concealed = {});
/// JSON of the value, members in their order. A member called `concealed` is masked.
std::string to_json(const client::Value& value, std::string_view concealed = {});
/// The text as a JSON string, which is one in Python, Java, Go and JavaScript, too.
std::string json_text(std::string_view text);
/// A JSON array of the texts.
std::string json_array(const std::vector<std::string>& texts);
/// NAME='value' for each text and number, names upper-case with _ between words; what lies in an
/// object goes by its name too: {"User":{"Email":"e"}} is USER_EMAIL='e'. Lists are left out.
std::string to_env(const client::Value& value, std::string_view concealed = {});

/// "in 9 days", "3 days ago", in hours within a day and in minutes within an hour; "-" if `when` is
/// no time (format_utc).
std::string distance(std::string_view when, Instant now);

/// "db/pass-1" becomes "DB_PASS_1".
std::string variable_name(std::string_view name);

/// The value's text as a string of its own.
std::string text(const client::Value& value);
/// The texts of a list, one after the other.
std::string joined(const client::Value& list, std::string_view separator = ", ");

/// Two columns, the first padded.
std::string pairs(const std::vector<std::pair<std::string, std::string>>& rows);
/// Columns padded to their widest cell; the first row is the heading.
std::string columns(const std::vector<std::vector<std::string>>& rows);
/// {"name":"value"} of "name=value"; nothing if one has no '='.
std::optional<std::string> pairs_json(const std::vector<std::string>& options);

}  // namespace strongroom::cli
