#include "recovery_watch.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "strongroom/barrier/upkeep.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/log.h"
#include "strongroom/due/due.h"

namespace strongroom::server {
namespace {

constexpr std::int64_t kIdleMillis = 1'000;
constexpr std::int64_t kMillisPerMinute = 60'000;
constexpr std::int64_t kRetryMinutes = 5;
// Transactions that were begun under the old epoch are over by then.
constexpr std::int64_t kSettleMillis = 5'000;
constexpr std::int64_t kResealPauseMillis = 10;  // between two commits
constexpr int kLowestPriority = 19;

void be_unimportant() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kLowestPriority);
}

/// True when `interval` has passed since the last success, and a while since the last failure.
bool is_due(Instant now, Instant done, Instant failed, std::uint64_t interval_minutes) {
  const auto interval = static_cast<std::int64_t>(interval_minutes) * kMillisPerMinute;
  const auto retry =
      std::min<std::int64_t>(static_cast<std::int64_t>(interval_minutes), kRetryMinutes) *
      kMillisPerMinute;
  return now.unix_ms - done.unix_ms >= interval && now.unix_ms - failed.unix_ms >= retry;
}

}  // namespace

RecoveryWatch::RecoveryWatch(const WatchedServer& server)
    : server_(server), status_(read_recovery_status(server.config.data_directory)) {
  const BackupConfig& config = server.config.backup;
  if (config.interval_minutes > 0)
    backups_ = std::make_unique<Periodic>([this] { return backup_step(); });
  if (config.drill_interval_minutes > 0)
    drills_ = std::make_unique<Periodic>([this] { return drill_step(); });
  reseals_ = std::make_unique<Periodic>([this] { return reseal_step(); });
}

void RecoveryWatch::stop() {
  stopping_ = true;
  for (auto* periodic : {&backups_, &drills_, &reseals_}) {
    if (*periodic) (*periodic)->stop();
  }
}

RecoveryStatus RecoveryWatch::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void RecoveryWatch::event(const std::string& name, const std::string& why) {
  auto transaction = server_.store.begin();
  if (!transaction) return;
  std::string detail;
  JsonWriter json(detail);
  json.begin_object();
  json.member("why", why);
  json.end_object();
  due::record(**transaction, server_.clock.now(),
              {.name = name, .account = server_.account, .resource = "", .detail_json = detail});
  if (const auto done = (*transaction)->commit(); !done)
    log::warn("event_not_recorded", {{"event", name}, {"code", done.error().code()}});
}

void RecoveryWatch::note(const RecoveryStatus& changed) {
  const auto written = write_recovery_status(server_.config.data_directory, changed);
  if (!written) log::warn("recovery_status_not_written", {{"why", written.error().message()}});
}

std::int64_t RecoveryWatch::backup_step() {
  be_unimportant();
  const BackupConfig& config = server_.config.backup;
  const RecoveryStatus before = status();
  if (!is_due(server_.clock.now(), before.last_backup, before.last_backup_failure,
              config.interval_minutes))
    return kIdleMillis;
  const auto made = take_scheduled_backup({.engine = server_.engine,
                                           .data_directory = server_.config.data_directory,
                                           .keys = server_.keys},
                                          config, &stopping_);
  if (stopping_) return kIdleMillis;
  if (made) {
    log::info("backup_taken", {{"path", made->path}});
  } else {
    log::error("backup_failed", {{"code", made.error().code()}, {"why", made.error().message()}});
    event("Backup:Failed", made.error().message());
  }
  const std::lock_guard lock(mutex_);
  (made ? status_.last_backup : status_.last_backup_failure) = server_.clock.now();
  if (!made) status_.last_failure = made.error().message();
  note(status_);
  return kIdleMillis;
}

std::int64_t RecoveryWatch::drill_step() {
  be_unimportant();
  const RecoveryStatus before = status();
  if (!is_due(server_.clock.now(), before.last_drill, before.last_drill_failure,
              server_.config.backup.drill_interval_minutes))
    return kIdleMillis;
  const auto proven = drill(server_.config);
  // A new server has no backup yet; its absence shows in the age of the last one.
  if (!proven && proven.error().code() == "Backup.None") return kMillisPerMinute;
  if (proven) {
    log::info("restore_proven", {{"path", proven->path}});
  } else {
    log::error("drill_failed",
               {{"code", proven.error().code()}, {"why", proven.error().message()}});
    event("Drill:Failed", proven.error().message());
  }
  const std::lock_guard lock(mutex_);
  (proven ? status_.last_drill : status_.last_drill_failure) = server_.clock.now();
  if (proven) status_.last_proof = describe(proven->proof);
  if (!proven) status_.last_failure = proven.error().message();
  note(status_);
  return kIdleMillis;
}

std::int64_t RecoveryWatch::reseal_step() {
  be_unimportant();
  const auto ring = barrier::upkeep_of(server_.store).keyring();
  if (ring.epochs.size() <= 1 || server_.store.sealed()) return kIdleMillis;
  if (retired_ == ring.current) return kIdleMillis;
  if (server_.clock.now().unix_ms - ring.since.unix_ms < kSettleMillis) return kIdleMillis;
  const auto step = barrier::upkeep_of(server_.store).reseal_some(cursor_);
  if (!step) {
    log::warn("reseal_failed", {{"code", step.error().code()}, {"why", step.error().message()}});
    return kIdleMillis;
  }
  walk_resealed_ += step->resealed;
  if (!step->end) return step->resealed > 0 ? kResealPauseMillis : 0;
  if (std::exchange(walk_resealed_, 0) > 0) return 0;  // once more, until nothing is left
  const auto left = barrier::upkeep_of(server_.store).retire_epochs();
  if (!left) {
    log::warn("epoch_not_retired", {{"why", left.error().message()}});
    return kIdleMillis;
  }
  if (*left > 0) return kIdleMillis;
  retired_ = ring.current;
  log::info("keyring_epochs_retired", {{"epoch", static_cast<std::int64_t>(ring.current)}});
  event("Keyring:Resealed", "every record is sealed under epoch " + std::to_string(ring.current));
  return kIdleMillis;
}

}  // namespace strongroom::server
