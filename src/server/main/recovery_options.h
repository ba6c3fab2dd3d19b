#pragma once
// The part of the command line that is about backups, restoring, the seal and upgrades.

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>

#include "common_flags.h"
#include "strongroom/server/recovery_commands.h"

/// Declares the commands; after parsing, run() does the one that was given.
class RecoveryOptions {
 public:
  void add_to(CLI::App& app, CommonFlags& common);
  /// The exit code, or nothing if no command of these was given.
  std::optional<int> run(const std::string& config, const strongroom::server::Flags& flags) const;

 private:
  using Body = std::function<int(const std::string& config, const strongroom::server::Flags&)>;
  CLI::App* command(CLI::App& parent, const char* name, const char* about, CommonFlags& common,
                    Body body);

  void add_identity_file(CLI::App& command);
  void add_backup(CLI::App& app, CommonFlags& common);
  void add_restore(CLI::App& app, CommonFlags& common);
  void add_seal(CLI::App& app, CommonFlags& common);
  void add_upkeep(CLI::App& app, CommonFlags& common);

  strongroom::server::BackupOptions backup_;
  strongroom::server::BackupVerifyOptions verify_;
  strongroom::server::RestoreOptions restore_;
  strongroom::server::SealSlotOptions slot_;
  strongroom::server::RootRotateOptions root_;
  strongroom::server::RootAccessKeyOptions access_key_;
  std::string list_directory_;
  std::vector<std::string> age_recipients_;
  std::string age_identity_file_;
  bool check_ = false;
  std::string scratch_;
  std::vector<std::pair<CLI::App*, Body>> commands_;
};
