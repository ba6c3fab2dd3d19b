#pragma once
// The command line's words for rotations of managed secrets.

#include "key_table.h"
#include "rotation_commands.h"

namespace strongroom::cli {

struct RotationCommandOptions {
  RotateOptions rotate;
  LeakOptions leak;
  RotationPolicyOptions policy;
  RotationFunctionOptions function;
  RotationAdoptOptions adopt;
  RotationWindowOptions window;
};

/// Adds the subcommands; `options` outlives the parsing.
void declare_rotation_commands(CLI::App& app, RotationCommandOptions& options, const AddVerb& verb);

}  // namespace strongroom::cli
