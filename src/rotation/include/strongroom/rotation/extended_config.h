#pragma once
// ExtendedConfig of the managed types (openapi.md §5): checked when it comes in, kept and answered
// as compact JSON with its keys in alphabetical order. Values, pure.

#include <map>
#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/rotation/machine.h"
#include "strongroom/secrets/model.h"

namespace strongroom::rotation {

using TextMap = std::map<std::string, std::string, std::less<>>;

struct ExtendedConfig {
  TextMap fields;       // all but CustomData
  TextMap custom_data;  // at most limits::kCustomDataMax pairs

  /// Empty if it is not there.
  std::string_view get(std::string_view name) const;
  std::string_view sub_type() const { return get("SecretSubType"); }
  /// What its target is registered as: DBInstanceId, InstanceId, DBClusterId, UserName or Function.
  std::string_view target() const;
};

// An account's name, so that its twin's (six characters longer) fits MySQL's 32 and
// PostgreSQL's 63.
inline constexpr std::size_t kPairedNameBytesMax = 26;
inline constexpr std::size_t kPairedRoleBytesMax = 57;

/// As CreateSecret brings it. 400 InvalidParameter names the field that is missing, unknown or
/// wrong for the type; MissingParameter if there is none at all.
Result<ExtendedConfig> parse_extended_config(secrets::SecretType type, std::string_view json);
// The fields of a Generic secret that a function rotates; its parameters are the custom data.
inline constexpr std::string_view kFunction = "Function";
inline constexpr std::string_view kPrivilegedSecret = "PrivilegedSecret";

struct Function {
  std::string target;             // what it is registered as
  std::string privileged_secret;  // of the same account, whose value it is given; may be empty
  TextMap parameters;
};
/// 400 InvalidParameter if there are too many parameters.
Result<ExtendedConfig> function_config(const Function& function);

/// As it was stored. kCorrupt.
Result<ExtendedConfig> stored_extended_config(std::string_view json);
std::string to_json(const ExtendedConfig& config);
/// CustomData alone, as UpdateSecret brings it. 400 InvalidParameter.
Result<TextMap> parse_custom_data(std::string_view json);

/// How secrets of this type and subtype are rotated.
Shape shape_of(secrets::SecretType type, std::string_view sub_type);

}  // namespace strongroom::rotation
