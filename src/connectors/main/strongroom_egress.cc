// The process that reaches rotation targets: started by the server, with its socket as descriptor 3
// the user to become as its first argument, and then "host=NAME" for each host of a function that
// may have a private address, "run=PATH" for each program that is one.

#include <span>
#include <string_view>

#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"
#include "strongroom/connectors/all.h"
#include "strongroom/egress/serve.h"

int main(int argc, char** argv) {
  using namespace strongroom;
  if (argc < 2) {
    log::error("egress_is_started_by_strongroomd", {});
    return 2;
  }
  if (const auto confined = egress::confine(argv[1]); !confined) {
    log::error("egress_not_confined", {{"why", confined.error().message()}});
    return 1;
  }
  connectors::Settings settings;
  for (const std::string_view word : std::span(argv, static_cast<std::size_t>(argc)).subspan(2)) {
    if (word.starts_with("host=")) settings.private_hosts.emplace_back(word.substr(5));
    if (word.starts_with("run=")) settings.executables.emplace_back(word.substr(4));
  }
  const auto all = connectors::make_all(settings);
  std::vector<connector::Connector*> kinds;
  for (const auto& one : all) kinds.push_back(one.get());
  return egress::serve(egress::kSocket, limits::kEgressSlots, kinds);
}
