#pragma once
// `strongroom target`: where rotations reach real systems (docs/targets.md).

#include <string>
#include <vector>

#include "commands.h"
#include "key_table.h"
#include "session.h"

namespace strongroom::cli {

struct TargetOptions {
  std::string id;
  std::string kind;
  std::string address;
  std::string admin;
  ValueSource secret{.positional = {},
                     .file = {},
                     .command = "target add ID -"};  // the admin account's password or private key
  std::string tls;
  std::string tls_name;
  std::string ca_file;
  std::string host_key_file;
  std::string owner_role;
  std::vector<std::string> options;  // "name=value"
};

/// Adds the subcommands; `options` outlives the parsing.
void declare_target_commands(CLI::App& app, TargetOptions& options, const AddVerb& verb);

}  // namespace strongroom::cli
