#pragma once
// A key as a value: everything about it but its material. Plain values, one owner.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/ids.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/keys/spec.h"
#include "strongroom/keys/tags.h"

namespace strongroom::keys {

// On disk (schema/key.fbs): never renumber.
enum class KeyState : std::uint8_t {
  kEnabled = 0,
  kDisabled = 1,
  kPendingDeletion = 2,
  kPendingImport = 3
};
enum class KeyOrigin : std::uint8_t { kService = 0, kExternal = 1 };
enum class Protection : std::uint8_t { kSoftware = 0, kHsm = 1 };

/// As the API spells them: "Enabled", "Aliyun_KMS", "SOFTWARE".
std::string_view to_text(KeyState state);
std::string_view to_text(KeyOrigin origin);
std::string_view to_text(Protection protection);

struct KeyVersion {
  std::string id;  // UUID
  std::uint32_t serial = 0;
  Instant created;
  bool operator==(const KeyVersion&) const = default;
};

struct Key {
  std::string id;
  Uuid uuid;  // bound into every record of the key
  AccountId account;
  KeySpec spec = KeySpec::kAes256;
  KeyUsage usage = KeyUsage::kEncryptDecrypt;
  KeyState state = KeyState::kEnabled;
  KeyOrigin origin = KeyOrigin::kService;
  Protection protection = Protection::kSoftware;
  std::string description;
  std::string creator;  // the account's id
  Instant created;
  bool deletion_protection = false;
  std::string deletion_protection_description;
  Instant delete_date;       // zero unless pending deletion
  Instant material_expires;  // zero: never
  std::vector<Tag> tags;
  std::vector<KeyVersion> versions;  // oldest first, never empty
  std::uint32_t primary = 1;         // serial of the version that encrypts
  std::string instance_id;           // empty: the shared service
  bool service_default = false;      // made by the service for secrets without a key of their own
  std::uint8_t automatic_rotation = 0;  // 1: on
  std::int64_t rotation_interval_seconds = 0;
  Instant last_rotation;
  Instant next_rotation;
  std::string policy;                // JSON as it was set; empty: the default policy
  std::vector<std::string> aliases;  // "alias/…", in the order they were made
  std::string import_digest;         // SHA-256 of imported material; empty: never imported
  std::uint32_t imports = 0;         // how often material was imported
  bool material_absent = false;      // external, and nothing imported or all of it deleted

  const KeyVersion& primary_version() const;
  /// Whether the key has a primary version: symmetric keys only (openapi.md §7.1).
  bool has_primary() const { return is_symmetric(spec); }
  bool operator==(const Key&) const = default;
};

/// The state at `now` of a key that is stored as `stored`: imported material that has expired is
/// gone, though the work that removes it may not have come yet. `expires` zero: never.
KeyState state_at(KeyState stored, Instant expires, Instant now);

/// What decides whether a key can be used now; cheap to get.
struct UseStatus {
  KeyState state = KeyState::kEnabled;
  bool service_default = false;
  std::string instance_id = {};  // empty: the shared service
  KeySpec spec = KeySpec::kAes256;
  KeyUsage usage = KeyUsage::kEncryptDecrypt;
};

/// What may be done with a key depends on its state alone (openapi.md §7.2).
enum class KeyAction : std::uint8_t {
  kUse,       // encrypt, decrypt, generate a data key; make a version; set the rotation policy
  kRead,      // describe and list
  kAnnotate,  // description, tags
  kEnableOrDisable,
  kScheduleDeletion,
  kCancelDeletion,
  kProtect,  // deletion protection: not while pending deletion (openapi.md §7.3)
  kCreateAlias,
  kTakeAlias,  // as the new target of UpdateAlias
  kImport,
};

/// 409 Rejected.Disabled, Rejected.PendingDeletion, Rejected.PendingImport or
/// Rejected.StateModifiedFailed, as the table of openapi.md §7.2 has it.
Result<void> permit(KeyAction action, KeyState state);

// Transitions: pure, errors of permit().
Result<Key> enable(Key before);
Result<Key> disable(Key before);
/// 409 Rejected.StateModifiedFailed while deletion protection is on.
Result<void> refuse_protected(const Key& key);
/// Also that, and 400 Rejected.UnsupportedOperation for the account's default key.
Result<Key> schedule_deletion(Key before, Instant when);
/// The key is Enabled afterwards, or PendingImport if it has no material.
Result<Key> cancel_deletion(Key before);
Result<Key> set_deletion_protection(Key before, bool on, std::string_view description);
/// 400 InvalidParameter naming `parameter` beyond limits::kKeyDescriptionCharsMax.
Result<void> check_description(std::string_view parameter, std::string_view description);
/// Also the errors of check_description().
Result<Key> describe(Key before, std::string_view description);

/// "Disabled", "Enabled", or "Suspended" while a key with rotation on is not Enabled.
std::string_view automatic_rotation_text(const Key& key);
/// 400 Rejected.UnsupportedOperation unless the service makes new versions of it by itself:
/// symmetric, and not imported.
Result<void> require_rotatable(const Key& key);
/// Turns automatic rotation on with an interval of 7 to 730 days (400 InvalidParameter), or off
/// with 0. The next rotation is the last one plus the interval, which may be past. 409 as kUse.
Result<Key> set_rotation(Key before, std::int64_t interval_seconds);

/// 400 InvalidParameter unless it is alias/ and letters, digits, _ - or /, at most 255 characters,
/// not starting with alias/acs (openapi.md §3.3).
Result<void> check_alias(std::string_view alias);

}  // namespace strongroom::keys
