#include "ram_commands.h"

#include <fstream>
#include <iterator>
#include <optional>

#include "commands.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::Value;

constexpr std::size_t kFileBytesMax = 64U << 10;

std::string cell(const Value& value) {
  if (value.type() == Value::Type::kNumber) return std::to_string(value.integer());
  return std::string(value.text());
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in(path);
  if (!in) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.size() > kFileBytesMax) return std::nullopt;
  return text;
}

std::string object_text(const Value& object) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& [name, member] : object.members()) {
    if (member.type() != Value::Type::kObject && member.type() != Value::Type::kArray &&
        name != "RequestId") {
      rows.emplace_back(std::string(name), cell(member));
    }
  }
  return pairs(rows);
}

/// What a command does, as the end of "cannot …".
std::string phrase_of(const RamCommand& command) {
  std::string out(command.about.substr(0, command.about.find_first_of(";,(")));
  while (out.ends_with(' ')) out.pop_back();
  if (out.front() >= 'A' && out.front() <= 'Z') out.front() += 'a' - 'A';
  return out;
}

struct Listing {
  std::vector<std::vector<std::string>> rows;
  std::string raw;  // the first column, a line each
};

void take_page(const Value& root, const RamList& list, Listing& listing) {
  if (listing.rows.empty()) listing.rows.emplace_back(list.columns.begin(), list.columns.end());
  for (const Value& item : root[list.wrapper][list.item].items()) {
    std::vector<std::string> row;
    for (const std::string_view column : list.columns) row.push_back(cell(item[column]));
    listing.raw += row.front() + "\n";
    listing.rows.push_back(std::move(row));
  }
}

// All pages. With JSON and YAML each page is printed as it came.
int print_list(Session& session, const RamCommand& command, client::ApiCall call) {
  const std::string what = phrase_of(command);
  Listing listing;
  while (true) {
    const auto answer = session.call(what, call);
    if (!answer) return session.exit_code();
    const Value& root = answer->json.root();
    take_page(root, command.list, listing);
    if (session.format() == Format::kJson || session.format() == Format::kYaml) {
      const int code = session.print_answer(*answer, "", "");
      if (code != kOk) return code;
    }
    const std::string marker(root["Marker"].text());
    if (marker.empty()) break;
    std::erase_if(call.parameters, [](const auto& one) { return one.name == "Marker"; });
    call.parameters.push_back({"Marker", marker});
  }
  if (session.format() == Format::kJson || session.format() == Format::kYaml) return kOk;
  if (session.format() == Format::kRaw) return print(listing.raw) ? kOk : kError;
  return print(columns(listing.rows)) ? kOk : kError;
}

/// True if the person in front means it.
bool confirmed(Session& session, const RamCommand& command, int& code) {
  if (!command.asks || session.options().yes || !session.options().show_api.empty()) return true;
  if (stdin_is_terminal()) {
    if (read_line(std::string(command.about) + ". Type yes to go on: ") == "yes") return true;
    code = session.misused("nothing was changed", "yes was not typed",
                           "run the command again, or give --yes");
    return false;
  }
  code = session.misused("this needs a yes", "there is no terminal to ask on", "give --yes");
  return false;
}

}  // namespace

int ram_command(Session& session, const RamCommand& command, const RamValues& values) {
  client::ApiCall call{command.action, {}, command.version};
  for (const RamArgument& argument : command.arguments) {
    const auto given = values.find(argument.parameter);
    std::string value = given == values.end() ? std::string() : given->second;
    if (value.empty()) value = argument.fallback;
    if (argument.is_file && !value.empty()) {
      auto text = read_file(value);
      if (!text) {
        return session.misused("the file cannot be used", value + " is absent or too large",
                               "name a file with the JSON document");
      }
      value = std::move(*text);
    }
    if (!value.empty()) call.parameters.push_back({std::string(argument.parameter), value});
  }
  int code = kOk;
  if (!confirmed(session, command, code)) return code;
  if (!command.list.wrapper.empty()) return print_list(session, command, std::move(call));
  const auto answer = session.call(phrase_of(command), call);
  if (!answer) return session.exit_code();
  const Value& root = answer->json.root();
  std::string table = object_text(command.object.empty() ? root : root[command.object]);
  if (table.empty()) table = "done\n";
  if (command.noun == kAccountNoun) table += object_text(root["AccessKey"]);
  if (session.format() != Format::kTable && session.format() != Format::kRaw) {
    return session.print_answer(*answer, "", "");
  }
  return Session::print_wiped(std::move(table));
}

}  // namespace strongroom::cli
