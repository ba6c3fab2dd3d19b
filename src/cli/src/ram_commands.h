#pragma once
// `strongroom ram …` and calls beside it that are like them: a table of calls. Each row becomes a
// subcommand with its arguments; what it prints is said by the row as well.

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "session.h"

namespace strongroom::cli {

/// One argument of a command. `flag` empty: positional.
struct RamArgument {
  std::string_view flag;
  std::string_view parameter;  // of the API
  std::string_view about;
  bool required = false;
  bool is_file = false;            // the value is read from that file
  std::string_view fallback = "";  // sent when it is not given
};

/// Where a list lies in an answer and which members are its columns.
struct RamList {
  std::string_view wrapper;
  std::string_view item;
  std::span<const std::string_view> columns;
};

// These stand beside `ram`; `sts` has commands that are no rows, too.
inline constexpr std::string_view kAccountNoun = "account";
inline constexpr std::string_view kStsNoun = "sts";

struct RamCommand {
  std::string_view noun;
  std::string_view verb;
  std::string_view about;
  std::string_view action;
  std::span<const RamArgument> arguments;
  std::string_view object = "";  // the answer's member that is shown in pairs
  RamList list = {};
  bool asks = false;  // deletes: needs --yes without a terminal
  std::string_view version = client::kRamVersion;
};

std::span<const RamCommand> ram_commands();
/// What the help says of a noun.
std::string_view noun_about(std::string_view noun);

/// Values by parameter, as the parser filled them.
using RamValues = std::map<std::string_view, std::string>;
int ram_command(Session& session, const RamCommand& command, const RamValues& values);

}  // namespace strongroom::cli
