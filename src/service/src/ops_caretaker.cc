// The server's recovery, for its operator's account: no cloud has these actions.

#include "strongroom/due/due.h"
#include "strongroom/service/caretaker.h"
#include "tables.h"

namespace strongroom::service {
namespace {

Result<Caretaker*> caretaker(const Call& call) {
  if (call.engines.caretaker == nullptr)
    return fail(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
                "Service Unavailable Temporary: this server knows nothing of its recovery.");
  if (call.account() != call.engines.operator_account)
    return fail(ErrorKind::kDenied, "Forbidden.NoPermission",
                "The server's recovery is the operator's account's.");
  return call.engines.caretaker;
}

void answer_instant(AnswerWriter& answer, std::string_view name, Instant when) {
  answer.field(name, when.unix_ms > 0 ? format_utc(when) : std::string());
}

Result<void> describe_recovery(Call& call) {
  SR_TRY(const Caretaker* care, caretaker(call));
  const Caretaker::Facts facts = care->facts();
  AnswerWriter& out = call.answer;
  out.begin_object("Backup");
  answer_instant(out, "LastBackupTime", facts.last_backup);
  answer_instant(out, "LastBackupFailureTime", facts.last_backup_failure);
  answer_instant(out, "LastProvenRestoreTime", facts.last_proven_restore);
  answer_instant(out, "LastDrillFailureTime", facts.last_drill_failure);
  out.field("LastFailure", facts.last_failure);
  out.end_object();
  out.begin_object("Keyring");
  out.number("Epoch", facts.keyring_epoch);
  answer_instant(out, "Since", facts.keyring_since);
  out.number("Epochs", static_cast<std::int64_t>(facts.keyring_epochs));
  out.number("ResealedPercent", facts.resealed_percent);
  answer_instant(out, "LastRetirementTime", facts.last_retirement);
  answer_instant(out, "LastCompactionTime", facts.last_compaction);
  out.boolean("Shredded", facts.shredded());
  out.end_object();
  out.begin_object("Root");
  out.number("Number", facts.root);
  answer_instant(out, "Since", facts.root_since);
  out.boolean("Changing", facts.root_changing);
  out.number("FormatEpoch", facts.format_epoch);
  out.end_object();
  out.begin_object("Seal");
  out.number("Slots", static_cast<std::int64_t>(facts.seal_slots));
  out.boolean("Development", facts.development);
  out.end_object();
  return {};
}

// A due row, so that an answered call is done even if the server is killed at once.
Result<void> rotate_keyring(Call& call) {
  SR_TRY(const Caretaker* care, caretaker(call));
  const std::uint32_t epoch = care->facts().keyring_epoch;
  due::schedule(*call.transaction, call.now,
                {.kind = due::Kind::kRotateKeyring,
                 .account = call.account(),
                 .name = std::to_string(epoch),
                 .resource = {}});
  call.answer.number("EpochBefore", epoch);
  return {};
}

// The clock in question is the one that this call's time was checked against.
Result<void> accept_clock(Call& call) {
  SR_TRY(Caretaker * care, caretaker(call));
  SR_TRY(const auto ahead_ms, care->accept_clock(*call.transaction));
  call.answer.boolean("WasDoubted", ahead_ms.has_value());
  call.answer.number("AheadSeconds", ahead_ms.value_or(0) / kMillisPerSecond);
  call.answer.field("Time", format_utc(call.now));
  return {};
}

constexpr Operation kOperations[] = {
    {.api = kStrongroom,
     .name = "DescribeRecovery",
     .effect = Effect::kSlowRead,
     .resource = ResourceKind::kAll,
     .handler = describe_recovery},
    {.api = kStrongroom,
     .name = "RotateKeyring",
     .effect = Effect::kMutation,
     .resource = ResourceKind::kAll,
     .handler = rotate_keyring},
    {.api = kStrongroom,
     .name = "AcceptClock",
     .effect = Effect::kMutation,
     .resource = ResourceKind::kAll,
     .handler = accept_clock},
};

}  // namespace

std::span<const Operation> caretaker_operations() {
  return kOperations;
}

}  // namespace strongroom::service
