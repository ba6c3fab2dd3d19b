// What tells an instance's owner that its term nears its end.

#include "errors.h"
#include "strongroom/instances/instances.h"

namespace strongroom::instances {

void Instances::schedule_reminders(barrier::Transaction& transaction, const Instance& instance,
                                   Instant now) {
  if (instance.end == Instant{} || instance.renewal_months != 0) return;
  for (const int days : kReminderDays) {
    const Instant when{instance.end.unix_ms - days * kMillisPerDay};
    if (when <= now) continue;
    due::schedule(transaction, when,
                  {due::Kind::kRemindInstance, instance.account, instance.id, instance.uuid, days});
  }
}

Result<bool> Instances::remind_due(barrier::Transaction& transaction, const due::Task& task,
                                   Instant now) const {
  auto instance = find(transaction, task.account, task.name);
  if (!instance && instance.error().kind() == ErrorKind::kDenied) return false;  // it was released
  if (!instance) return std::unexpected(instance.error());
  if (instance->uuid != task.resource || !pass_reminder(*instance, task.attempts, now))
    return false;
  save(transaction, *instance);
  due::record(
      transaction, now,
      {"Instance:Expiration:Reminder", instance->account, arn(instance->account, instance->id),
       R"({"level":")" + std::string(task.attempts > 7 ? "WARN" : "CRITICAL") +
           R"(","daysBefore":)" + std::to_string(task.attempts) + R"(,"endDate":")" +
           format_utc(instance->end) + "\"}"});
  return true;
}

}  // namespace strongroom::instances
