#pragma once
// Every connector that reaches its targets over the network. Thread-safe.

#include <memory>
#include <vector>

#include "strongroom/connector/connector.h"

namespace strongroom::connectors {

/// One of each kind.
std::vector<std::unique_ptr<connector::Connector>> make_all();

}  // namespace strongroom::connectors
