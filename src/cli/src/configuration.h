#pragma once
// Where the command line finds its server and its key: flags over environment over the user's file
// ($XDG_CONFIG_HOME or ~/.config, strongroom/config.toml).

#include <string>

#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::cli {

/// What the flags said; empty: not given.
struct Flags {
  std::string endpoint;
  std::string ca_file;
  std::string access_key_id;
  std::string region;
  std::string config_file;
};

/// A value and where it came from ("--endpoint", "STRONGROOM_ENDPOINT", "config.toml", "default").
struct Setting {
  std::string value;
  std::string source;
};

struct Configuration {
  Setting endpoint;
  Setting ca_file;
  Setting access_key_id;
  Setting region;
  Setting security_token;
  SecretBytes access_key_secret;
  std::string secret_source;  // empty: there is none
  std::string file;           // the file that was looked for
  bool file_found = false;
};

/// kInvalidInput (InvalidConfiguration) if the file is not TOML, holds an unknown key, or holds a
/// secret and others may read it.
Result<Configuration> load_configuration(const Flags& flags);

}  // namespace strongroom::cli
