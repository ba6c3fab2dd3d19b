#pragma once
// What is measured from time to time rather than per call: lag of the audit log, work that is
// overdue, the disk. Taken by one thread, read by any.

#include <atomic>
#include <cstdint>
#include <string>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/service/operation.h"

namespace strongroom::server {

class Samples {
 public:
  explicit Samples(std::string audit_directory) : audit_directory_(std::move(audit_directory)) {}

  /// Reads storage and the file system.
  void take(barrier::SealedStore& store, Instant now);

  /// Records an event of the operator's account for each mark that the disk has passed since the
  /// last call (70, 85, 95 %), and for a clock that was set while the server ran.
  Result<void> tell(service::Engines& engines, Instant now);

  /// Of the file system that holds the audit log, in thousandths.
  std::int64_t disk_used_permille() const { return disk_used_permille_.load(); }
  /// Appends gauges in Prometheus' form.
  void write(std::string& out) const;

 private:
  static Result<void> record(service::Engines& engines, Instant now, const std::string& name,
                             const std::string& detail);

  const std::string audit_directory_;
  int disk_mark_ = 0;                 // the highest that was told
  std::int64_t clock_offset_ms_ = 0;  // wall clock less monotonic clock, at the last look
  bool clock_seen_ = false;
  std::atomic<std::int64_t> audit_lag_ms_{0};
  std::atomic<std::int64_t> due_overdue_{0};
  std::atomic<std::int64_t> rotations_overdue_{0};
  std::atomic<std::int64_t> outbox_waiting_{0};
  std::atomic<std::int64_t> disk_used_permille_{0};
  std::atomic<std::int64_t> disk_free_bytes_{0};
};

}  // namespace strongroom::server
