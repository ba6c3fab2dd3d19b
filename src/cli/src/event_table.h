#pragma once
// Declares `strongroom event` and `notify`.

#include "commands.h"
#include "key_table.h"

namespace strongroom::cli {

/// Both options must live until the chosen command has run.
void declare_event_commands(CLI::App& app, EventOptions& event, NotifyOptions& notify,
                            const AddVerb& verb);

}  // namespace strongroom::cli
