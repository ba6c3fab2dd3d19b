#include "output.h"

#include <algorithm>

#include "strongroom/base/json_writer.h"
#include "strongroom/base/shell_text.h"

namespace strongroom::cli {
namespace {

using client::Value;

/// Room for the largest value with every byte escaped, so that no copy is left behind by growing.
constexpr std::size_t kRoom = 256U << 10;

void append_scalar(std::string& out, const Value& value, bool conceal) {
  switch (value.type()) {
    case Value::Type::kString:
      append_json_string(out, conceal ? kConcealed : value.text());
      break;
    case Value::Type::kNumber:
      out += std::to_string(value.integer());
      break;
    case Value::Type::kBool:
      out += value.text();
      break;
    default:
      out += "null";
  }
}

bool is_container(const Value& value) {
  return value.type() == Value::Type::kObject || value.type() == Value::Type::kArray;
}

/// Answers nest a handful of levels (limits::kJsonDepthMax bounds what is parsed).
void json_into(std::string& out, const Value& value, std::string_view concealed, bool conceal) {
  if (value.type() == Value::Type::kObject) {
    out += '{';
    for (const auto& [name, member] : value.members()) {
      if (out.back() != '{') out += ',';
      append_json_string(out, name);
      out += ':';
      json_into(out, member, concealed, !concealed.empty() && name == concealed);
    }
    out += '}';
  } else if (value.type() == Value::Type::kArray) {
    out += '[';
    for (const auto& item : value.items()) {
      if (out.back() != '[') out += ',';
      json_into(out, item, concealed, false);
    }
    out += ']';
  } else {
    append_scalar(out, value, conceal);
  }
}

void yaml_into(std::string& out, const Value& value, std::string_view concealed, std::size_t indent,
               bool first_inline) {
  const std::string pad(indent, ' ');
  bool inline_now = first_inline;
  const auto lead = [&] {
    if (!inline_now) out += pad;
    inline_now = false;
  };
  for (const auto& [name, member] : value.members()) {
    lead();
    out.append(name).append(":");
    if (is_container(member) && (!member.members().empty() || !member.items().empty())) {
      out += '\n';
      yaml_into(out, member, concealed, indent + 2, false);
    } else if (is_container(member)) {
      out += member.type() == Value::Type::kObject ? " {}\n" : " []\n";
    } else {
      out += ' ';
      append_scalar(out, member, !concealed.empty() && name == concealed);
      out += '\n';
    }
  }
  for (const auto& item : value.items()) {
    lead();
    out += "- ";
    if (is_container(item)) {
      yaml_into(out, item, concealed, indent + 2, true);
    } else {
      append_scalar(out, item, false);
      out += '\n';
    }
  }
}

/// "AccessKeySecret" becomes "ACCESS_KEY_SECRET".
std::string variable_of(std::string_view member) {
  std::string words;
  for (std::size_t i = 0; i < member.size(); ++i) {
    const bool upper = member[i] >= 'A' && member[i] <= 'Z';
    if (upper && i > 0 && member[i - 1] >= 'a' && member[i - 1] <= 'z') words += '_';
    words += member[i];
  }
  return variable_name(words);
}

/// An object's members go by its name and theirs ("User": {"Email"} is USER_EMAIL), unless theirs
/// begins so already ("User": {"UserId"} is USER_ID). Lists have no place in a shell variable.
void env_into(std::string& out, const Value& value, std::string_view prefix,
              std::string_view concealed) {
  for (const auto& [name, member] : value.members()) {
    std::string full(name);
    if (!prefix.empty() && !name.starts_with(prefix)) full.insert(0, prefix);
    if (member.type() == Value::Type::kObject) env_into(out, member, full, concealed);
    if (is_container(member)) continue;
    out += variable_of(full);
    out += '=';
    if (member.type() == Value::Type::kNumber) {
      out += std::to_string(member.integer());
    } else {
      append_shell_quoted(out,
                          !concealed.empty() && name == concealed ? kConcealed : member.text());
    }
    out += '\n';
  }
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

bool parse_format(std::string_view name, Format& format) {
  constexpr std::pair<std::string_view, Format> kNames[] = {{"", Format::kTable},
                                                            {"json", Format::kJson},
                                                            {"yaml", Format::kYaml},
                                                            {"env", Format::kEnv},
                                                            {"raw", Format::kRaw}};
  for (const auto& [known, value] : kNames) {
    if (known == name) {
      format = value;
      return true;
    }
  }
  return false;
}

std::string to_json(const Value& value, std::string_view concealed) {
  std::string out;
  out.reserve(kRoom);
  json_into(out, value, concealed, false);
  out += '\n';
  return out;
}

std::string to_yaml(const Value& value, std::string_view concealed) {
  std::string out;
  out.reserve(kRoom);
  yaml_into(out, value, concealed, 0, false);
  return out;
}

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json_array(const std::vector<std::string>& texts) {
  std::string json;
  JsonWriter writer(json);
  writer.begin_array();
  for (const auto& text : texts) writer.element(text);
  writer.end_array();
  return json;
}

std::string distance(std::string_view when, Instant now) {
  struct Unit {
    std::int64_t millis;
    const char* name;
  };
  static constexpr Unit kUnits[] = {
      {kMillisPerDay, " day"}, {kMillisPerHour, " hour"}, {kMillisPerMinute, " minute"}};
  const auto moment = parse_utc(when);
  if (!moment) return "-";
  const std::int64_t millis = moment->unix_ms - now.unix_ms;
  const std::int64_t size = millis < 0 ? -millis : millis;
  const Unit* unit =
      std::ranges::find_if(kUnits, [size](const Unit& u) { return size >= u.millis; });
  if (unit == std::end(kUnits)) --unit;
  const std::int64_t number = size / unit->millis;
  const std::string amount = std::to_string(number) + unit->name + (number == 1 ? "" : "s");
  return millis < 0 ? amount + " ago" : "in " + amount;
}

std::string variable_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'a' && c <= 'z') {
      out += static_cast<char>(c - 32);
    } else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
      out += c;
    } else {
      out += '_';
    }
  }
  if (out.empty() || (out.front() >= '0' && out.front() <= '9')) out.insert(0, "_");
  return out;
}

std::string to_env(const Value& value, std::string_view concealed) {
  std::string out;
  out.reserve(kRoom);
  env_into(out, value, {}, concealed);
  return out;
}

std::string text(const Value& value) {
  if (value.type() == Value::Type::kNumber) return std::to_string(value.integer());
  return std::string(value.text());
}

std::string joined(const Value& list, std::string_view separator) {
  std::string out;
  for (const Value& item : list.items()) {
    if (!out.empty()) out += separator;
    out += item.text();
  }
  return out;
}

std::string pairs(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t widest = 0;
  for (const auto& [name, value] : rows) widest = std::max(widest, width(name));
  std::string out;
  for (const auto& [name, value] : rows) {
    out.append(name).append(widest + 2 - width(name), ' ').append(value).append("\n");
  }
  return out;
}

std::string columns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out += std::string(widths[i] + 2 - width(row[i]), ' ');
    }
    out += '\n';
  }
  return out;
}

std::optional<std::string> pairs_json(const std::vector<std::string>& options) {
  std::string json;
  JsonWriter writer(json);
  writer.begin_object();
  for (const std::string& option : options) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos || equals == 0) return std::nullopt;
    writer.member(std::string_view(option).substr(0, equals),
                  std::string_view(option).substr(equals + 1));
  }
  writer.end_object();
  return json;
}

}  // namespace strongroom::cli
