#pragma once
// Declares `strongroom instance`.

#include "key_table.h"

namespace strongroom::cli {

void declare_instance_commands(CLI::App& app, const AddVerb& verb);

}  // namespace strongroom::cli
