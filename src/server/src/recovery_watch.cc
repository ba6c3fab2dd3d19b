#include "recovery_watch.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "root_follower.h"
#include "server_event.h"
#include "strongroom/barrier/data_directory.h"
#include "strongroom/barrier/upkeep.h"
#include "strongroom/base/log.h"

namespace strongroom::server {
namespace {

constexpr std::int64_t kIdleMillis = 1'000;
constexpr std::int64_t kRootMillis = 500;
constexpr std::int64_t kRetryMinutes = 5;
// Transactions that were begun under the old epoch are over by then.
constexpr std::int64_t kSettleMillis = 5'000;
constexpr std::int64_t kResealPauseMillis = 10;  // between two commits
constexpr int kLowestPriority = 19;
constexpr int kLastPercent = 99;

void be_unimportant() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kLowestPriority);
}

/// True when `interval` has passed since the last success, and a while since the last attempt. What
/// lies in the future was noted while the clock was wrong, and does not count.
bool is_due(Instant now, Instant done, Instant tried, std::uint64_t interval_minutes) {
  const auto interval = static_cast<std::int64_t>(interval_minutes) * kMillisPerMinute;
  const auto retry =
      std::min<std::int64_t>(static_cast<std::int64_t>(interval_minutes), kRetryMinutes) *
      kMillisPerMinute;
  const auto passed = [now](Instant since, std::int64_t millis) {
    const std::int64_t age = now.unix_ms - since.unix_ms;
    return age >= millis || age < -kMillisPerMinute;
  };
  return passed(done, interval) && passed(tried, retry);
}

/// What the seal file says. Zeros if it cannot be read now.
struct SealFacts {
  barrier::RootFacts root;
  std::size_t slots = 0;
};

SealFacts seal_facts(const std::string& data_directory) {
  const auto files = barrier::read_directory_files(data_directory);
  if (!files) return {};
  const auto slots = barrier::list_slots(files->seal);
  return {.root = barrier::root_facts(files->seal).value_or(barrier::RootFacts{}),
          .slots = slots ? slots->size() : 0};
}

bool earlier(Instant a, Instant b) {
  return a.unix_ms < b.unix_ms;
}

}  // namespace

RecoveryWatch::RecoveryWatch(const WatchedServer& server) : server_(server) {
  const BackupConfig& config = server.config.backup;
  if (config.interval_minutes > 0)
    backups_ = std::make_unique<Periodic>([this] { return backup_step(); });
  if (config.drill_interval_minutes > 0)
    drills_ = std::make_unique<Periodic>([this] { return drill_step(); });
  reseals_ = std::make_unique<Periodic>([this] { return reseal_step(); });
  roots_ = std::make_unique<Periodic>([this] { return root_step(); });
}

void RecoveryWatch::stop() {
  stopping_ = true;
  for (auto* periodic : {&backups_, &drills_, &reseals_, &roots_}) {
    if (*periodic) (*periodic)->stop();
  }
}

void RecoveryWatch::event(const std::string& name, const std::string& level,
                          const std::string& why) {
  tell_event(server_.store, server_.account, server_.clock.now(), name, level, why);
}

void RecoveryWatch::note(const std::function<void(RecoveryStatus&)>& change) {
  const std::lock_guard lock(note_mutex_);
  RecoveryStatus changed = status();
  change(changed);
  const auto written = write_recovery_status(server_.config.data_directory, changed);
  if (!written) log::warn("recovery_status_not_written", {{"why", written.error().message()}});
}

std::int64_t RecoveryWatch::backup_step() {
  be_unimportant();
  const BackupConfig& config = server_.config.backup;
  const RecoveryStatus before = status();
  if (!is_due(server_.clock.now(), before.last_backup,
              std::max(before.last_backup_failure, backup_tried_, earlier),
              config.interval_minutes))
    return kIdleMillis;
  backup_tried_ = server_.clock.now();
  const auto made = take_scheduled_backup({.engine = server_.engine,
                                           .data_directory = server_.config.data_directory,
                                           .keys = server_.keys},
                                          config, &stopping_);
  if (stopping_) return kIdleMillis;
  if (made) {
    log::info("backup_taken", {{"path", made->path}});
  } else {
    log::error("backup_failed", {{"code", made.error().code()}, {"why", made.error().message()}});
    event("Backup:Failed", "CRITICAL", made.error().message());
  }
  note([&](RecoveryStatus& now) {
    (made ? now.last_backup : now.last_backup_failure) = server_.clock.now();
    if (!made) now.last_failure = made.error().message();
  });
  return kIdleMillis;
}

std::int64_t RecoveryWatch::drill_step() {
  be_unimportant();
  const RecoveryStatus before = status();
  if (!is_due(server_.clock.now(), before.last_drill,
              std::max(before.last_drill_failure, drill_tried_, earlier),
              server_.config.backup.drill_interval_minutes))
    return kIdleMillis;
  const auto proven = drill(server_.config);
  // A new server has no backup yet; its absence shows in the age of the last one.
  if (!proven && proven.error().code() == "Backup.None") return kMillisPerMinute;
  drill_tried_ = server_.clock.now();
  if (proven) {
    log::info("restore_proven", {{"path", proven->path}});
  } else {
    log::error("drill_failed",
               {{"code", proven.error().code()}, {"why", proven.error().message()}});
    event("Drill:Failed", "CRITICAL", proven.error().message());
  }
  note([&](RecoveryStatus& now) {
    (proven ? now.last_drill : now.last_drill_failure) = server_.clock.now();
    if (proven) now.last_proof = describe(proven->proof);
    if (!proven) now.last_failure = proven.error().message();
  });
  return kIdleMillis;
}

std::int64_t RecoveryWatch::reseal_step() {
  be_unimportant();
  const auto ring = barrier::upkeep_of(server_.store).keyring();
  if (is_retired(ring.current) || server_.store.sealed()) return kIdleMillis;
  const std::int64_t age_ms = server_.clock.now().unix_ms - ring.since.unix_ms;
  // Far in the future: it was begun while the clock was wrong.
  if (age_ms < kSettleMillis && age_ms > -kMillisPerMinute) return kIdleMillis;
  const auto step = barrier::upkeep_of(server_.store).reseal_some(cursor_);
  if (!step) {
    log::warn("reseal_failed", {{"code", step.error().code()}, {"why", step.error().message()}});
    return kIdleMillis;
  }
  walk_resealed_ += step->resealed;
  percent_ = step->percent;
  if (!step->end) return step->resealed > 0 ? kResealPauseMillis : 0;
  walked_ = ring.current;
  if (std::exchange(walk_resealed_, 0) > 0) return 0;  // once more, until nothing is left
  if (const auto done = retire(ring.current); !done)
    log::warn("epoch_not_retired", {{"why", done.error().message()}});
  return kIdleMillis;
}

// `strongroomd root rotate` has put a new root into the seal, now or before this start.
std::int64_t RecoveryWatch::root_step() {
  const barrier::RootFacts root = seal_facts(server_.config.data_directory).root;
  if (!root.changing || server_.store.sealed()) return kRootMillis;
  SystemRandom random;
  const auto followed = follow_root(server_.config, server_.store, random);
  if (!followed && followed.error().code() == "Seal.Busy") return kRootMillis;
  if (!followed) {
    log::error("root_not_followed",
               {{"code", followed.error().code()}, {"why", followed.error().message()}});
    return kRetryMinutes * kMillisPerMinute;  // tokens count refusals
  }
  if (!*followed) return kRootMillis;
  log::info("root_followed", {{"root", static_cast<std::int64_t>(root.number)}});
  event("Root:Replaced", "WARN", "root " + std::to_string(root.number) + " opens the data now");
  return kRootMillis;
}

// Leaves it to the next walk if a row still needs an old epoch.
Result<void> RecoveryWatch::retire(std::uint32_t epoch) {
  // Noted first: a kill in between must not make an older compaction look like the newer one.
  note([this](RecoveryStatus& now) { now.last_retirement = server_.clock.now(); });
  SR_TRY(const std::uint64_t left, barrier::upkeep_of(server_.store).retire_epochs());
  if (left > 0) return {};
  retired_ = epoch;
  log::info("keyring_epochs_retired", {{"epoch", static_cast<std::int64_t>(epoch)}});
  event("Keyring:Resealed", "INFO", "every record is sealed under epoch " + std::to_string(epoch));
  return {};
}

// The ring in memory keeps old epochs for readers of older snapshots until the process ends.
bool RecoveryWatch::is_retired(std::uint32_t epoch) const {
  return retired_ == epoch || barrier::upkeep_of(server_.store).keyring().epochs.size() <= 1;
}

service::Caretaker::Facts RecoveryWatch::facts() const {
  const auto ring = barrier::upkeep_of(server_.store).keyring();
  const bool retired = is_retired(ring.current);
  // After the first walk only what was written meanwhile is looked for.
  const int percent = walked_ == ring.current ? kLastPercent : percent_.load();
  const RecoveryStatus now = status();
  const SealFacts seal = seal_facts(server_.config.data_directory);
  const auto superblock = barrier::read_superblock(server_.config.data_directory);
  return {.last_backup = now.last_backup,
          .last_backup_failure = now.last_backup_failure,
          .last_proven_restore = now.last_drill,
          .last_drill_failure = now.last_drill_failure,
          .last_failure = now.last_failure,
          .keyring_epoch = ring.current,
          .keyring_since = ring.since,
          .keyring_epochs = retired ? 1 : ring.epochs.size(),
          .resealed_percent = retired ? 100 : percent,
          .last_retirement = now.last_retirement,
          .last_compaction = now.last_compaction,
          .root = seal.root.number,
          .root_since = seal.root.since,
          .root_changing = seal.root.changing,
          .format_epoch = superblock ? superblock->format_epoch : 0U,
          .seal_slots = seal.slots,
          .development = superblock && superblock->mode == barrier::Mode::kDev};
}

Result<std::optional<std::int64_t>> RecoveryWatch::accept_clock(barrier::Transaction& transaction) {
  SR_TRY(const auto doubted, server_.guard.accept(transaction));
  if (!doubted) return std::nullopt;
  return doubted->ahead_ms;
}

Result<void> RecoveryWatch::begin_epoch_after(std::uint32_t epoch) {
  barrier::Upkeep& upkeep = barrier::upkeep_of(server_.store);
  if (upkeep.keyring().current != epoch) return {};
  SR_TRY(const std::uint32_t begun, upkeep.rotate_keyring(server_.clock.now()));
  percent_ = 0;
  log::info("keyring_epoch_begun", {{"epoch", static_cast<std::int64_t>(begun)}});
  return {};
}

}  // namespace strongroom::server
