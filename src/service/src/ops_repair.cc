// Actions about managed secrets that no cloud has: what somebody changed at the target by hand is
// undone or believed, scheduled runs get a window, and who still reads which version.

#include "key_rights.h"
#include "secret_answers.h"
#include "secret_handlers.h"
#include "secret_readers.h"
#include "strongroom/base/limits.h"
#include "strongroom/rotation/rotations.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

constexpr std::int64_t kReadersDaysDefault = 7;
constexpr std::int64_t kReadersDaysMax = 90;

// A RAM user's AccessKey that somebody switched off is switched on again.
Result<void> may_set_again(Call& call, const secrets::SecretView& view) {
  if (view.type() != secrets::SecretType::kRamCredentials) return {};
  SR_TRY(const rotation::ExtendedConfig config,
         rotation::stored_extended_config(view.extended_config()));
  return call.authorize("ram:UpdateAccessKey", "acs:ram:*:" + view.account().text() + ":user/" +
                                                   std::string(config.get("UserName")));
}

Result<void> resync_secret(Call& call) {
  SR_TRY(rotation::Rotations* const rotations, rotations_of(call));
  SR_TRY(const secrets::SecretView view, live_secret_of(call));
  SR_CHECK_OK(may_set_again(call, view));
  SR_CHECK_OK(rotations->resync(*call.transaction, view.decode(), call.principal.arn, call.now));
  call.answer.field("SecretName", view.name());
  return {};
}

Result<void> adopt_secret(Call& call) {
  SR_TRY(rotation::Rotations* const rotations, rotations_of(call));
  SR_TRY(const secrets::SecretView view, live_secret_of(call));
  SR_TRY(const std::string_view version_id, call.parameters.required("VersionId"));
  SR_TRY(const SecretBytes value, secret_data_of(call.parameters));
  call.note_version(version_id);
  SR_CHECK_OK(judge_rotation_key(call, view));
  SR_CHECK_OK(rotations->adopt_value(*call.transaction, view,
                                     {version_id, value, call.principal.arn}, call.now));
  call.answer.field("SecretName", view.name());
  call.answer.field("VersionId", version_id);
  return {};
}

Result<void> set_rotation_window(Call& call) {
  SR_TRY(rotation::Rotations* const rotations, rotations_of(call));
  SR_TRY(const secrets::SecretView view, live_secret_of(call));
  SR_CHECK_OK(rotations->set_window(*call.transaction, view.decode(),
                                    call.parameters.text("Window"), call.now));
  call.answer.field("SecretName", view.name());
  return {};
}

Result<void> list_secret_readers(Call& call) {
  SR_TRY(const secrets::SecretView view, secret_of(call));
  SR_TRY(const std::int64_t days,
         call.parameters.integer("Days", kReadersDaysDefault, 1, kReadersDaysMax));
  const auto current = view.find_label(secrets::kCurrent);
  std::vector<SecretReader> readers;
  if (call.engines.call_log != nullptr) {
    SR_TRY(readers,
           readers_of(*call.engines.call_log, call.engines.secrets.arn(view.account(), view.name()),
                      {call.now.unix_ms - days * kMillisPerDay}));
  }
  call.answer.field("SecretName", view.name());
  call.answer.begin_flat_list("Readers");
  for (const SecretReader& reader : readers) {
    call.answer.begin_item();
    call.answer.field("PrincipalType", reader.principal_type);
    call.answer.field("PrincipalName", reader.principal_name);
    call.answer.field("PrincipalId", reader.principal_id);
    call.answer.field("AccessKeyId", reader.access_key_id);
    call.answer.field("SourceIp", reader.source_ip);
    call.answer.field("VersionId", reader.version_id);
    write_time(call.answer, "LastReadTime", reader.time);
    call.answer.boolean("Stale", current && reader.version_id != current->id());
    call.answer.end_item();
  }
  call.answer.end_flat_list();
  return {};
}

constexpr Operation kRows[] = {
    {kStrongroom, "ResyncSecret", kMutation, kSecret, "SecretName", resync_secret},
    {kStrongroom, "AdoptSecret", kMutation, kSecret, "SecretName", adopt_secret},
    {kStrongroom, "SetRotationWindow", kMutation, kSecret, "SecretName", set_rotation_window},
    {kStrongroom, "ListSecretReaders", kSlowRead, kSecret, "SecretName", list_secret_readers},
};

}  // namespace

std::span<const Operation> repair_operations() {
  return kRows;
}

}  // namespace strongroom::service
