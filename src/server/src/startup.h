#pragma once
// Steps that the commands share.

#include <optional>
#include <string>

#include "strongroom/server/commands.h"

namespace strongroom::server {

/// collect() and interpret() with the process's environment, and the metrics token read from its
/// file.
Result<Config> load_config(const std::string& config_file, const Flags& flags);

/// load_config() for a command that will hold a key: core files and debuggers are kept out first.
/// Nothing, after saying why, if the configuration cannot be used.
std::optional<Config> configured(const std::string& config_file, const Flags& flags);

/// Hardens a production process and prints what it finds fault with; false if it must not go on.
bool hardened(const Config& config);

/// A file that is there while `strongroomd init` works on the directory: before it is gone, nobody
/// has the root AccessKey.
std::string unfinished_mark(const std::string& data_directory);

/// What to do about a command that needs the store alone: stop the server, if that is what holds
/// it; else what the error names.
std::string stop_or_mend(const Error& error);

/// Prints the error in four lines; returns exit code 1.
int fail_with(const std::string& what, const Error& error, const std::string& next);

/// The path of another program in this program's own directory.
std::string sibling_program(const std::string& name);

}  // namespace strongroom::server
