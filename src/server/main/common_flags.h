#pragma once
// Flags that every command of the server program has, as settings.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "strongroom/server/commands.h"

struct CommonFlags {
  std::string config;
  std::string data;
  std::string listen;
  std::string region;
  std::vector<std::string> set;

  void add_to(CLI::App& command) {
    command.add_option("--config", config, "configuration file (TOML)");
    command.add_option("--data", data, "data directory");
    command.add_option("--listen", listen,
                       "address and port of the shared endpoint, 127.0.0.1:0 for any free port");
    command.add_option("--region", region, "region id");
    command.add_option("--set", set, "any setting, such as --set audit.durability=synced");
  }
  /// Where data and seal are, for commands that serve nobody.
  void add_local_to(CLI::App& command) {
    command.add_option("--config", config, "configuration file (TOML)");
    command.add_option("--data", data, "data directory");
    command.add_option("--set", set, "any setting, such as --set seal.file=/mnt/key/seal.key");
  }

  strongroom::server::Flags flags() const {
    strongroom::server::Flags all;
    for (const std::string& pair : set) {
      const std::size_t equals = pair.find('=');
      all[pair.substr(0, equals)] = equals == std::string::npos ? "" : pair.substr(equals + 1);
    }
    if (!data.empty()) all["data.directory"] = data;
    if (!listen.empty()) all["server.listen"] = listen;
    if (!region.empty()) all["server.region"] = region;
    return all;
  }
};
