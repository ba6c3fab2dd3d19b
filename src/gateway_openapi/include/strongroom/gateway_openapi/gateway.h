#pragma once
// The shared endpoint: OpenAPI requests of KMS, RAM, STS, Location and BSS in, JSON or XML out.
//
// Decodes once, authenticates, calls the service, records, answers. What is cached finishes on the
// I/O thread; mutations, misses and slow reads go to the worker pool and come back to the same I/O
// thread. Every answer whose record is not part of a commit is guarded: it leaves only if the
// turn's audit write succeeded. References: gateway.md §1, §2. make_handler is thread-safe; each
// handler belongs to its I/O thread.

#include <memory>

#include "strongroom/audit/log.h"
#include "strongroom/identity/authenticator.h"
#include "strongroom/net/server.h"
#include "strongroom/service/flow_control.h"
#include "strongroom/service/service.h"
#include "strongroom/service/worker_pool.h"

namespace strongroom::gateway_openapi {

/// All outlive the gateway's handlers.
struct GatewayParts {
  service::Service& service;
  identity::Authenticator& authenticator;
  audit::Log& audit;
  service::WorkerPool& workers;          // mutations and slow reads
  service::WorkerPool& misses;           // reads of what is not cached: short as a rule
  service::FlowControl* flow = nullptr;  // null: no limits of calls a second
  std::size_t io_threads = 1;            // each thread's caches get 1/io_threads of the limits
};

/// One handler for one I/O thread; call it from the factory given to net::Server::start.
std::unique_ptr<net::Handler> make_handler(const GatewayParts& parts);

}  // namespace strongroom::gateway_openapi
