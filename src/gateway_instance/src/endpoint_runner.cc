#include "endpoint_runner.h"

#include "call_runner.h"

namespace strongroom::gateway_instance {
namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

}  // namespace

bool is_openapi(const http::Request& request) {
  // A bearer token of the OpenAPI names its client key in the Instance API's own fields.
  if (request.header("x-kms-apiname") && !request.header("x-acs-bearer-token")) return false;
  return request.header("x-acs-action") || !request.query.empty() ||
         request.header("content-type").value_or("").starts_with(kForm);
}

gateway::RunnerFactory make_runners(const GatewayParts& parts) {
  return [parts]() -> std::unique_ptr<gateway::CallRunner> {
    auto instance = std::make_unique<CallRunner>(parts);
    if (!parts.openapi) return instance;
    return std::make_unique<EndpointRunner>(std::move(instance), parts.openapi());
  };
}

}  // namespace strongroom::gateway_instance
