#pragma once
// OpenAPI requests of KMS, RAM, STS, Location, BSS and our own in, JSON or XML out.
//
// Decodes once, authenticates, calls the service, records, answers. References: gateway.md §1, §2.
// Thread-safe; the runners belong to whoever made them.

#include "strongroom/audit_witness/witness.h"
#include "strongroom/gateway/call_runner.h"
#include "strongroom/identity/authenticator.h"
#include "strongroom/policy/access_grants.h"
#include "strongroom/service/flow_control.h"
#include "strongroom/service/service.h"

namespace strongroom::gateway_openapi {

/// Where other servers have their checkpoints cosigned.
inline constexpr std::string_view kWitnessPath = "/add-checkpoint";

/// All outlive the runners.
struct GatewayParts {
  service::Service& service;
  identity::Authenticator& authenticator;
  service::FlowControl* flow = nullptr;       // null: no limits of calls a second
  audit_witness::Witness* witness = nullptr;  // null: this server watches no logs
  // Or the id of the KMS instance at whose endpoint these calls come in: it offers what works with
  // keys and values, no management (instance-protocol.md §4.6).
  std::string endpoint = std::string(policy::kSharedScope);
  AccountId instance_owner = {};  // then
};

/// For gateway::make_handler.
gateway::RunnerFactory make_runners(const GatewayParts& parts);

}  // namespace strongroom::gateway_openapi
