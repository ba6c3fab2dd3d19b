// Rotation of managed secrets (openapi.md §4.10), and what no cloud offers: how a run stands, what
// is due when, and how it is undone.

#include "intervals.h"
#include "key_rights.h"
#include "managed_secret.h"
#include "secret_answers.h"
#include "secret_handlers.h"
#include "secret_readers.h"
#include "strongroom/base/limits.h"
#include "strongroom/rotation/advice.h"
#include "strongroom/rotation/rotations.h"
#include "strongroom/service/rotation_driver.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

constexpr std::string_view kBySchedule = "schedule";

Result<std::optional<std::int64_t>> overlap_of(const Parameters& parameters) {
  const std::string_view text = parameters.text("OverlapWindow");
  if (text.empty()) return std::nullopt;
  SR_TRY(const std::int64_t seconds, parse_interval("OverlapWindow", text));
  return seconds * kMillisPerSecond;
}

void write_run(AnswerWriter& answer, const secrets::Secret& secret, const rotation::Run& run) {
  answer.field("SecretName", secret.name);
  answer.field("SecretType", secrets::to_text(secret.type));
  write_rotation(answer, secret.rotation);
  answer.field("Phase", rotation::to_text(run.phase));
  answer.field("LastResult", rotation::to_text(run.result));
  if (run.started != Instant{}) {
    write_time(answer, "StartTime", run.started);
    answer.field("StartedBy", run.automatic ? kBySchedule : std::string_view(run.started_by));
  }
  if (run.running()) {
    answer.field("PendingVersionId", run.id);
    answer.number("Attempt", run.attempt);
    write_time(answer, "NextAttemptTime", run.next_at);
  } else if (run.ended != Instant{}) {
    write_time(answer, "EndTime", run.ended);
  }
  if (!run.code.empty()) {
    answer.field("ErrorCode", run.code);
    answer.field("ErrorMessage", run.message);
  }
  if (run.gap_ms >= 0) answer.number("GapMillis", run.gap_ms);
  if (!run.window.empty()) answer.field("Window", run.window);
  answer.boolean("Drifted", run.drifted);
  if (!run.findings.empty()) {
    answer.begin_flat_list("DriftFindings");
    for (const std::string& finding : run.findings) answer.item(finding);
    answer.end_flat_list();
  }
}

void write_schedule(AnswerWriter& answer, const rotation::Schedule& schedule, Instant now) {
  if (schedule.begins != Instant{}) {
    write_time(answer, "ScheduledStart", schedule.begins);
    write_time(answer, "Deadline", schedule.deadline);
  }
  answer.boolean("Overdue", schedule.begins != Instant{} && schedule.deadline < now);
}

Result<void> describe_rotation(Call& call) {
  SR_TRY(rotation::Rotations* const rotations, rotations_of(call));
  SR_TRY(const secrets::SecretView view, secret_of(call));
  const secrets::Secret secret = view.decode();
  SR_TRY(const rotation::Run run, rotations->run_of(call.reader, secret));
  write_run(call.answer, secret, run);
  write_schedule(call.answer, rotations->schedule_of(secret, run), call.now);
  return {};
}

Result<void> list_rotations(Call& call) {
  SR_TRY(rotation::Rotations* const rotations, rotations_of(call));
  SR_TRY(const Page page, page_of(call.parameters, 20));
  const secrets::Filter managed{secrets::Filter::Field::kRotates, {}};
  SR_TRY(const secrets::ListPage list,
         call.engines.secrets.list(call.reader, call.account(), std::span(&managed, 1),
                                   static_cast<std::size_t>(page.offset()),
                                   static_cast<std::size_t>(page.size)));
  call.answer.begin_flat_list("Rotations");
  for (const secrets::Secret& secret : list.items) {
    SR_TRY(const rotation::Run run, rotations->run_of(call.reader, secret));
    call.answer.begin_item();
    write_run(call.answer, secret, run);
    write_schedule(call.answer, rotations->schedule_of(secret, run), call.now);
    call.answer.end_item();
  }
  call.answer.end_flat_list();
  call.answer.number("PageNumber", page.number);
  call.answer.number("PageSize", page.size);
  call.answer.number("TotalCount", static_cast<std::int64_t>(list.total));
  return {};
}

Result<void> cancel_rotation(Call& call) {
  SR_TRY(rotation::Rotations* const rotations, rotations_of(call));
  SR_TRY(const secrets::SecretView view, live_secret_of(call));
  SR_CHECK_OK(rotations->cancel(*call.transaction, view.decode(), call.now));
  call.answer.field("SecretName", view.name());
  return {};
}

/// Whoever gives a function a value to work with may read that value.
Result<void> judge_privileged(Call& call, const std::string& name) {
  if (name.empty()) return {};
  SR_CHECK_OK(call.authorize("kms:GetSecretValue", call.engines.secrets.arn(call.account(), name)));
  SR_TRY(const secrets::SecretView secret,
         call.engines.secrets.live_view(call.reader, call.account(), name));
  SR_TRY(const keys::UseStatus key,
         call.engines.keys.status(call.reader, secret.account(), secret.encryption_key_id()));
  if (key.service_default) return {};
  return authorize_key(call, "kms:Decrypt", {secret.account(), secret.encryption_key_id()});
}

Result<void> set_rotation_function(Call& call) {
  SR_TRY(rotation::Rotations* const rotations, rotations_of(call));
  SR_TRY(const secrets::SecretView view, live_secret_of(call));
  SR_CHECK_OK(refuse_own_secret(view));
  rotation::Function function;
  SR_TRY(function.target, call.parameters.required("TargetId"));
  function.privileged_secret = call.parameters.text("PrivilegedSecretName");
  if (const std::string_view text = call.parameters.text("Parameters"); !text.empty()) {
    SR_TRY(function.parameters, rotation::parse_custom_data(text));
  }
  SR_CHECK_OK(judge_privileged(call, function.privileged_secret));
  SR_CHECK_OK(rotations->set_function(*call.transaction, view.decode(), function, call.now));
  call.answer.field("SecretName", view.name());
  return {};
}

Result<void> remove_rotation_function(Call& call) {
  SR_TRY(rotation::Rotations* const rotations, rotations_of(call));
  SR_TRY(const secrets::SecretView view, live_secret_of(call));
  SR_CHECK_OK(rotations->remove_function(*call.transaction, view.decode(), call.now));
  call.answer.field("SecretName", view.name());
  return {};
}

std::string_view login_text(connector::Login login) {
  return login == connector::Login::kAccepted  ? "accepted"
         : login == connector::Login::kRefused ? "refused"
                                               : "unknown";
}

/// Who would be left with a value that does not work: whose newest read was of an old version.
void write_stale_readers(Call& call, const secrets::SecretView& secret) {
  const auto current = secret.find_label(secrets::kCurrent);
  if (call.engines.call_log == nullptr || !current) return;
  const auto readers =
      readers_of(*call.engines.call_log, call.engines.secrets.arn(secret.account(), secret.name()),
                 {call.now.unix_ms - kReadersLookBackMillis});
  // Without the list nobody may take it that there is none.
  if (!readers) return call.answer.field("ReadersUnknown", readers.error().message());
  call.answer.begin_flat_list("StaleReaders");
  for (const SecretReader& reader : *readers) {
    if (reader.version_id == current->id()) continue;
    call.answer.begin_item();
    call.answer.field("PrincipalName", reader.principal_name);
    call.answer.field("AccessKeyId", reader.access_key_id);
    call.answer.field("SourceIp", reader.source_ip);
    call.answer.field("VersionId", reader.version_id);
    write_time(call.answer, "LastReadTime", reader.time);
    call.answer.end_item();
  }
  call.answer.end_flat_list();
}

/// What a rotation would meet; changes nothing. Waits for the target on a worker.
Result<void> inspect_rotation(Call& call) {
  SR_TRY(rotation::Rotations* const rotations, rotations_of(call));
  SR_TRY(const secrets::SecretView view, live_secret_of(call));
  if (!view.rotates() || call.engines.driver == nullptr) {
    return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
                "Unsupported operation. This secret is not rotated by the server.");
  }
  AnswerWriter& answer = call.answer;
  answer.field("SecretName", view.name());
  auto job = rotations->inspection(call.reader, view);
  if (!job && job.error().kind() != ErrorKind::kNotFound &&
      job.error().kind() != ErrorKind::kInvalidInput)
    return std::unexpected(job.error());
  connector::Outcome outcome;
  if (job) {
    SR_TRY(outcome, call.engines.driver->inspect(std::move(*job)));
  } else {
    outcome = connector::make_outcome(connector::Status::kConfiguration, job.error().code(),
                                      job.error().message());
  }
  answer.field("Status", connector::to_text(outcome.status));
  answer.boolean("Ready", outcome.succeeded());
  if (!outcome.code.empty()) {
    answer.field("ErrorCode", outcome.code);
    answer.field("ErrorMessage", rotation::advised(outcome.code, outcome.message));
  }
  const connector::Facts& facts = outcome.facts;
  answer.field("Server", facts.server);
  answer.field("CurrentLogin", login_text(facts.current));
  answer.field("PreviousLogin", login_text(facts.previous));
  if (facts.admin_may) answer.boolean("AdminMay", *facts.admin_may);
  if (facts.grants_equal) answer.boolean("GrantsEqual", *facts.grants_equal);
  answer.number("LatencyMillis", facts.latency_ms);
  answer.begin_flat_list("Notes");
  for (const std::string& note : facts.notes) answer.item(note);
  answer.end_flat_list();
  write_stale_readers(call, view);
  return {};
}

// On our product version, but the right is on the secret itself.
constexpr Operation kRows[] = {
    {kStrongroom, "DescribeRotation", kRead, kSecret, "SecretName", describe_rotation},
    {kStrongroom, "InspectRotation", kSlowRead, kSecret, "SecretName", inspect_rotation},
    {kStrongroom, "ListRotations", kSlowRead, kAll, "", list_rotations},
    {kStrongroom, "CancelRotation", kMutation, kSecret, "SecretName", cancel_rotation},
    {kStrongroom, "SetRotationFunction", kMutation, kSecret, "SecretName", set_rotation_function},
    {kStrongroom, "RemoveRotationFunction", kMutation, kSecret, "SecretName",
     remove_rotation_function},
};

}  // namespace

Result<rotation::Rotations*> rotations_of(const Call& call) {
  if (call.engines.rotations != nullptr) return call.engines.rotations;
  return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
              "Unsupported operation. This server keeps no managed secrets.");
}

Result<void> judge_rotation_key(Call& call, const secrets::SecretView& secret) {
  SR_TRY(const keys::UseStatus key,
         call.engines.keys.status(call.reader, secret.account(), secret.encryption_key_id()));
  call.note_key(secret.encryption_key_id());
  if (key.service_default) return {};
  return authorize_key(call, "kms:GenerateDataKey", {secret.account(), secret.encryption_key_id()});
}

namespace {

/// Whether the caller may set the secret's accounts at the target by himself.
bool trusted(const Call& call, const secrets::SecretView& secret) {
  if (secret.type() == secrets::SecretType::kGeneric) return true;
  const auto config = rotation::stored_extended_config(secret.extended_config());
  return config && may_reset_accounts(call, secret.account(), secret.type(), *config);
}

}  // namespace

Result<void> rotate_secret(Call& call) {
  SR_TRY(const secrets::SecretView view, live_secret_of(call));
  SR_TRY(rotation::Rotations* const rotations, rotations_of(call));
  SR_TRY(const std::string_view version_id, call.parameters.required("VersionId"));
  SR_TRY(const auto overlap, overlap_of(call.parameters));
  call.note_version(version_id);
  if (view.rotates()) SR_CHECK_OK(judge_rotation_key(call, view));
  SR_CHECK_OK(rotations->request(*call.transaction, view.decode(),
                                 {.version_id = version_id,
                                  .overlap_ms = overlap,
                                  .by = call.principal.arn,
                                  .trusted = trusted(call, view)},
                                 call.now));
  call.answer.field("Arn", call.engines.secrets.arn(view.account(), view.name()));
  call.answer.field("SecretName", view.name());
  call.answer.field("VersionId", version_id);
  return {};
}

Result<void> update_secret_rotation_policy(Call& call) {
  SR_TRY(const secrets::SecretView view, live_secret_of(call));
  SR_TRY(rotation::Rotations* const rotations, rotations_of(call));
  std::int64_t interval = 0;
  bool enable = false;
  if (view.rotates()) {
    SR_TRY(enable, call.parameters.boolean("EnableAutomaticRotation", false));
    if (enable) {
      SR_TRY(const std::string_view text, call.parameters.required("RotationInterval"));
      SR_TRY(interval, parse_interval("RotationInterval", text));
    }
  }
  SR_CHECK_OK(rotations->set_policy(*call.transaction, view.decode(), enable, interval, call.now));
  call.answer.field("SecretName", view.name());
  return {};
}

std::span<const Operation> rotation_operations() {
  return kRows;
}

}  // namespace strongroom::service
