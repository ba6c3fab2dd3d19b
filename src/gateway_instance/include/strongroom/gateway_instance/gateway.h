#pragma once
// The endpoint of one KMS instance: requests of the Instance API in, protobuf messages out
// (instance-protocol.md).
//
// Every call is signed by a client key of an access point, judged by what that access point grants
// on this instance, recorded, and answered; an answer leaves only if the turn's audit write
// succeeded. What is cached finishes on the I/O thread, the rest on a worker. make_handler is
// thread-safe; each handler belongs to its I/O thread.

#include <memory>
#include <string>

#include "strongroom/aap/access_points.h"
#include "strongroom/audit/log.h"
#include "strongroom/identity/source_limiter.h"
#include "strongroom/net/server.h"
#include "strongroom/service/service.h"
#include "strongroom/service/worker_pool.h"

namespace strongroom::gateway_instance {

class ReplayGuard;
/// What remembers the signatures of one instance; shared by its I/O threads.
std::shared_ptr<ReplayGuard> make_replay_guard();

/// All references outlive the gateway's handlers.
struct GatewayParts {
  service::Service& service;
  aap::AccessPoints& access_points;
  identity::SourceLimiter& sources;
  audit::Log& audit;
  service::WorkerPool& workers;  // slow cryptography
  service::WorkerPool& misses;   // reads of what is not cached
  std::shared_ptr<ReplayGuard> replays;
  std::string instance_id;     // "kst-…"
  std::size_t io_threads = 1;  // each thread's caches get 1/io_threads of the limits
};

/// One handler for one I/O thread; call it from the factory given to net::Server::start.
std::unique_ptr<net::Handler> make_handler(const GatewayParts& parts);

}  // namespace strongroom::gateway_instance
