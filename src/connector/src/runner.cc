#include "strongroom/connector/runner.h"

#include <future>
#include <memory>
#include <utility>

#include "strongroom/base/check.h"

namespace strongroom::connector {

Result<Outcome> Runner::run(Job job) {
  // Shared: `done` may still be on its way out of set_value() when the waiter has its answer.
  auto answered = std::make_shared<std::promise<Result<Outcome>>>();
  auto answer = answered->get_future();
  submit(std::move(job), [answered = std::move(answered)](Result<Outcome> outcome) {
    answered->set_value(std::move(outcome));
  });
  return answer.get();
}

LocalRunner::LocalRunner(std::vector<Connector*> connectors, Runner* others)
    : connectors_(std::move(connectors)), others_(others) {
  for (const Connector* connector : connectors_) SR_CHECK(find(connector->kind()) == connector);
}

Connector* LocalRunner::find(Kind kind) const {
  for (Connector* connector : connectors_)
    if (connector->kind() == kind) return connector;
  return nullptr;
}

bool LocalRunner::serves(Kind kind) const {
  return find(kind) != nullptr || (others_ != nullptr && others_->serves(kind));
}

void LocalRunner::submit(Job job, Done done) {
  if (Connector* connector = find(job.kind)) {
    done(connector->run(job));
  } else if (others_ != nullptr) {
    others_->submit(std::move(job), std::move(done));
  } else {
    done(make_outcome(Status::kConfiguration, "NoConnector",
                      "This server has no connector for targets of this kind."));
  }
}

}  // namespace strongroom::connector
