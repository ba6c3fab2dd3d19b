#pragma once
// The rows of the Instance API: its actions as operations of the service's pipeline. Each handler
// judges its own key or, for GetSecretValue, the pipeline has judged the secret; then the resource
// must live in the instance that was asked (Call::gateway). Thread-safe.

#include <string_view>

#include "strongroom/service/operation.h"

namespace strongroom::gateway_instance {

inline constexpr service::ApiVersion kInstanceApi{"Kms", "kms", "dkms-gcs-0.2"};

/// The parameter that holds the header x-kms-migrationkeyversionid.
inline constexpr std::string_view kMigrationVersion = "x-kms-migrationkeyversionid";

/// The row of an offered action, or null.
const service::Operation* find_operation(std::string_view action);

}  // namespace strongroom::gateway_instance
