#pragma once
// What every seal of the product is bound to: the numbered AAD list of docs/formats/record.md.
// Pure, thread-safe.
//
// One list for all records, so that nothing sealed in one place opens in another. `barrier` fills
// it for its records; `secrets` fills it for the rows it seals itself.

#include <cstdint>
#include <string>
#include <string_view>

#include "strongroom/barrier/record.h"
#include "strongroom/base/ids.h"

namespace strongroom::barrier {

/// The meaning of each field is in docs/formats/record.md. Views must outlive the call.
struct Binding {
  std::uint8_t record_type = 0;
  Uuid cluster;
  AccountId account;
  Uuid resource;
  std::string_view name;
  std::string_view version_id;
  std::string_view field;
  std::uint64_t rev = 0;
  std::string_view wrapping_key;
};

/// Appends the AAD of `binding` to `out`: 10 fields, all present, fixed order.
void append_aad(std::string& out, const Binding& binding);
std::string aad(const Binding& binding);

/// A secret version's data key, sealed by `secrets` under a key version (field "dek").
struct DataKeyBinding {
  Uuid cluster;
  AccountId account;
  Uuid resource;                 // the secret's uuid, not its name's
  std::string_view secret_name;  // in clear
  std::string_view version_id;
  std::string_view key_id;
  std::string_view key_version_id;
};
std::string data_key_aad(const DataKeyBinding& binding);

/// A secret version's value, sealed by `secrets` under its data key (field "value").
struct ValueBinding {
  Uuid cluster;
  AccountId account;
  Uuid resource;
  std::string_view secret_name;
  std::string_view version_id;
};
/// Appends; a caller on the read path keeps one buffer and clears it.
void append_value_aad(std::string& out, const ValueBinding& binding);
std::string value_aad(const ValueBinding& binding);

}  // namespace strongroom::barrier
