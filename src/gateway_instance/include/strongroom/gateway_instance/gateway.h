#pragma once
// The endpoint of one KMS instance: requests of the Instance API in, protobuf messages out
// (instance-protocol.md), and on the same port OpenAPI requests, which another gateway answers.
//
// Every call of the Instance API is signed by a client key of an access point, judged by what that
// access point grants on this instance, recorded, and answered. Thread-safe; the runners belong to
// whoever made them.

#include <memory>
#include <span>
#include <string>

#include "strongroom/aap/access_points.h"
#include "strongroom/base/limits.h"
#include "strongroom/gateway/call_runner.h"
#include "strongroom/gateway_instance/replay_alarms.h"
#include "strongroom/identity/source_limiter.h"
#include "strongroom/service/flow_control.h"
#include "strongroom/service/service.h"

namespace strongroom::gateway_instance {

class ReplayGuard;
/// What is done about a request that comes a second time (SECURITY.md).
struct ReplayRules {
  bool strict = false;             // refused whoever sends it
  ReplayAlarms* alarms = nullptr;  // told of those from another address; outlives the guard
};
/// What remembers the signatures of one instance; shared by its I/O threads.
std::shared_ptr<ReplayGuard> make_replay_guard(const ReplayRules& rules = {});

/// All references outlive the runners.
struct GatewayParts {
  service::Service& service;
  aap::AccessPoints& access_points;
  identity::SourceLimiter& sources;
  std::shared_ptr<ReplayGuard> replays;
  std::string instance_id;  // "kst-…"
  AccountId account;        // whose it is
  // What answers requests in the form of OpenAPI. A request in neither form or in both is answered
  // here, in the Instance API's own form.
  gateway::RunnerFactory openapi = {};
  service::FlowControl* flow = nullptr;  // null: no limits of calls a second
  // How far a request's date may be from the clock.
  std::int64_t window_ms = limits::kTimestampWindowMillis;
};

/// Every action of the Instance API.
std::span<const service::Operation> operations();

/// For gateway::make_handler.
gateway::RunnerFactory make_runners(const GatewayParts& parts);

}  // namespace strongroom::gateway_instance
