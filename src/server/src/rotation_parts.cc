#include "rotation_parts.h"

#include "startup.h"
#include "strongroom/base/log.h"

namespace strongroom::server {

std::unique_ptr<egress::EgressRunner> start_egress(const Config& config) {
  std::vector<std::string> arguments{config.egress_user};
  for (const std::string& host : config.egress_private_hosts) arguments.push_back("host=" + host);
  for (const std::string& path : config.egress_executables) arguments.push_back("run=" + path);
  auto runner = egress::EgressRunner::start(
      {.program = sibling_program("strongroom-egress"), .arguments = std::move(arguments)});
  if (runner) return std::move(*runner);
  log::warn("no_egress", {{"why", runner.error().message()}});
  return nullptr;
}

rotation::Settings rotation_settings(const Config& config) {
  return {.region = config.region,
          .seconds_min = config.rotation_seconds_min,
          .overlap_ms_min = config.overlap_seconds_min * kMillisPerSecond,
          .overlap_ms_default = config.overlap_seconds_default * kMillisPerSecond,
          .stale_wait_ms = config.stale_wait_hours * kMillisPerHour};
}

}  // namespace strongroom::server
