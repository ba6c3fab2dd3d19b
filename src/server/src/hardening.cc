#include "hardening.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>

namespace strongroom::server {
namespace {

// /proc/swaps has a head line and one line for each area in use.
bool swap_is_on() {
  std::ifstream swaps("/proc/swaps");
  std::string line;
  std::getline(swaps, line);
  return static_cast<bool>(std::getline(swaps, line)) && !line.empty();
}

bool core_files_are_off() {
  const rlimit none{0, 0};
  return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0;
}

bool others_may_read(const std::string& directory) {
  struct stat facts{};
  return stat(directory.c_str(), &facts) == 0 && (facts.st_mode & 077) != 0;
}

// Key schedules and caches sit in locked memory; the default limit (8 MiB) is raised as far as the
// hard limit allows.
void raise_locked_memory() {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_MEMLOCK, &limit);
}

void raise_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

std::vector<Finding> harden(const Config& config, Mode mode) {
  std::vector<Finding> findings;
  const bool strict = mode == Mode::kProduction;
  umask(077);
  raise_locked_memory();
  raise_open_files();
  if (!core_files_are_off()) {
    findings.push_back(
        {"core files could not be switched off; set LimitCORE=0, or security.allow_core_dumps = "
         "true",
         strict && !config.allow_core_dumps});
  }
  if (swap_is_on()) {
    findings.push_back(
        {"swap is on, so memory may reach a disk; run `swapoff -a`, or set security.allow_swap = "
         "true",
         strict && !config.allow_swap});
  }
  if (others_may_read(config.data_directory)) {
    findings.push_back({config.data_directory + " is open to others; run `chmod 700` on it, or set "
                                                "security.allow_open_modes = true",
                        strict && !config.allow_open_modes});
  }
  return findings;
}

}  // namespace strongroom::server
