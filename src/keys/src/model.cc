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
std::string_view to_text(KeySpec) {
  return "Aliyun_AES_256";
}
std::string_view to_text(KeyUsage) {
  return "ENCRYPT/DECRYPT";
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
      if (pending_deletion) return wrong_state(state);
      return {};
    case KeyAction::kEnableOrDisable:
      if (pending_deletion || state == KeyState::kPendingImport) return not_modified(state);
      return {};
    case KeyAction::kScheduleDeletion:
      if (pending_deletion) return not_modified(state);
      return {};
    case KeyAction::kCancelDeletion:
      if (!pending_deletion) return not_modified(state);
      return {};
  }
  return internal_error("a key action without a rule");
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

Result<Key> schedule_deletion(Key before, Instant when) {
  SR_CHECK_OK(permit(KeyAction::kScheduleDeletion, before.state));
  if (before.deletion_protection) {
    return not_modified(
        "Deletion protection is on for this key; turn it off with SetDeletionProtection first.");
  }
  before.state = KeyState::kPendingDeletion;
  before.delete_date = when;
  return before;
}

Result<Key> cancel_deletion(Key before) {
  SR_CHECK_OK(permit(KeyAction::kCancelDeletion, before.state));
  before.state = KeyState::kEnabled;
  before.delete_date = {};
  return before;
}

Result<Key> set_deletion_protection(Key before, bool on, std::string_view description) {
  SR_CHECK_OK(permit(KeyAction::kProtect, before.state));
  if (!is_utf8(description) || description.find('\0') != std::string_view::npos ||
      description.size() > limits::kKeyDescriptionCharsMax) {
    return invalid("DeletionProtectionDescription", "It has at most 8192 characters.");
  }
  before.deletion_protection = on;
  before.deletion_protection_description = on ? description : "";
  return before;
}

Result<Key> describe(Key before, std::string_view description) {
  SR_CHECK_OK(permit(KeyAction::kAnnotate, before.state));
  if (!is_utf8(description) || description.find('\0') != std::string_view::npos ||
      count_characters(description) > limits::kKeyDescriptionCharsMax) {
    return invalid("Description", "A description has at most 8192 characters.");
  }
  before.description = description;
  return before;
}

}  // namespace strongroom::keys
