#pragma once
// A secret's head as a value: everything about it but its values. What the transitions of
// transition.h work on; readers on the hot path use SecretView instead. Nothing here is
// confidential (names, labels and descriptions lie in clear in answers, openapi.md §4.13), but it
// is stored sealed. Plain values, one owner.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/ids.h"
#include "strongroom/base/time.h"
#include "strongroom/keys/tags.h"

namespace strongroom::secrets {

/// On disk (schema/secret.fbs): never renumber.
enum class SecretType : std::uint8_t {
  kGeneric = 0,
  kRds = 1,
  kRedis = 2,
  kRamCredentials = 3,
  kEcs = 4,
  kPolarDb = 5
};
enum class DataType : std::uint8_t { kText = 0, kBinary = 1 };

inline constexpr std::string_view kCurrent = "ACSCurrent";
inline constexpr std::string_view kPrevious = "ACSPrevious";
/// On managed types the server's alone, while a rotation runs; on Generic ones a label like others.
inline constexpr std::string_view kPending = "ACSPending";

/// As the API spells it: "Generic", "text".
std::string_view to_text(SecretType type);
std::string_view to_text(DataType type);

/// One immutable value of a secret, without the value.
struct Version {
  std::string id;            // chosen by the caller, unique inside the secret
  std::uint32_t serial = 0;  // ours: from 1, never used again; the row's version number
  Instant created;
  std::string key_id;       // the key that wraps its data key …
  std::string key_version;  // … and which version of it
  DataType data_type = DataType::kText;
  std::vector<std::string> labels;  // ACSCurrent and ACSPrevious first, then in the order they came
  std::array<std::uint8_t, 32>
      commitment{};  // of the sealed value, so that only this row fits this version

  bool has(std::string_view label) const;
  bool operator==(const Version&) const = default;
};

/// On disk (schema/secret.fbs): never renumber. Invalid: the last automatic run failed for good.
enum class Automatic : std::uint8_t { kDisabled = 0, kEnabled = 1, kInvalid = 2 };
/// "Enabled"
std::string_view to_text(Automatic automatic);

/// What rotation keeps; all empty on Generic secrets without a function.
struct Rotation {
  Automatic automatic = Automatic::kDisabled;
  std::int64_t interval_seconds = 0;
  Instant last;  // zero: never
  Instant next;
  bool operator==(const Rotation&) const = default;
};

struct Secret {
  AccountId account;
  Uuid uuid;  // bound into every record of the secret: delete + recreate gives another one
  std::string name;
  std::string description;
  std::vector<keys::Tag> tags;
  SecretType type = SecretType::kGeneric;
  std::string instance_id;  // empty: the shared service
  std::string creator;      // ARN of who made it
  Instant created;
  Instant updated;
  std::string encryption_key_id;
  bool default_key = false;     // made without EncryptionKeyId
  Instant planned_delete;       // zero: not waiting for deletion
  std::string extended_config;  // canonical JSON: managed types, Generic ones with a function
  std::string owing_service;
  Rotation rotation;
  std::string policy;  // JSON as it was set; empty: the default policy
  std::uint32_t next_serial = 1;
  std::vector<Version> versions;  // oldest first

  bool managed() const { return type != SecretType::kGeneric; }
  /// Managed types, and Generic ones that a function of the user rotates (docs/functions.md).
  bool rotates() const { return managed() || !extended_config.empty(); }
  bool deleting() const { return planned_delete != Instant{}; }
  const Version* find_version(std::string_view id) const;
  const Version* find_label(std::string_view label) const;
  Version* find_version(std::string_view id);
  Version* find_label(std::string_view label);
  bool operator==(const Secret&) const = default;
};

}  // namespace strongroom::secrets
