#pragma once
// Handlers that gateways with rows of their own use too. See operation.h for what a handler may
// rely on.

#include "strongroom/service/operation.h"

namespace strongroom::service {

/// GetSecretValue of a secret that the row named and the pipeline judged (openapi.md §4.3).
Result<void> get_secret_value(Call& call);

}  // namespace strongroom::service
