#pragma once
// What CreateSecret and UpdateSecret take for managed types (openapi.md §5).

#include <optional>
#include <string>
#include <string_view>

#include "strongroom/rotation/rotations.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

/// SecretType; absent: Generic. 400 InvalidParameter.
Result<secrets::SecretType> secret_type_of(const Parameters& parameters);

/// A CreateSecret of a managed type, checked.
struct ManagedRequest {
  std::string name;  // $Auto resolved
  rotation::ExtendedConfig config;
  rotation::FirstValues values;
  secrets::SecretType type;
  secrets::Rotation rotation;

  /// Adds what managed types have to what every secret has; `wanted` looks into this.
  void complete(Call& call, secrets::NewSecret& wanted) const;
};
/// 400 InvalidParameter, MissingParameter, UnsupportedOperation; for RAM secrets also 404 for an
/// unknown user, and 403 unless the caller may make AccessKeys for the user: whoever manages a
/// user's keys can act as that user.
Result<ManagedRequest> managed_request_of(Call& call, secrets::SecretType type,
                                          std::string_view asked_name, const SecretBytes& data);

/// Whether the caller may change accounts of the system of `owner`'s secret by himself, so that
/// what he brings in needs no proof (docs/rotation.md): rds:ResetAccountPassword, ecs:RunCommand.
bool may_reset_accounts(const Call& call, AccountId owner, secrets::SecretType type,
                        const rotation::ExtendedConfig& config);

/// ExtendedConfig.CustomData of UpdateSecret: as JSON text, or one parameter a key. Nothing if
/// there is none. 400 InvalidParameter.
Result<std::optional<rotation::TextMap>> custom_data_of(const Parameters& parameters);
Result<std::string> with_custom_data(std::string_view extended_config,
                                     const rotation::TextMap& custom_data);

}  // namespace strongroom::service
