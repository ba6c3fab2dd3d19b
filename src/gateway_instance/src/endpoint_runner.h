#pragma once
// Which protocol a request at an instance's endpoint speaks (instance-protocol.md §4.6), and the
// runner that answers it.

#include <memory>

#include "forwarding_runner.h"

namespace strongroom::gateway_instance {

/// x-kms-apiname makes it the Instance API; else x-acs-action, a query or a form make it OpenAPI.
/// What has marks of both is the Instance API's, which refuses it before it looks at a signature;
/// but a bearer token makes it OpenAPI, whose form of that names the client key as this one does.
bool is_openapi(const http::Request& request);

class EndpointRunner final : public ForwardingRunner {
 public:
  EndpointRunner(std::unique_ptr<gateway::CallRunner> instance,
                 std::unique_ptr<gateway::CallRunner> openapi)
      : ForwardingRunner(*instance),  // what is no request yet has no form
        instance_(std::move(instance)),
        openapi_(std::move(openapi)) {}

 private:
  gateway::CallRunner& choose(gateway::Incoming& incoming) override {
    return is_openapi(incoming.request) ? *openapi_ : *instance_;
  }

  const std::unique_ptr<gateway::CallRunner> instance_;
  const std::unique_ptr<gateway::CallRunner> openapi_;
};

}  // namespace strongroom::gateway_instance
