#pragma once
// Declares `strongroom aap`, `client-key`, `network-rule`, and the verbs of `policy` about access
// points.

#include "key_table.h"

namespace strongroom::cli {

void declare_access_commands(CLI::App& app, CLI::App& policy, const AddVerb& verb);

}  // namespace strongroom::cli
