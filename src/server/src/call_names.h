#pragma once
// The calls that are counted and timed: every operation, at the shared endpoint and at instances.

#include <vector>

#include "strongroom/metrics/calls.h"
#include "strongroom/service/service.h"

namespace strongroom::server {

std::vector<metrics::CallName> call_names(const service::Service& service);

}  // namespace strongroom::server
