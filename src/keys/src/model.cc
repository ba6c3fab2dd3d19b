#include "strongroom/keys/model.h"

#include <algorithm>

#include "errors.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"

namespace strongroom::keys {

std::string_view to_text(KeyState state) {
  switch (state) {
    case KeyState::kEnabled:
      return "Enabled";
    case KeyState::kDisabled:
      return "Disabled";
    case KeyState::kPendingDeletion:
      return "PendingDeletion";
    case KeyState::kPendingImport:
      return "PendingImport";
  }
  return "Disabled";
}
std::string_view to_text(KeyOrigin origin) {
  return origin == KeyOrigin::kExternal ? "EXTERNAL" : "Aliyun_KMS";
}
std::string_view to_text(Protection protection) {
  return protection == Protection::kHsm ? "HSM" : "SOFTWARE";
}

const KeyVersion& Key::primary_version() const {
  const auto found = std::ranges::find(versions, primary, &KeyVersion::serial);
  SR_CHECK(found != versions.end());
  return *found;
}

namespace {

std::unexpected<Error> wrong_state(KeyState state) {
  const std::string name(to_text(state));
  return fail(ErrorKind::kConflict, "Rejected." + name,
              "The request was rejected because the key state is " + name + ".");
}

std::unexpected<Error> not_modified(std::string_view why) {
  return fail(ErrorKind::kConflict, "Rejected.StateModifiedFailed",
              "Keystate modified failed. " + std::string(why));
}

std::unexpected<Error> not_modified(KeyState state) {
  return not_modified("The key state is " + std::string(to_text(state)) + ".");
}

}  // namespace

Result<void> permit(KeyAction action, KeyState state) {
  const bool pending_deletion = state == KeyState::kPendingDeletion;
  switch (action) {
    case KeyAction::kRead:
      return {};
    case KeyAction::kUse:
      if (state != KeyState::kEnabled) return wrong_state(state);
      return {};
    case KeyAction::kAnnotate:
    case KeyAction::kProtect:
    case KeyAction::kTakeAlias:
      if (pending_deletion) return wrong_state(state);
      return {};
    case KeyAction::kEnableOrDisable:
      if (pending_deletion || state == KeyState::kPendingImport) return not_modified(state);
      return {};
    case KeyAction::kScheduleDeletion:
    case KeyAction::kCreateAlias:
    case KeyAction::kImport:
      if (pending_deletion) return not_modified(state);
      return {};
    case KeyAction::kCancelDeletion:
      if (!pending_deletion) return not_modified(state);
      return {};
  }
  return internal_error("a key action without a rule");
}

Result<void> check_description(std::string_view parameter, std::string_view description) {
  if (is_utf8(description) && description.find('\0') == std::string_view::npos &&
      count_characters(description) <= limits::kKeyDescriptionCharsMax) {
    return {};
  }
  return invalid_parameter(parameter,
                           "A description has at most 8192 characters, none of them NUL.");
}

Result<Key> enable(Key before) {
  SR_CHECK_OK(permit(KeyAction::kEnableOrDisable, before.state));
  before.state = KeyState::kEnabled;
  return before;
}

Result<Key> disable(Key before) {
  SR_CHECK_OK(permit(KeyAction::kEnableOrDisable, before.state));
  before.state = KeyState::kDisabled;
  return before;
}

KeyState state_at(KeyState stored, Instant expires, Instant now) {
  const bool expired = expires != Instant{} && expires <= now;
  return expired && stored == KeyState::kEnabled ? KeyState::kPendingImport : stored;
}

Result<void> refuse_protected(const Key& key) {
  if (!key.deletion_protection) return {};
  return not_modified(
      "Deletion protection is on for this key; turn it off with SetDeletionProtection first.");
}

Result<Key> schedule_deletion(Key before, Instant when) {
  SR_CHECK_OK(permit(KeyAction::kScheduleDeletion, before.state));
  if (before.service_default) {
    return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
                "Unsupported operation. The service made this key for the account's secrets that "
                "name no key of their own: it cannot be deleted. DisableKey shuts them off.");
  }
  SR_CHECK_OK(refuse_protected(before));
  before.state = KeyState::kPendingDeletion;
  before.delete_date = when;
  return before;
}

Result<Key> cancel_deletion(Key before) {
  SR_CHECK_OK(permit(KeyAction::kCancelDeletion, before.state));
  before.state = before.material_absent ? KeyState::kPendingImport : KeyState::kEnabled;
  before.delete_date = {};
  return before;
}

Result<Key> set_deletion_protection(Key before, bool on, std::string_view description) {
  SR_CHECK_OK(permit(KeyAction::kProtect, before.state));
  SR_CHECK_OK(check_description("DeletionProtectionDescription", description));
  before.deletion_protection = on;
  before.deletion_protection_description = on ? description : "";
  return before;
}

Result<Key> describe(Key before, std::string_view description) {
  SR_CHECK_OK(permit(KeyAction::kAnnotate, before.state));
  SR_CHECK_OK(check_description("Description", description));
  before.description = description;
  return before;
}

std::string_view automatic_rotation_text(const Key& key) {
  if (key.automatic_rotation == 0) return "Disabled";
  return key.state == KeyState::kEnabled ? "Enabled" : "Suspended";
}

Result<void> require_rotatable(const Key& key) {
  if (is_symmetric(key.spec) && key.origin == KeyOrigin::kService) return {};
  return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
              "Unsupported operation. Only symmetric keys whose material the service made are "
              "rotated.");
}

Result<Key> set_rotation(Key before, std::int64_t interval_seconds) {
  SR_CHECK_OK(permit(KeyAction::kUse, before.state));
  SR_CHECK_OK(require_rotatable(before));
  constexpr std::int64_t kDaySeconds = kMillisPerDay / kMillisPerSecond;
  if (interval_seconds == 0) {
    before.automatic_rotation = 0;
    before.rotation_interval_seconds = 0;
    before.next_rotation = {};
    return before;
  }
  if (interval_seconds < limits::kKeyRotationDaysMin * kDaySeconds ||
      interval_seconds > limits::kKeyRotationDaysMax * kDaySeconds) {
    return invalid_parameter("RotationInterval", "It must be from 7d to 730d.");
  }
  before.automatic_rotation = 1;
  before.rotation_interval_seconds = interval_seconds;
  before.next_rotation = {before.last_rotation.unix_ms + interval_seconds * kMillisPerSecond};
  return before;
}

Result<void> check_alias(std::string_view alias) {
  constexpr std::string_view kPrefix = "alias/";
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '/';
  };
  if (alias.size() > kPrefix.size() && alias.size() <= limits::kAliasCharsMax &&
      alias.starts_with(kPrefix) && !alias.starts_with("alias/acs") &&
      std::ranges::all_of(alias, allowed)) {
    return {};
  }
  return invalid_parameter(
      "AliasName",
      "It is alias/ followed by letters, digits, _ - or /, at most 255 characters in "
      "all, and does not start with alias/acs.");
}

}  // namespace strongroom::keys
