// The process that reaches rotation targets: started by the server, with its socket as descriptor 3
// and the user to become as its only argument.

#include <string>

#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"
#include "strongroom/connectors/all.h"
#include "strongroom/egress/serve.h"

int main(int argc, char** argv) {
  using namespace strongroom;
  if (argc != 2) {
    log::error("egress_is_started_by_strongroomd", {});
    return 2;
  }
  if (const auto confined = egress::confine(argv[1]); !confined) {
    log::error("egress_not_confined", {{"why", confined.error().message()}});
    return 1;
  }
  const auto all = connectors::make_all();
  std::vector<connector::Connector*> kinds;
  for (const auto& one : all) kinds.push_back(one.get());
  return egress::serve(egress::kSocket, limits::kEgressSlots, kinds);
}
