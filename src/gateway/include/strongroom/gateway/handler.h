#pragma once
// From net's exchanges to a protocol's CallRunner and back.
//
// What is cached finishes on the I/O thread; mutations, misses and slow reads go to a worker pool
// and come back to the same I/O thread, brief mutations from the store when they are durable, so
// that no thread waits for their commit. Every answer whose record is not part of a commit is
// guarded: it leaves only if the turn's audit write succeeded. make_handler is thread-safe; each
// handler belongs to its I/O thread.

#include <memory>
#include <string_view>

#include "strongroom/audit/log.h"
#include "strongroom/gateway/call_runner.h"
#include "strongroom/net/server.h"
#include "strongroom/service/service.h"
#include "strongroom/service/worker_pool.h"
#include "strongroom/trace/tracer.h"

namespace strongroom::gateway {

/// What every endpoint runs on. All outlive the handlers.
struct HandlerParts {
  service::Service& service;
  audit::Log& audit;
  service::WorkerPool& workers;     // mutations and slow reads
  service::WorkerPool& misses;      // reads of what is not cached: short as a rule
  service::WorkerPool& writes;      // brief mutations, up to their commit
  std::size_t io_threads = 1;       // each thread's caches get 1/io_threads of the limits
  metrics::Calls* calls = nullptr;  // null: not counted
  trace::Tracer* tracer = nullptr;  // null: no spans
};

/// A request that has it with the value 1 is answered with a receipt under the same name: Base64 of
/// a proof that the record of this very call is in the audit log (docs/audit.md, "Receipts").
inline constexpr std::string_view kReceiptHeader = "x-strongroom-receipt";

/// One handler for one I/O thread; call it from the factory given to net::Server::start.
std::unique_ptr<net::Handler> make_handler(const HandlerParts& parts, RunnerFactory runners);

}  // namespace strongroom::gateway
