#include "strongroom/service/rotation_driver.h"

#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"
#include "system_record.h"

namespace strongroom::service {
namespace {

constexpr Operation kPromote{
    .api = kKms, .name = "RotateSecretPromote", .effect = Effect::kMutation};
constexpr Operation kEnd{.api = kKms, .name = "RotateSecretEnd", .effect = Effect::kMutation};

// Mutations wait on the same threads.
constexpr int kInspectionsMax = 8;

/// Runs `attempt` until it meets no conflict.
template <class Attempt>
auto without_conflict(Attempt attempt) {
  auto result = attempt();
  for (int round = 1; round < limits::kConflictRetriesMax && !result &&
                      result.error().kind() == ErrorKind::kConflict;
       ++round)
    result = attempt();
  return result;
}

std::string key_of(const due::Task& task) {
  return task.account.text() + "/" + task.name;
}

}  // namespace

RotationDriver::RotationDriver(Parts parts, std::size_t threads) : parts_(std::move(parts)) {
  if (threads > 0) pool_ = std::make_unique<WorkerPool>(threads, limits::kRotationQueueMax);
}

RotationDriver::~RotationDriver() {
  stop();
}

void RotationDriver::stop() {
  stopping_ = true;
  if (pool_) pool_->stop();
}

Result<std::size_t> RotationDriver::take_over() {
  const Instant now = parts_.clock.now();
  const rotation::Pace& pace = parts_.rotations.settings().pace;
  // The rows of leases lie where they end; twice as far, for a clock that was set back a little.
  const Instant until{now.unix_ms + 2 * (pace.budget_ms + pace.margin_ms)};
  SR_TRY(const auto rows,
         parts_.store.between(barrier::TimeTable::kDue, now, until, limits::kScanRowsMax));
  std::size_t taken = 0;
  for (const barrier::TimedRow& row : rows) {
    const auto task = due::decode(row.record->body());
    if (!task || task->kind != due::Kind::kRotateSecret) continue;
    const auto ended = without_conflict([&]() -> Result<bool> {
      SR_TRY(const auto transaction, parts_.store.begin());
      SR_TRY(const bool ours, parts_.rotations.take_over(*transaction, *task, now));
      if (!ours) return false;
      transaction->remove_timed(row.key, row.record->modified());
      SR_CHECK_OK(transaction->commit());
      return true;
    });
    // One that cannot be read, or a full disk: its lease runs out.
    if (!ended)
      log::warn("rotation_not_taken_over",
                {{"code", ended.error().code()}, {"why", ended.error().message()}});
    if (ended && *ended) ++taken;
  }
  return taken;
}

bool RotationDriver::takes(const due::Task& task) {
  const std::lock_guard lock(mutex_);
  return held_.size() < limits::kRotationQueueMax && !held_.contains(key_of(task));
}

void RotationDriver::start(WorkRef work) {
  const std::string target = work->target;
  {
    const std::lock_guard lock(mutex_);
    held_.insert(key_of(work->task));
    const auto [entry, idle] = busy_.try_emplace(target);
    if (!idle) {
      entry->second.push_back(std::move(work));
      return;
    }
  }
  if (!pool_) return run(std::move(work));
  const std::string key = key_of(work->task);
  WorkerPool::Job job = [this, work = std::move(work)]() mutable { run(std::move(work)); };
  if (pool_->post(job)) return;
  const std::lock_guard lock(mutex_);
  held_.erase(key);
  const auto entry = busy_.find(target);
  for (const WorkRef& waiting : entry->second) held_.erase(key_of(waiting->task));
  busy_.erase(entry);
}

// One target's work, one after the other.
void RotationDriver::run(WorkRef work) {
  const std::string target = work->target;
  while (work) {
    const std::string key = key_of(work->task);
    if (!may_begin(*work)) work = nullptr;
    while (work) work = drive(std::move(work));
    const std::lock_guard lock(mutex_);
    held_.erase(key);
    const auto entry = busy_.find(target);
    if (entry->second.empty()) {
      busy_.erase(entry);
      return;
    }
    work = std::move(entry->second.front());
    entry->second.erase(entry->second.begin());
  }
}

// The lease must last for the whole step: what had to wait gets a new one, unless the run was
// undone meanwhile.
bool RotationDriver::may_begin(rotation::Work& work) {
  if (stopping_) return false;
  const Instant now = parts_.clock.now();
  if (now.unix_ms + work.job.budget_ms <= work.lease_until.unix_ms) return true;
  const auto renewed = without_conflict([&]() -> Result<bool> {
    SR_TRY(const auto transaction, parts_.store.begin());
    SR_TRY(const bool ours, parts_.rotations.renew(*transaction, work, now));
    if (ours) SR_CHECK_OK(transaction->commit());
    return ours;
  });
  if (!renewed)
    log::warn("rotation_lease_lost",
              {{"code", renewed.error().code()}, {"why", renewed.error().message()}});
  return renewed && *renewed;
}

RotationDriver::WorkRef RotationDriver::drive(WorkRef work) {
  const auto outcome = parts_.runner.run(std::move(work->job));
  auto next = settle_and_claim(*work, outcome);
  if (next) return std::move(*next);
  log::warn("rotation_step_failed",
            {{"code", next.error().code()}, {"why", next.error().message()}});
  return nullptr;
}

Result<RotationDriver::WorkRef> RotationDriver::settle_and_claim(
    const rotation::Work& work, const Result<connector::Outcome>& outcome) {
  SR_TRY(const auto settled, without_conflict([&] { return settle(work, outcome); }));
  if (settled.stale || settled.ended || stopping_) return nullptr;
  return without_conflict([&] { return claim(work.task); });
}

Result<rotation::Rotations::Settled> RotationDriver::settle(
    const rotation::Work& work, const Result<connector::Outcome>& outcome) {
  const Instant now = parts_.clock.now();
  SR_TRY(const auto transaction, parts_.store.begin());
  SR_TRY(auto settled, parts_.rotations.settle(*transaction, work, outcome, now));
  if (settled.stale) return settled;
  if (settled.promoted || settled.ended) {
    record_deed(
        *transaction,
        {settled.promoted ? kPromote : kEnd, work.task.account, settled.arn, settled.version_id},
        parts_.random, parts_.region, now);
  }
  SR_CHECK_OK(transaction->commit());
  return settled;
}

Result<RotationDriver::WorkRef> RotationDriver::claim(const due::Task& task) {
  const Instant now = parts_.clock.now();
  SR_TRY(const auto transaction, parts_.store.begin());
  SR_TRY(auto claimed, parts_.rotations.claim(*transaction, task, now));
  if (claimed.changed) SR_CHECK_OK(transaction->commit());
  return std::move(claimed.work);
}

Result<bool> RotationDriver::look(AccountId account, const std::string& name) {
  std::optional<rotation::Probe> probe;
  {
    SR_TRY(const auto reader, parts_.store.reader());
    auto found = parts_.rotations.probe(*reader, account, name);
    // The target is not registered, or the key cannot be used: nothing to compare with.
    if (!found && (found.error().kind() == ErrorKind::kNotFound ||
                   found.error().kind() == ErrorKind::kInvalidInput ||
                   found.error().kind() == ErrorKind::kConflict))
      return false;
    if (!found) return std::unexpected(found.error());
    probe = std::move(*found);
  }
  if (!probe) return false;
  const auto outcome = parts_.runner.run(std::move(probe->job));
  if (!outcome || !outcome->succeeded() || outcome->facts.current == connector::Login::kUnknown)
    return false;
  const connector::Facts& facts = outcome->facts;
  const rotation::Probed probed{.epoch = probe->epoch,
                                .drifted = facts.current == connector::Login::kRefused,
                                .findings = facts.notes,
                                .proven = facts.current == connector::Login::kAccepted &&
                                          (!probe->pair || facts.previous == facts.current)};
  return without_conflict([&]() -> Result<bool> {
    SR_TRY(const auto transaction, parts_.store.begin());
    SR_TRY(const bool changed,
           parts_.rotations.note_probe(*transaction, probe->task, probed, parts_.clock.now()));
    if (!changed) return false;
    SR_CHECK_OK(transaction->commit());
    return true;
  });
}

Result<connector::Outcome> RotationDriver::inspect(connector::Job job) {
  if (inspecting_.fetch_add(1) >= kInspectionsMax) {
    --inspecting_;
    return fail(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
                "Service Unavailable Temporary: other dry runs still wait for their targets. Try "
                "again in some seconds.");
  }
  auto outcome = parts_.runner.run(std::move(job));
  --inspecting_;
  return outcome;
}

void RotationDriver::look_soon(AccountId account, const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    if (looks_.size() >= limits::kRotationQueueMax) return;
    looks_.push_back({account, name});
    if (looking_) return;
    looking_ = true;
  }
  post_look();
}

// At the end of the queue each time, so that rotations get their turn between two looks.
void RotationDriver::post_look() {
  WorkerPool::Job job = [this] {
    if (look_at_next()) post_look();
  };
  if (!pool_) return job();
  if (pool_->post(job)) return;
  const std::lock_guard lock(mutex_);
  looking_ = false;
}

bool RotationDriver::look_at_next() {
  std::unique_lock lock(mutex_);
  const Place place = std::move(looks_.front());
  looks_.pop_front();
  lock.unlock();
  if (const auto looked = stopping_ ? false : look(place.account, place.name); !looked)
    log::warn("target_look_failed",
              {{"code", looked.error().code()}, {"why", looked.error().message()}});
  lock.lock();
  looking_ = !looks_.empty() && !stopping_;
  return looking_;
}

}  // namespace strongroom::service
