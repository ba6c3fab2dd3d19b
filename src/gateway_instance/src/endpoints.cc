#include "strongroom/gateway_instance/endpoints.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace strongroom::gateway_instance {
namespace {

using gateway::CallRunner;
using gateway::Finished;
using gateway::Incoming;

// Passes each call to a runner of its endpoint.
class NamedRunner final : public CallRunner {
 public:
  NamedRunner(std::shared_ptr<const Endpoints> endpoints, const GatewayParts& closed)
      : endpoints_(std::move(endpoints)), closed_(make_runners(closed)()) {}

  std::expected<Finished, gateway::Continue> run_on_io(
      Incoming& incoming, barrier::CachedReader& reader,
      identity::PrincipalCache& principals) override {
    return choose(incoming).run_on_io(incoming, reader, principals);
  }
  Finished run_on_worker(Incoming& incoming, barrier::ReadSet& read_set) override {
    return choose(incoming).run_on_worker(incoming, read_set);
  }
  // Of the call that it has just begun.
  Finished refuse(const Incoming& incoming, const Error& error) override {
    return present_->refuse(incoming, error);
  }
  void reset() override { present_->reset(); }
  void write_refused(const http::Refusal& refusal, std::string_view request_id,
                     http::AnswerBuffer& out) const override {
    closed_->write_refused(refusal, request_id, out);
  }
  std::string_view write_unrecorded(std::string_view request_id,
                                    http::AnswerBuffer& out) const override {
    return closed_->write_unrecorded(request_id, out);
  }

 private:
  struct Known {
    std::shared_ptr<const GatewayParts> parts;
    std::unique_ptr<CallRunner> runner;
  };

  CallRunner& choose(Incoming& incoming) {
    const auto parts = endpoints_->find(incoming.server_name);
    present_ = parts ? &runner_of(parts) : closed_.get();
    if (!parts) {
      incoming.principal = nullptr;  // who it was for that endpoint counts no more
      incoming.request.keep_alive = false;
    }
    return *present_;
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
  CallRunner* present_ = closed_.get();  // of the call that is running
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
    return std::make_unique<NamedRunner>(endpoints, closed);
  };
}

}  // namespace strongroom::gateway_instance
