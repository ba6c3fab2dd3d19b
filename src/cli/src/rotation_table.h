#pragma once
// The command line's words for rotations of managed secrets.

#include "commands.h"
#include "key_table.h"

namespace strongroom::cli {

struct RotationCommandOptions {
  RotateOptions rotate;
  LeakOptions leak;
  RotationPolicyOptions policy;
  RotationFunctionOptions function;
};

/// Adds the subcommands; `options` outlives the parsing.
void declare_rotation_commands(CLI::App& app, RotationCommandOptions& options, const AddVerb& verb);

}  // namespace strongroom::cli
