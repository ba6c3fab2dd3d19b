#pragma once
// The egress process's side: confinement first, then jobs until the server closes the socket.
// For a process of its own with one thread.

#include <cstddef>
#include <span>
#include <string>

#include "strongroom/base/result.h"
#include "strongroom/connector/connector.h"

namespace strongroom::egress {

inline constexpr int kSocket = 3;  // where the server left the socket

/// Gives up what the process does not need: environment, descriptors above kSocket, core files,
/// being traced, gaining privileges; as root also root, in favour of `user`.
/// kUnavailable (EgressConfinement) if any of it fails: then nothing may be run.
Result<void> confine(const std::string& user);

/// Runs each job that comes through `socket` in a child of its own, at most `slots` at a time, and
/// kills those that pass their budget. Returns when the socket is closed; 0, or 1 for a message
/// that is none.
int serve(int socket, std::size_t slots, std::span<connector::Connector* const> connectors);

}  // namespace strongroom::egress
