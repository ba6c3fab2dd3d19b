#pragma once
// What the program can be asked to do. Each command prints for people on standard output, errors in
// four lines on standard error, and returns the exit code (0 ok, 1 error, 2 usage). Blocking; one
// call per process.

#include <map>
#include <string>

#include "strongroom/server/config.h"

namespace strongroom::server {

using Flags = std::map<std::string, std::string, std::less<>>;

struct DevOptions {
  std::string env_file;     // written when every listener accepts; empty: none
  bool data_given = false;  // else the data is thrown away at the end
  bool quiet = false;       // no banner
  bool sample = true;       // store the sample secret
};
/// A server for one machine: makes everything that is missing, prints what a client needs, runs
/// until SIGINT or SIGTERM.
int run_dev(const DevOptions& options, const std::string& config_file, const Flags& flags);

struct InitOptions {
  std::string seal_file;  // made with 32 random bytes
  bool seal_file_same_disk = false;
  std::string passphrase_file;  // first line becomes a passphrase slot
};
/// Makes a production data directory and prints the root AccessKey, once.
int run_init(const InitOptions& options, const std::string& config_file, const Flags& flags);

struct ServeOptions {
  bool take_over = false;  // take the place of the process that serves the directory, if one does
};
/// The production server; runs until SIGINT or SIGTERM, or until another process has taken its
/// place.
int run_serve(const ServeOptions& options, const std::string& config_file, const Flags& flags);

int run_config_check(const std::string& config_file, const Flags& flags);
/// Prints every setting with its value and where the value came from.
int run_config_explain(const std::string& config_file, const Flags& flags);

}  // namespace strongroom::server
