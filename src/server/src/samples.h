#pragma once
// What is measured from time to time rather than per call: lag of the audit log, work that is
// overdue, the disk. Taken by one thread, read by any.

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/gateway_instance/replay_alarms.h"
#include "strongroom/service/flow_control.h"
#include "strongroom/service/operation.h"

namespace strongroom::server {

/// Counts what becomes durable. On the commit thread; read by any.
class StoreCounter final : public barrier::ChangeListener {
 public:
  void on_change(store::Revision revision, std::span<const store::AppliedWrite> writes) override;
  /// Appends counters in Prometheus' form.
  void write(std::string& out) const;

 private:
  std::atomic<std::uint64_t> groups_{0};
  std::atomic<std::uint64_t> rows_{0};
};

class Samples {
 public:
  explicit Samples(const std::string& data_directory)
      : audit_directory_(data_directory + "/audit"),
        store_file_(data_directory + "/store/data.mdb"),
        seal_marker_(data_directory + "/sealed-at") {}

  /// To be told of commits; must outlive the store's last one.
  StoreCounter& commits() { return commits_; }

  /// Reads storage and the file system.
  void take(barrier::SealedStore& store, Instant now);

  /// Records an event of the operator's account for each mark that the disk has passed since the
  /// last call (70, 85, 95 %), for a clock that was set while the server ran, and for a seal of an
  /// earlier run; and one of its own account for each limit of calls that came near, at most once
  /// an hour. A seal of this run is kept in a file, since a sealed store takes no event.
  Result<void> tell(service::Engines& engines, Instant now);
  /// Whose marks are told of; null: nobody's. Before the first tell().
  void watch(service::FlowControl* flow) { flow_ = flow; }

  /// Of requests at instances; each client key is told of at most once an hour.
  gateway_instance::ReplayAlarms& repeats() { return repeats_; }

  /// Of the file system that holds the audit log, in thousandths.
  std::int64_t disk_used_permille() const { return disk_used_permille_.load(); }
  /// Of the last look; each counts at most limits::kDueBatchMax.
  std::int64_t due_overdue() const { return due_overdue_.load(); }
  std::int64_t rotations_overdue() const { return rotations_overdue_.load(); }
  std::int64_t outbox_waiting() const { return outbox_waiting_.load(); }
  /// Appends gauges in Prometheus' form.
  void write(std::string& out) const;

 private:
  Result<void> tell_disk(service::Engines& engines, Instant now);
  Result<void> tell_clock(service::Engines& engines, Instant now);
  Result<void> tell_limits(service::Engines& engines, Instant now);
  Result<void> tell_repeats(service::Engines& engines, Instant now);
  Result<void> tell_seal(service::Engines& engines, Instant now);

  const std::string audit_directory_;
  const std::string store_file_;
  const std::string seal_marker_;  // when this server sealed itself, until it could be told
  StoreCounter commits_;
  std::atomic<std::int64_t> store_bytes_{0};
  int disk_mark_ = 0;                 // the highest that was told
  std::int64_t clock_offset_ms_ = 0;  // wall clock less monotonic clock, at the last look
  bool clock_seen_ = false;
  bool seal_noted_ = false;
  service::FlowControl* flow_ = nullptr;
  std::map<std::tuple<AccountId, std::string, int>, Instant> limits_told_;
  gateway_instance::ReplayAlarms repeats_;
  std::map<std::string, Instant> repeats_told_;  // by client key
  std::atomic<std::int64_t> audit_lag_ms_{0};
  std::atomic<std::int64_t> due_overdue_{0};
  std::atomic<std::int64_t> rotations_overdue_{0};
  std::atomic<std::int64_t> outbox_waiting_{0};
  std::atomic<std::int64_t> disk_used_permille_{0};
  std::atomic<std::int64_t> disk_free_bytes_{0};
};

}  // namespace strongroom::server
