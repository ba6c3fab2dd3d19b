#pragma once
// Steps that the commands share.

#include <string>

#include "strongroom/server/commands.h"

namespace strongroom::server {

/// collect() and interpret() with the process's environment, and the metrics token read from its
/// file.
Result<Config> load_config(const std::string& config_file, const Flags& flags);

/// Prints the error in four lines; returns exit code 1.
int fail_with(const std::string& what, const Error& error, const std::string& next);

/// The path of another program in this program's own directory.
std::string sibling_program(const std::string& name);

}  // namespace strongroom::server
