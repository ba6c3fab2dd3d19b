#pragma once
// Declares `strongroom key`, `alias`, `crypto` and `inspect`.

#include <CLI/CLI.hpp>
#include <functional>

#include "key_commands.h"

namespace strongroom::cli {

/// Adds a subcommand whose function runs after parsing; `remote`: it needs a server and a key.
using AddVerb = std::function<CLI::App*(CLI::App& parent, const char* name, const char* about,
                                        std::function<int(Session&)> command, bool remote)>;
void declare_key_commands(CLI::App& app, const AddVerb& verb);

}  // namespace strongroom::cli
