#pragma once
// The work that runs beside requests: audit rows of commits into the log, work that falls due,
// last-used facts. Each step is also a plain function, so tests drive it with their own clock.
// Owned by the running server.

#include <memory>
#include <vector>

#include "clock_guard.h"
#include "due_work.h"
#include "failure_log.h"
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

/// Until the log's tree holds every record from before the call, those of mutations whose rows are
/// not drained yet included; for limits::kLookUpSettleMillisMax. kUnavailable if that is not
/// enough.
Result<void> settle_for_search(barrier::SealedStore& store, audit::Log& log);

/// The same for rows that are known without looking.
Result<std::size_t> drain_leaves(barrier::SealedStore& store, audit::Log& log,
                                 std::vector<service::CommittedLeaf> committed);

/// Writes what the store is to know at the next start: the time, and the audit log's head.
Result<void> remember_run(barrier::SealedStore& store, ClockGuard& guard,
                          const audit::TreeHead& head, Random& random);

/// Drops events past their 90 days.
Result<std::size_t> prune_events(barrier::SealedStore& store, Instant now);

struct BackgroundOptions {
  std::int64_t audit_days = 180;  // for which entries of the audit log are kept
  std::int64_t drift_ms = 0;      // of one round over all managed secrets; 0: none
  notify::CourierOptions courier;
};

class Background {
 public:
  /// All of it outlives this.
  struct Parts {
    service::Service& service;
    audit::Log& log;
    Samples& samples;
    ClockGuard& guard;
    bool alone;  // whoever was at work on the store before is gone (store::Store::exclusive)
  };
  Background(const Parts& parts, const BackgroundOptions& options);
  /// Stops all loops, drains the audit rows one last time and notes time and head of the log.
  void stop();

 private:
  void start_due(bool alone);
  void take_over();
  void start_chores(Samples& samples, std::int64_t audit_days);
  Result<std::size_t> drain();
  std::int64_t remember_step();

  service::Service& service_;
  audit::Log& log_;
  ClockGuard& guard_;
  DueWork work_;                     // the due thread's own
  std::uint64_t drains_ = 0;         // from memory; the draining thread's own
  std::uint64_t noted_entries_ = 0;  // of the log; the noting thread's own
  std::int64_t noted_ns_ = 0;        // when; the same
  FailureLog drain_failures_{log::Level::kError, "audit_drain_failed"};
  FailureLog due_failures_{log::Level::kWarn, "due_work_failed"};
  FailureLog prune_failures_{log::Level::kWarn, "event_prune_failed"};
  FailureLog outbox_failures_{log::Level::kWarn, "outbox_failed"};
  std::unique_ptr<Periodic> drain_;
  std::unique_ptr<Periodic> due_;
  std::unique_ptr<Periodic> last_use_;
  std::unique_ptr<Periodic> keeper_;
  std::unique_ptr<Periodic> noter_;
  std::unique_ptr<Periodic> sampler_;
  std::unique_ptr<notify::Courier> courier_;
  std::unique_ptr<notify::Outbox> outbox_;
  std::unique_ptr<Periodic> deliverer_;
  std::unique_ptr<service::DriftWatch> drift_;
  std::unique_ptr<Periodic> prober_;
};

}  // namespace strongroom::server
