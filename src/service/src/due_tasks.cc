// Work that falls due, driven downward: each task in one transaction that also removes its row and
// holds its audit row, so it is done once however often the worker is killed.

#include "strongroom/aap/access_points.h"
#include "strongroom/base/limits.h"
#include "strongroom/due/due.h"
#include "strongroom/keys/keys.h"
#include "strongroom/secrets/secrets.h"
#include "strongroom/service/service.h"

namespace strongroom::service {
namespace {

constexpr Operation kPurgeSecret{.api = kKms, .name = "PurgeSecret", .effect = Effect::kMutation};
constexpr Operation kRotateKey{.api = kKms, .name = "RotateKey", .effect = Effect::kMutation};
constexpr Operation kExpireKeyMaterial{
    .api = kKms, .name = "ExpireKeyMaterial", .effect = Effect::kMutation};
constexpr Operation kDeleteKey{.api = kKms, .name = "DeleteKey", .effect = Effect::kMutation};

constexpr Operation kRemindClientKey{
    .api = kKms, .name = "RemindClientKey", .effect = Effect::kMutation};

// Tells whether anything was done, and what it was done to, for the record.
struct Work {
  const Operation* operation;
  bool done;
  std::string resource;
};

Result<Work> run_task(Engines& engines, barrier::Transaction& transaction, const due::Task& task,
                      Instant now) {
  switch (task.kind) {
    case due::Kind::kPurgeSecret: {
      SR_TRY(const bool done, engines.secrets.purge_due(transaction, task, now));
      return Work{&kPurgeSecret, done, engines.secrets.arn(task.account, task.name)};
    }
    case due::Kind::kDeleteKey: {
      SR_TRY(const bool done, engines.keys.delete_due(transaction, task, now));
      return Work{&kDeleteKey, done, engines.keys.arn(task.account, task.name)};
    }
    case due::Kind::kRotateKey: {
      SR_TRY(const bool done, engines.keys.rotate_due(transaction, task, now));
      return Work{&kRotateKey, done, engines.keys.arn(task.account, task.name)};
    }
    case due::Kind::kExpireKeyMaterial: {
      SR_TRY(const bool done, engines.keys.expire_due(transaction, task, now));
      return Work{&kExpireKeyMaterial, done, engines.keys.arn(task.account, task.name)};
    }
    case due::Kind::kRemindClientKey: {
      SR_TRY(const bool done, engines.access_points.remind_due(transaction, task, now));
      return Work{&kRemindClientKey, done, task.name};
    }
  }
  return fail(ErrorKind::kCorrupt, "DueKind", "a due row of an unknown kind");
}

Result<store::Revision> attempt_due(Engines& engines, const barrier::TimedRow& row,
                                    const due::Task& task, Instant now) {
  SR_TRY(const auto transaction, engines.store.begin());
  SR_TRY(const Work work, run_task(engines, *transaction, task, now));
  transaction->remove_timed(row.key, row.record->modified());
  if (work.done) {
    const identity::Principal system{.kind = identity::PrincipalKind::kSystem,
                                     .account = task.account,
                                     .id = "system",
                                     .name = "system",
                                     .arn = "",
                                     .access_key_id = "",
                                     .session = false,
                                     .policies = nullptr};
    const std::string request_id = Uuid::generate(engines.random).upper();
    const Request request{.operation = work.operation,
                          .principal = &system,
                          .parameters = nullptr,
                          .host = "",
                          .request_id = request_id,
                          .source_ip = "",
                          .user_agent = "",
                          .now = now};
    Outcome outcome;
    outcome.facts.resource = work.resource;
    outcome.facts.decision = "allow";
    const std::string leaf = audit::encode(audit_record(request, outcome, 200, engines.region));
    transaction->put_timed(barrier::TimeTable::kAuditPending, now, as_bytes(leaf));
  }
  return transaction->commit();
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
