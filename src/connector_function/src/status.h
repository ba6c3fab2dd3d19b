#pragma once
// What the HTTP statuses of functions mean. Pure.

#include <string_view>

#include "strongroom/connector_kit/attempt.h"

namespace strongroom::connector_function {

/// What a status that is not 2xx means for the step.
connector_kit::Failure failure_of_status(int status, std::string_view what);

}  // namespace strongroom::connector_function
