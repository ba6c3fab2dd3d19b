// Key versions and their rotation (openapi.md §7.3).

#include <algorithm>

#include "instance_rules.h"
#include "intervals.h"
#include "json_parameters.h"
#include "key_handlers.h"
#include "key_rights.h"
#include "secret_answers.h"

namespace strongroom::service {
namespace {

void write_version(Call& call, std::string_view key_id, const keys::KeyVersion& version) {
  call.answer.field("KeyId", key_id);
  call.answer.field("KeyVersionId", version.id);
  write_time(call.answer, "CreationDate", version.created);
}

}  // namespace

Result<std::int64_t> key_rotation_interval(const Parameters& p) {
  SR_TRY(const std::string_view text, p.required("RotationInterval"));
  SR_TRY(const std::int64_t seconds, parse_interval("RotationInterval", text));
  if (seconds == 0) return invalid_parameter("RotationInterval", "It must be from 7d to 730d.");
  return seconds;
}

Result<void> create_key_version(Call& call) {
  SR_TRY(keys::Key key, named_key(call));
  // The key is judged before a place in its instance is taken.
  SR_CHECK_OK(keys::permit(keys::KeyAction::kUse, key.state));
  const std::string key_id = key.id;
  SR_TRY(const InstancePlace place, new_key_place(call, key.instance_id));
  SR_TRY(
      const keys::KeyVersion version,
      call.engines.keys.create_version(*call.transaction, std::move(key), call.now, place.place));
  call.note_version(version.id);
  call.answer.begin_object("KeyVersion");
  write_version(call, key_id, version);
  call.answer.end_object();
  return {};
}

Result<void> update_rotation_policy(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const bool on, p.boolean("EnableAutomaticRotation", false));
  std::int64_t seconds = 0;
  if (on) {
    SR_TRY(seconds, key_rotation_interval(p));
  }
  SR_TRY(keys::Key key, named_key(call));
  return call.engines.keys.update_rotation(*call.transaction, std::move(key), seconds, call.now);
}

Result<void> list_key_versions(Call& call) {
  SR_TRY(const Page page, page_of(call.parameters, 10));
  SR_TRY(const keys::Key key, named_key(call));
  call.answer.begin_list("KeyVersions", "KeyVersion");
  const auto first = static_cast<std::size_t>(page.offset());
  const std::size_t last =
      std::min(key.versions.size(), first + static_cast<std::size_t>(page.size));
  for (std::size_t i = first; i < last; ++i) {
    call.answer.begin_item();
    call.answer.field("KeyId", key.id);
    call.answer.field("KeyVersionId", key.versions[i].id);
    write_time(call.answer, "CreationDate", key.versions[i].created);
    call.answer.end_item();
  }
  call.answer.end_list();
  call.answer.number("PageNumber", page.number);
  call.answer.number("PageSize", page.size);
  call.answer.number("TotalCount", static_cast<std::int64_t>(key.versions.size()));
  return {};
}

Result<void> describe_key_version(Call& call) {
  SR_TRY(const std::string_view version_id, call.parameters.required("KeyVersionId"));
  SR_TRY(const keys::Key key, named_key(call));
  const auto version = std::ranges::find(key.versions, version_id, &keys::KeyVersion::id);
  if (version == key.versions.end()) {
    return fail(ErrorKind::kNotFound, "Forbidden.KeyVersionNotFound",
                "The specified Key version is not found.");
  }
  call.answer.begin_object("KeyVersion");
  call.answer.field("KeyId", key.id);
  call.answer.field("KeyVersionId", version->id);
  write_time(call.answer, "CreationDate", version->created);
  call.answer.end_object();
  return {};
}

}  // namespace strongroom::service
