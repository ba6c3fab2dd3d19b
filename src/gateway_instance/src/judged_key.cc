#include "judged_key.h"

#include <algorithm>

#include "operations.h"
#include "strongroom/instances/instances.h"

namespace strongroom::gateway_instance {
namespace {

using service::Call;

constexpr const char* kNoPermission = "Forbidden.NoPermission";

std::unexpected<Error> no_such_key() {
  return fail(ErrorKind::kNotFound, "Forbidden.KeyNotFound",
              "The key Key ID or Alias does not exist in the system.");
}

/// Denied, named as the caller named it: neither answer tells what an alias stands for, or whether
/// it stands for anything.
std::unexpected<Error> denied_alias(std::string_view arn) {
  return fail(ErrorKind::kDenied, kNoPermission,
              "This operation for " + std::string(arn) + " is forbidden by permission system.");
}

/// Permission, then whether the key is there, in this instance, and the instance works.
Result<JudgedKey> judge(Call& call, std::string_view action, std::string id) {
  const keys::Keys& keys = call.engines.keys;
  call.note_key(id);
  SR_CHECK_OK(call.authorize(action, keys.arn(call.account(), id)));
  auto use = keys.status(call.reader, call.account(), id);
  if (!use && use.error().kind() == ErrorKind::kNotFound) return no_such_key();
  if (!use) return std::unexpected(use.error());
  if (use->instance_id != call.gateway()) return no_such_key();
  SR_CHECK_OK(
      call.engines.instances.require_usable(call.reader, call.account(), call.gateway(), call.now));
  return JudgedKey{call.account(), std::move(id), {}, *use};
}

/// The key that an alias stands for. An alias of nothing is judged like a key of that name, so that
/// who may use every key learns that it is not there.
Result<JudgedKey> judge_alias(Call& call, std::string_view action, std::string_view alias) {
  const keys::Keys& keys = call.engines.keys;
  const std::string arn = keys.alias_arn(call.account(), alias);
  auto found = keys.key_of_alias(call.reader, call.account(), alias);
  if (!found && found.error().kind() != ErrorKind::kNotFound) return std::unexpected(found.error());
  Result<JudgedKey> key = no_such_key();
  if (found) {
    key = judge(call, action, std::move(*found));
  } else {
    call.note_resource(arn);
    const auto allowed = call.authorize(action, keys.arn(call.account(), alias));
    if (!allowed) key = std::unexpected(allowed.error());
  }
  if (!key && key.error().code() == kNoPermission) return denied_alias(arn);
  return key;
}

/// The id or alias that an ARN of this account and region names; anything else as it is. The shared
/// endpoint takes ARNs, and clients come here with the same setting.
std::string_view without_arn(const Call& call, std::string_view text) {
  if (!text.starts_with("acs:")) return text;
  const keys::Keys& keys = call.engines.keys;
  const std::string key = keys.arn(call.account(), {});
  const std::string alias = keys.alias_arn(call.account(), {});
  if (text.starts_with(key)) return text.substr(key.size());
  if (text.starts_with(alias + "alias/")) return text.substr(alias.size());
  return text;
}

}  // namespace

Result<JudgedKey> named_key(Call& call, std::string_view action, VersionChoice choice) {
  const std::string_view text = without_arn(call, call.parameters.text("KeyId"));
  if (text.empty()) return invalid("KeyId", "Name the key by its id, alias or ARN.");
  SR_TRY(JudgedKey key, text.starts_with("alias/") ? judge_alias(call, action, text)
                                                   : judge(call, action, std::string(text)));
  const std::string_view asked = call.parameters.text(kMigrationVersion);
  if (choice == VersionChoice::kPrimary && asked.empty()) return key;
  SR_TRY(const keys::Key stored, call.engines.keys.find(call.reader, key.account, key.id));
  call.note_key_spec(keys::to_text(stored.spec));
  if (asked.empty()) {
    key.version_id = stored.versions.front().id;
  } else {
    if (std::ranges::find(stored.versions, asked, &keys::KeyVersion::id) == stored.versions.end())
      return no_such_key();
    key.version_id = asked;
  }
  return key;
}

Result<JudgedKey> key_of_version(Call& call, std::string_view action, std::string_view version_id) {
  auto id = call.engines.keys.key_of_version(call.reader, call.account(), version_id);
  if (!id && id.error().kind() == ErrorKind::kNotFound) return no_such_key();
  if (!id) return std::unexpected(id.error());
  SR_TRY(JudgedKey key, judge(call, action, std::move(*id)));
  key.version_id = version_id;
  return key;
}

bool names_key(const Call& call) {
  return !call.parameters.text("KeyId").empty();
}

std::unexpected<Error> invalid(std::string_view parameter, std::string_view hint) {
  return invalid_parameter(parameter, hint);
}

std::unexpected<Error> unsupported() {
  return fail(ErrorKind::kInvalidInput, "UnsupportedOperation", "Rejected.UnsupportedOperation");
}

}  // namespace strongroom::gateway_instance
