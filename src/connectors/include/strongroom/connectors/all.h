#pragma once
// Every connector that reaches its targets over the network. Thread-safe.

#include <memory>
#include <string>
#include <vector>

#include "strongroom/connector/connector.h"

namespace strongroom::connectors {

/// What the operator allows rotation functions.
struct Settings {
  std::vector<std::string> private_hosts;  // whose addresses need not be public
  std::vector<std::string> executables;    // the only programs that are ever run
};

/// One of each kind.
std::vector<std::unique_ptr<connector::Connector>> make_all(const Settings& settings);

}  // namespace strongroom::connectors
