#include "samples.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <limits>
#include <utility>

#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"
#include "strongroom/base/time.h"
#include "strongroom/due/due.h"
#include "strongroom/instances/instances.h"
#include "strongroom/metrics/text.h"

namespace strongroom::server {
namespace {

constexpr Instant kEndOfTime{std::numeric_limits<std::int64_t>::max()};
constexpr std::int64_t kGraceMillis = 60'000;  // what fell due this long ago is overdue
constexpr std::int64_t kJumpMillis = 5'000;
constexpr std::int64_t kBlockBytes = 512;  // stat(2)
constexpr double kPermille = 1000.0;

constexpr int kCriticalPercent = 90;

using metrics::append_counter;
using metrics::append_gauge;

Result<void> record(service::Engines& engines, Instant now, const due::Event& event) {
  SR_TRY(const auto transaction, engines.store.begin());
  due::record(*transaction, now, event);
  SR_CHECK_OK(transaction->commit());
  return {};
}

due::Event server_event(const service::Engines& engines, const std::string& name,
                        const std::string& detail) {
  const std::string account = engines.operator_account.text();
  return {name, engines.operator_account, "acs:kms:" + engines.region + ":" + account + ":server",
          detail};
}

// What was told of within the last hour stays.
template <class Told>
void forget_old(Told& told, Instant now) {
  std::erase_if(
      told, [now](const auto& one) { return one.second.unix_ms + kMillisPerHour <= now.unix_ms; });
}

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
  struct stat file{};
  if (stat(store_file_.c_str(), &file) == 0) store_bytes_ = file.st_blocks * kBlockBytes;
  struct statvfs disk{};
  if (statvfs(audit_directory_.c_str(), &disk) == 0 && disk.f_blocks > 0) {
    // As df says it: of what may be used, without what is set apart for others.
    const auto used = disk.f_blocks - disk.f_bfree;
    const auto usable = std::max<std::uint64_t>(used + disk.f_bavail, 1);
    disk_used_permille_ = static_cast<std::int64_t>(used * 1000 / usable);
    disk_free_bytes_ = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
  }
}

Result<void> Samples::tell(service::Engines& engines, Instant now) {
  SR_CHECK_OK(tell_seal(engines, now));
  SR_CHECK_OK(tell_disk(engines, now));
  SR_CHECK_OK(tell_clock(engines, now));
  SR_CHECK_OK(tell_repeats(engines, now));
  return tell_limits(engines, now);
}

Result<void> Samples::tell_disk(service::Engines& engines, Instant now) {
  int mark = 0;
  std::string_view level;
  for (const auto& [percent, name] :
       {std::pair{70, "INFO"}, std::pair{85, "WARN"}, std::pair{95, "CRITICAL"}}) {
    if (disk_used_permille_.load() < std::int64_t{percent} * 10) continue;
    mark = percent;
    level = name;
  }
  const int before = std::exchange(disk_mark_, mark);
  if (mark <= before) return {};
  return record(
      engines, now,
      server_event(engines, "AuditLog:DiskUsage:Reminder",
                   R"({"level":")" + std::string(level) + R"(","percent":)" + std::to_string(mark) +
                       R"(,"freeBytes":)" + std::to_string(disk_free_bytes_.load()) + "}"));
}

Result<void> Samples::tell_clock(service::Engines& engines, Instant now) {
  const std::int64_t offset = now.unix_ms - monotonic_ns() / kNanosPerMilli;
  const std::int64_t jump = offset - std::exchange(clock_offset_ms_, offset);
  const bool jumped =
      std::exchange(clock_seen_, true) && (jump > kJumpMillis || jump < -kJumpMillis);
  if (!jumped) return {};
  return record(engines, now,
                server_event(engines, "Server:ClockSet:Reminder",
                             R"({"level":"WARN","milliseconds":)" + std::to_string(jump) + "}"));
}

Result<void> Samples::tell_limits(service::Engines& engines, Instant now) {
  if (flow_ == nullptr) return {};
  forget_old(limits_told_, now);
  for (const service::FlowMark& mark : flow_->take_marks()) {
    // An instance's mark has its id in place of an action.
    const std::string group = mark.instance.empty() ? std::string(mark.group) : mark.instance;
    if (!limits_told_.try_emplace({mark.account, group, mark.percent}, now).second) continue;
    SR_CHECK_OK(record(
        engines, now,
        {"Quota:Qps:Reminder", mark.account,
         mark.instance.empty()
             ? "acs:kms:" + engines.region + ":" + mark.account.text() + ":quota/" + group
             : engines.instances.arn(mark.account, mark.instance),
         R"({"level":")" + std::string(mark.percent >= kCriticalPercent ? "CRITICAL" : "INFO") +
             R"(","percent":)" + std::to_string(mark.percent) + R"(,"limit":)" +
             std::to_string(mark.limit) +
             (mark.instance.empty() ? R"(,"action":")" : R"(,"instance":")") + group + "\"}"}));
  }
  return {};
}

Result<void> Samples::tell_repeats(service::Engines& engines, Instant now) {
  forget_old(repeats_told_, now);
  for (const gateway_instance::ReplayAlarm& alarm : repeats_.take()) {
    if (!repeats_told_.try_emplace(alarm.client_key_id, now).second) continue;
    log::warn("request_repeated_elsewhere",
              {{"client_key", alarm.client_key_id}, {"source", alarm.source}});
    SR_CHECK_OK(record(engines, now,
                       {"ClientKey:Replay:Detected", alarm.account, alarm.access_point_arn,
                        R"({"level":"CRITICAL","clientKeyId":")" + alarm.client_key_id +
                            R"(","sourceIp":")" + alarm.source + "\"}"}));
  }
  return {};
}

Result<void> Samples::tell_seal(service::Engines& engines, Instant now) {
  if (engines.store.sealed()) {
    if (!std::exchange(seal_noted_, true)) {
      std::ofstream(seal_marker_) << format_utc(now) << "\n";
    }
    return {};
  }
  std::string since;
  if (!std::getline(std::ifstream(seal_marker_), since) || !parse_utc(since)) return {};
  SR_CHECK_OK(record(engines, now,
                     server_event(engines, "Server:Sealed:Failure",
                                  R"({"level":"CRITICAL","sealedAt":")" + since + "\"}")));
  std::remove(seal_marker_.c_str());
  return {};
}

void StoreCounter::on_change(store::Revision, std::span<const store::AppliedWrite> writes) {
  groups_.fetch_add(1, std::memory_order_relaxed);
  rows_.fetch_add(writes.size(), std::memory_order_relaxed);
}

void StoreCounter::write(std::string& out) const {
  append_counter(out, "strongroom_store_commits_total", "Groups of changes synced together",
                 groups_.load());
  append_counter(out, "strongroom_store_rows_written_total", "Rows written or removed by them",
                 rows_.load());
}

void Samples::write(std::string& out) const {
  commits_.write(out);
  append_gauge(out, "strongroom_store_file_bytes", "Bytes that the store's file takes on the disk",
               static_cast<double>(store_bytes_.load()));
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
