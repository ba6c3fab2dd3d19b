// Work that falls due, driven downward: each task in one transaction that also removes its row and
// holds its audit row, so it is done once however often the worker is killed.

#include <algorithm>
#include <charconv>

#include "secret_readers.h"
#include "strongroom/aap/access_points.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"
#include "strongroom/due/due.h"
#include "strongroom/instances/instances.h"
#include "strongroom/keys/keys.h"
#include "strongroom/rotation/rotations.h"
#include "strongroom/secrets/secrets.h"
#include "strongroom/service/caretaker.h"
#include "strongroom/service/rotation_driver.h"
#include "strongroom/service/service.h"
#include "system_record.h"

namespace strongroom::service {
namespace {

constexpr Operation kPurgeSecret{.api = kKms, .name = "PurgeSecret", .effect = Effect::kMutation};
constexpr Operation kRotateSecret{
    .api = kKms, .name = "RotateSecretStep", .effect = Effect::kMutation};
constexpr Operation kRotateKey{.api = kKms, .name = "RotateKey", .effect = Effect::kMutation};
constexpr Operation kExpireKeyMaterial{
    .api = kKms, .name = "ExpireKeyMaterial", .effect = Effect::kMutation};
constexpr Operation kDeleteKey{.api = kKms, .name = "DeleteKey", .effect = Effect::kMutation};

constexpr Operation kRemindClientKey{
    .api = kKms, .name = "RemindClientKey", .effect = Effect::kMutation};

constexpr Operation kRemindInstance{
    .api = kKms, .name = "RemindInstance", .effect = Effect::kMutation};

constexpr Operation kBeginEpoch{
    .api = kStrongroom, .name = "BeginKeyringEpoch", .effect = Effect::kMutation};

constexpr std::int64_t kHeldBackMillis = 15LL * 60 * 1000;  // until the log is asked again

constexpr std::int64_t kQueuedMillis = 5'000;  // until a run that waits is looked at again

// Tells whether anything was done, and what it was done to, for the record.
struct Work {
  const Operation* operation;
  bool done;
  std::string resource;
  std::unique_ptr<rotation::Work> step = {};
};

/// What rotation kept of a secret that is about to be purged.
Result<void> forget_rotation(Engines& engines, barrier::Transaction& transaction,
                             const due::Task& task, Instant now) {
  if (engines.rotations == nullptr) return {};
  const auto view = engines.secrets.view(transaction, task.account, task.name);
  if (!view && view.error().kind() == ErrorKind::kNotFound) return {};
  if (!view) return std::unexpected(view.error());
  const Instant planned = view->planned_delete();
  if (view->uuid() != task.resource || planned == Instant{} || planned > now) return {};
  return engines.rotations->forget(transaction, view->decode());
}

/// A step of a rotation is only claimed in this transaction; the driver does it after the commit.
Result<Work> claim_rotation(Engines& engines, barrier::Transaction& transaction,
                            const due::Task& task, Instant now) {
  if (engines.rotations == nullptr || engines.driver == nullptr)
    return Work{&kRotateSecret, false, {}};
  if (!engines.driver->takes(task)) {
    due::schedule(transaction, {now.unix_ms + kQueuedMillis}, task);
    return Work{&kRotateSecret, false, {}};
  }
  SR_TRY(auto claimed, engines.rotations->claim(transaction, task, now));
  return Work{&kRotateSecret, claimed.changed, engines.secrets.arn(task.account, task.name),
              std::move(claimed.work)};
}

/// A new epoch is begun once for the epoch that the task names, however often this runs.
Result<Work> begin_epoch(Engines& engines, const due::Task& task) {
  std::uint32_t epoch = 0;
  const char* end = task.name.data() + task.name.size();
  const auto read = std::from_chars(task.name.data(), end, epoch);
  if (engines.caretaker == nullptr || read.ec != std::errc() || read.ptr != end)
    return Work{&kBeginEpoch, false, {}};
  SR_CHECK_OK(engines.caretaker->begin_epoch_after(epoch));
  return Work{&kBeginEpoch, true, "keyring/" + std::to_string(epoch + 1)};
}

/// An automatic rotation is not refused for want of room in the key's instance, but the mark of the
/// quota that it passes is told.
Result<void> note_key_usage(Engines& engines, barrier::Transaction& transaction,
                            const due::Task& task, Instant now) {
  SR_TRY(const keys::Key key, engines.keys.find(transaction, task.account, task.name));
  if (key.instance_id.empty()) return {};
  auto instance = engines.instances.find(transaction, task.account, key.instance_id);
  if (!instance && instance.error().kind() == ErrorKind::kDenied) return {};  // it was released
  if (!instance) return std::unexpected(instance.error());
  const std::uint64_t used = engines.keys.usage().used(task.account, key.instance_id) + 1;
  engines.instances.note_usage(transaction, std::move(*instance), instances::Quota::kKeys, used,
                               now);
  return {};
}

Result<Work> run_task(Engines& engines, barrier::Transaction& transaction, const due::Task& task,
                      Instant now) {
  switch (task.kind) {
    case due::Kind::kPurgeSecret: {
      SR_CHECK_OK(forget_rotation(engines, transaction, task, now));
      SR_TRY(const bool done, engines.secrets.purge_due(transaction, task, now));
      return Work{&kPurgeSecret, done, engines.secrets.arn(task.account, task.name)};
    }
    case due::Kind::kDeleteKey: {
      SR_TRY(const bool done, engines.keys.delete_due(transaction, task, now));
      return Work{&kDeleteKey, done, engines.keys.arn(task.account, task.name)};
    }
    case due::Kind::kRotateKey: {
      SR_TRY(const bool done, engines.keys.rotate_due(transaction, task, now));
      if (done) SR_CHECK_OK(note_key_usage(engines, transaction, task, now));
      return Work{&kRotateKey, done, engines.keys.arn(task.account, task.name)};
    }
    case due::Kind::kExpireKeyMaterial: {
      SR_TRY(const bool done, engines.keys.expire_due(transaction, task, now));
      return Work{&kExpireKeyMaterial, done, engines.keys.arn(task.account, task.name)};
    }
    case due::Kind::kRotateSecret:
      return claim_rotation(engines, transaction, task, now);
    case due::Kind::kLookAtTarget:  // after the commit; it waits for the target
      return Work{&kRotateSecret, false, {}};
    case due::Kind::kRemindClientKey: {
      SR_TRY(const bool done, engines.access_points.remind_due(transaction, task, now));
      return Work{&kRemindClientKey, done, task.name};
    }
    case due::Kind::kRemindInstance: {
      SR_TRY(const bool done, engines.instances.remind_due(transaction, task, now));
      return Work{&kRemindInstance, done, engines.instances.arn(task.account, task.name)};
    }
    case due::Kind::kRotateKeyring:
      return begin_epoch(engines, task);
  }
  return fail(ErrorKind::kCorrupt, "DueKind", "a due row of an unknown kind");
}

/// Whether somebody's newest read of the secret was of an old version. True if the log does not
/// tell: a rotation that waits in vain harms nobody, and it waits for a time only.
bool somebody_is_behind(const Engines& engines, const rotation::Patience& patience, Instant now) {
  const auto readers =
      readers_of(*engines.call_log, patience.arn, {now.unix_ms - kReadersLookBackMillis});
  if (!readers) {
    log::warn("secret_readers_unknown", {{"why", readers.error().message()}});
    return true;
  }
  return std::ranges::any_of(
      *readers, [&](const SecretReader& reader) { return reader.version_id != patience.current; });
}

/// The row's new time if its rotation waits for readers of an old version (docs/rotation.md).
Result<std::optional<Instant>> held_back(Engines& engines, const due::Task& task, Instant now) {
  const bool rotates = task.kind == due::Kind::kRotateSecret && engines.rotations != nullptr;
  if (!rotates || engines.call_log == nullptr) return std::nullopt;
  SR_TRY(const auto reader, engines.store.reader());
  SR_TRY(const auto patience, engines.rotations->patience(*reader, task, now));
  if (!patience || !somebody_is_behind(engines, *patience, now)) return std::nullopt;
  return Instant{now.unix_ms + kHeldBackMillis};
}

Result<void> attempt_due(Engines& engines, const barrier::TimedRow& row, const due::Task& task,
                         Instant now) {
  SR_TRY(const auto later, held_back(engines, task, now));
  SR_TRY(const auto transaction, engines.store.begin());
  if (later) {
    transaction->remove_timed(row.key, row.record->modified());
    due::schedule(*transaction, *later, task);
    SR_CHECK_OK(transaction->commit());
    return {};
  }
  SR_TRY(Work work, run_task(engines, *transaction, task, now));
  transaction->remove_timed(row.key, row.record->modified());
  if (work.done) {
    record_deed(*transaction, {*work.operation, task.account, work.resource}, engines.random,
                engines.region, now);
  }
  SR_CHECK_OK(transaction->commit());
  if (work.step) engines.driver->start(std::move(work.step));
  if (task.kind == due::Kind::kLookAtTarget && engines.driver != nullptr)
    engines.driver->look_soon(task.account, task.name);
  return {};
}

}  // namespace

Result<void> Service::run_due(const barrier::TimedRow& row, Instant now) {
  SR_TRY(const due::Task task, due::decode(row.record->body()));
  for (int attempt = 0; attempt < limits::kConflictRetriesMax; ++attempt) {
    const auto committed = attempt_due(engines_, row, task, now);
    if (committed) return {};
    if (committed.error().kind() != ErrorKind::kConflict) return std::unexpected(committed.error());
  }
  return fail(ErrorKind::kConflict, "DueConflict",
              "the task's resource kept changing; it is tried again later");
}

}  // namespace strongroom::service
