#pragma once
// A key as a value: everything about it but its material. Plain values, one owner.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/ids.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/keys/tags.h"

namespace strongroom::keys {

// On disk (schema/key.fbs): never renumber.
enum class KeyState : std::uint8_t {
  kEnabled = 0,
  kDisabled = 1,
  kPendingDeletion = 2,
  kPendingImport = 3
};
enum class KeySpec : std::uint8_t { kAes256 = 0 };
enum class KeyUsage : std::uint8_t { kEncryptDecrypt = 0 };
enum class KeyOrigin : std::uint8_t { kService = 0, kExternal = 1 };
enum class Protection : std::uint8_t { kSoftware = 0, kHsm = 1 };

/// As the API spells them: "Enabled", "Aliyun_AES_256", "ENCRYPT/DECRYPT", "Aliyun_KMS",
/// "SOFTWARE".
std::string_view to_text(KeyState state);
std::string_view to_text(KeySpec spec);
std::string_view to_text(KeyUsage usage);
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
  std::uint8_t automatic_rotation = 0;
  std::int64_t rotation_interval_seconds = 0;
  Instant last_rotation;
  Instant next_rotation;
  std::string policy;  // JSON as it was set; empty: the default policy

  const KeyVersion& primary_version() const;
  bool operator==(const Key&) const = default;
};

/// What decides whether a key can be used now; cheap to get.
struct UseStatus {
  KeyState state = KeyState::kEnabled;
  bool service_default = false;
  std::string instance_id = {};  // empty: the shared service
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
};

/// 409 Rejected.Disabled, Rejected.PendingDeletion, Rejected.PendingImport or
/// Rejected.StateModifiedFailed, as the table of openapi.md §7.2 has it.
Result<void> permit(KeyAction action, KeyState state);

// Transitions: pure, errors of permit().
Result<Key> enable(Key before);
Result<Key> disable(Key before);
/// Also 409 Rejected.StateModifiedFailed while deletion protection is on.
Result<Key> schedule_deletion(Key before, Instant when);
/// The key is Enabled afterwards.
Result<Key> cancel_deletion(Key before);
Result<Key> set_deletion_protection(Key before, bool on, std::string_view description);
/// 400 InvalidParameter beyond limits::kKeyDescriptionCharsMax.
Result<Key> describe(Key before, std::string_view description);

}  // namespace strongroom::keys
