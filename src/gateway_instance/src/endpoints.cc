#include "strongroom/gateway_instance/endpoints.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "forwarding_runner.h"

namespace strongroom::gateway_instance {
namespace {

using gateway::CallRunner;
using gateway::Incoming;

// Passes each call to a runner of its endpoint.
class NamedRunner final : public ForwardingRunner {
 public:
  NamedRunner(std::shared_ptr<const Endpoints> endpoints, std::unique_ptr<CallRunner> closed)
      : ForwardingRunner(*closed), endpoints_(std::move(endpoints)), closed_(std::move(closed)) {}

 private:
  struct Known {
    std::shared_ptr<const GatewayParts> parts;
    std::unique_ptr<CallRunner> runner;
  };

  CallRunner& choose(Incoming& incoming) override {
    const auto parts = endpoints_->find(incoming.server_name);
    if (parts) return runner_of(parts);
    incoming.principal = nullptr;  // who it was for that endpoint counts no more
    incoming.request.keep_alive = false;
    return *closed_;
  }

  CallRunner& runner_of(const std::shared_ptr<const GatewayParts>& parts) {
    const auto found = std::ranges::find(known_, parts, &Known::parts);
    if (found != known_.end()) return *found->runner;
    // What nobody else has was closed.
    std::erase_if(known_, [](const Known& known) { return known.parts.use_count() == 1; });
    known_.push_back({parts, make_runners(*parts)()});
    return *known_.back().runner;
  }

  const std::shared_ptr<const Endpoints> endpoints_;
  const std::unique_ptr<CallRunner> closed_;
  std::vector<Known> known_;
};

}  // namespace

void Endpoints::open(const std::string& name, std::shared_ptr<const GatewayParts> parts) {
  const std::lock_guard lock(changing_);
  auto next = std::make_shared<Map>(*map_.load());
  (*next)[name] = std::move(parts);
  map_.store(std::move(next));
}

void Endpoints::close(const std::string& name) {
  const std::lock_guard lock(changing_);
  auto next = std::make_shared<Map>(*map_.load());
  next->erase(name);
  map_.store(std::move(next));
}

std::shared_ptr<const GatewayParts> Endpoints::find(std::string_view name) const {
  const auto map = map_.load();
  const auto found = map->find(name);
  return found == map->end() ? nullptr : found->second;
}

gateway::RunnerFactory make_runners(std::shared_ptr<const Endpoints> endpoints,
                                    const GatewayParts& closed) {
  return [endpoints = std::move(endpoints), closed] {
    return std::make_unique<NamedRunner>(endpoints, make_runners(closed)());
  };
}

}  // namespace strongroom::gateway_instance
