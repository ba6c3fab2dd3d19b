#pragma once
// Which protocol a request at an instance's endpoint speaks (instance-protocol.md §4.6), and the
// runner that answers it.

#include <memory>

#include "strongroom/gateway/call_runner.h"

namespace strongroom::gateway_instance {

/// x-kms-apiname makes it the Instance API; else x-acs-action, a query or a form make it OpenAPI.
/// What has marks of both is the Instance API's, which refuses it before it looks at a signature.
bool is_openapi(const http::Request& request);

class EndpointRunner final : public gateway::CallRunner {
 public:
  EndpointRunner(std::unique_ptr<gateway::CallRunner> instance,
                 std::unique_ptr<gateway::CallRunner> openapi)
      : instance_(std::move(instance)), openapi_(std::move(openapi)) {}

  std::expected<gateway::Finished, gateway::Continue> run_on_io(
      gateway::Incoming& incoming, barrier::CachedReader& reader,
      identity::PrincipalCache& principals) override {
    return choose(incoming).run_on_io(incoming, reader, principals);
  }
  gateway::Finished run_on_worker(gateway::Incoming& incoming,
                                  barrier::ReadSet& read_set) override {
    return choose(incoming).run_on_worker(incoming, read_set);
  }
  gateway::Finished refuse(const gateway::Incoming& incoming, const Error& error) override {
    return choose(incoming).refuse(incoming, error);
  }
  void reset() override {
    instance_->reset();
    openapi_->reset();
  }
  // What is no request yet has no form.
  void write_refused(const http::Refusal& refusal, std::string_view request_id,
                     http::AnswerBuffer& out) const override {
    instance_->write_refused(refusal, request_id, out);
  }
  std::string_view write_unrecorded(std::string_view request_id,
                                    http::AnswerBuffer& out) const override {
    return instance_->write_unrecorded(request_id, out);
  }

 private:
  gateway::CallRunner& choose(const gateway::Incoming& incoming) {
    return is_openapi(incoming.request) ? *openapi_ : *instance_;
  }

  std::unique_ptr<gateway::CallRunner> instance_;
  std::unique_ptr<gateway::CallRunner> openapi_;
};

}  // namespace strongroom::gateway_instance
