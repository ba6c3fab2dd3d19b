#pragma once
// Shared by the KMS instance actions and BssOpenApi's, which buy and give back instances.

#include "strongroom/instances/instances.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

/// Releases an instance that this call's transaction read. 409 Rejected.StateModifiedFailed while
/// it holds keys or secrets, unless `force`.
Result<void> release_instance(Call& call, const instances::Instance& instance, bool force);

}  // namespace strongroom::service
