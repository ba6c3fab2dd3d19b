#pragma once
// What the process does to itself before it holds a key, and what the machine should not offer.
// Called once, before any thread starts.

#include <string>
#include <vector>

#include "strongroom/server/config.h"

namespace strongroom::server {

enum class Mode : std::uint8_t { kDev, kProduction };

/// One finding: what is wrong and what to do about it.
struct Finding {
  std::string what;
  bool fatal;  // production refuses to start, unless told
};

/// Switches off core files and ptrace by others, sets umask 077, checks swap and the modes of
/// `data_directory`. What the configuration allows, or what dev mode meets, comes back as not
/// fatal.
std::vector<Finding> harden(const Config& config, Mode mode);

}  // namespace strongroom::server
