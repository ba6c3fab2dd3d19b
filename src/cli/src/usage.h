#pragma once
// What the tree of commands tells: scripts that complete a command line, and what one that was not
// understood is answered with.

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "failure.h"

namespace strongroom::cli {

/// Names of the commands right below `parent`.
std::string names_below(const CLI::App& parent, std::string_view between);

/// How a value is given to `command` ("secret put NAME -"), for whoever put one into the command
/// line.
std::string value_advice(std::string_view command);

/// What is wrong and what to do. Of what was typed only names of commands and options are
/// repeated: anything else may be a value, and this line ends in logs.
/// @param first the first argument; empty if there is none
Failure misunderstood(const CLI::App& app, const CLI::ParseError& error, std::string_view first);

/// Prints the script for bash, zsh or fish. An exit code.
int completion(const CLI::App& app, const std::string& shell);

}  // namespace strongroom::cli
