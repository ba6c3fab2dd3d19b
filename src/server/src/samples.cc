#include "samples.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "strongroom/base/limits.h"
#include "strongroom/due/due.h"
#include "strongroom/metrics/text.h"

namespace strongroom::server {
namespace {

constexpr Instant kEndOfTime{std::numeric_limits<std::int64_t>::max()};
constexpr std::int64_t kGraceMillis = 60'000;  // what fell due this long ago is overdue
constexpr std::int64_t kNanosPerMilli = 1'000'000;
constexpr std::int64_t kJumpMillis = 5'000;
constexpr double kPermille = 1000.0;

using metrics::append_gauge;

}  // namespace

void Samples::take(barrier::SealedStore& store, Instant now) {
  if (const auto rows = store.due(barrier::TimeTable::kAuditPending, kEndOfTime, 1)) {
    audit_lag_ms_ =
        rows->empty() ? 0 : std::max<std::int64_t>(0, now.unix_ms - rows->front().when.unix_ms);
  }
  if (const auto rows =
          store.due(barrier::TimeTable::kDue, {now.unix_ms - kGraceMillis}, limits::kDueBatchMax)) {
    std::int64_t rotations = 0;
    for (const barrier::TimedRow& row : *rows) {
      const auto task = due::decode(row.record->body());
      const bool rotation =
          task && (task->kind == due::Kind::kRotateKey || task->kind == due::Kind::kRotateSecret);
      if (rotation) ++rotations;
    }
    due_overdue_ = static_cast<std::int64_t>(rows->size());
    rotations_overdue_ = rotations;
  }
  if (const auto rows = store.due(barrier::TimeTable::kOutbox, kEndOfTime, limits::kDueBatchMax)) {
    outbox_waiting_ = static_cast<std::int64_t>(rows->size());
  }
  struct statvfs disk{};
  if (statvfs(audit_directory_.c_str(), &disk) == 0 && disk.f_blocks > 0) {
    const auto used = disk.f_blocks - disk.f_bavail;
    disk_used_permille_ = static_cast<std::int64_t>(used * 1000 / disk.f_blocks);
    disk_free_bytes_ = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
  }
}

Result<void> Samples::record(service::Engines& engines, Instant now, const std::string& name,
                             const std::string& detail) {
  SR_TRY(const auto transaction, engines.store.begin());
  due::record(
      *transaction, now,
      {name, engines.operator_account,
       "acs:kms:" + engines.region + ":" + engines.operator_account.text() + ":server", detail});
  SR_CHECK_OK(transaction->commit());
  return {};
}

Result<void> Samples::tell(service::Engines& engines, Instant now) {
  int mark = 0;
  std::string_view level;
  for (const auto& [percent, name] :
       {std::pair{70, "INFO"}, std::pair{85, "WARN"}, std::pair{95, "CRITICAL"}}) {
    if (disk_used_permille_.load() < std::int64_t{percent} * 10) continue;
    mark = percent;
    level = name;
  }
  const int before = std::exchange(disk_mark_, mark);
  if (mark > before) {
    SR_CHECK_OK(record(engines, now, "AuditLog:DiskUsage:Reminder",
                       R"({"level":")" + std::string(level) + R"(","percent":)" +
                           std::to_string(mark) + R"(,"freeBytes":)" +
                           std::to_string(disk_free_bytes_.load()) + "}"));
  }
  const std::int64_t offset = now.unix_ms - monotonic_ns() / kNanosPerMilli;
  const std::int64_t jump = offset - std::exchange(clock_offset_ms_, offset);
  const bool jumped =
      std::exchange(clock_seen_, true) && (jump > kJumpMillis || jump < -kJumpMillis);
  if (!jumped) return {};
  return record(engines, now, "Server:ClockSet:Reminder",
                R"({"level":"WARN","milliseconds":)" + std::to_string(jump) + "}");
}

void Samples::write(std::string& out) const {
  append_gauge(out, "strongroom_audit_lag_seconds",
               "Age of the oldest record of a commit that is not in the audit log yet",
               static_cast<double>(audit_lag_ms_.load()) / kPermille);
  append_gauge(out, "strongroom_due_overdue",
               "Tasks that fell due more than a minute ago and are not done, at most 100",
               static_cast<double>(due_overdue_.load()));
  append_gauge(out, "strongroom_rotation_overdue", "Rotations among them",
               static_cast<double>(rotations_overdue_.load()));
  append_gauge(out, "strongroom_outbox_waiting", "Notices that wait for delivery, at most 100",
               static_cast<double>(outbox_waiting_.load()));
  append_gauge(out, "strongroom_audit_disk_used_ratio",
               "Used part of the file system that holds the audit log",
               static_cast<double>(disk_used_permille_.load()) / kPermille);
  append_gauge(out, "strongroom_audit_disk_free_bytes", "Free bytes of that file system",
               static_cast<double>(disk_free_bytes_.load()));
}

}  // namespace strongroom::server
