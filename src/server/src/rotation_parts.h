#pragma once
// What the configuration says of rotation, in the form that its parts take.

#include <memory>

#include "strongroom/egress/runner.h"
#include "strongroom/rotation/rotations.h"
#include "strongroom/server/config.h"

namespace strongroom::server {

/// The process that reaches targets; null, after a warning in the log, if it cannot be started.
std::unique_ptr<egress::EgressRunner> start_egress(const Config& config);

rotation::Settings rotation_settings(const Config& config);

}  // namespace strongroom::server
