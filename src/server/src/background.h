#pragma once
// The work that runs beside requests: audit rows of commits into the log, work that falls due,
// last-used facts. Each step is also a plain function, so tests drive it with their own clock.
// Owned by the running server.

#include <memory>

#include "periodic.h"
#include "samples.h"
#include "strongroom/audit/log.h"
#include "strongroom/notify/outbox.h"
#include "strongroom/service/drift_watch.h"
#include "strongroom/service/service.h"

namespace strongroom::server {

/// Moves the oldest pending audit rows into the log, then removes them. Returns how many; 0 when
/// none is left. A kill between the two steps is harmless: the log knows a leaf by its request id.
Result<std::size_t> drain_audit_rows(barrier::SealedStore& store, audit::Log& log);

/// Runs what is due at `now`, oldest first, each task in its own transaction. Returns how many were
/// done. A task that fails stays and is tried again at the next call.
Result<std::size_t> run_due_tasks(service::Service& service, Instant now);

/// Drops events past their 90 days.
Result<std::size_t> prune_events(barrier::SealedStore& store, Instant now);

struct BackgroundOptions {
  std::int64_t audit_days = 180;  // for which entries of the audit log are kept
  std::int64_t drift_ms = 0;      // of one round over all managed secrets; 0: none
  notify::CourierOptions courier;
};

class Background {
 public:
  Background(service::Service& service, audit::Log& log, Samples& samples,
             const BackgroundOptions& options);
  /// Stops all loops and drains the audit rows one last time.
  void stop();

 private:
  service::Service& service_;
  audit::Log& log_;
  std::unique_ptr<Periodic> drain_;
  std::unique_ptr<Periodic> due_;
  std::unique_ptr<Periodic> last_use_;
  std::unique_ptr<Periodic> keeper_;
  std::unique_ptr<Periodic> sampler_;
  std::unique_ptr<notify::Courier> courier_;
  std::unique_ptr<notify::Outbox> outbox_;
  std::unique_ptr<Periodic> deliverer_;
  std::unique_ptr<service::DriftWatch> drift_;
  std::unique_ptr<Periodic> prober_;
};

}  // namespace strongroom::server
