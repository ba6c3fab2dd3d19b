#pragma once
// Programs of ours that the server starts beside itself, so that what they link shares no memory
// with a root key. They get an empty environment, no descriptor but one end of a socket pair, and
// /dev/null as standard input. Functions without state, any thread.

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace strongroom {

struct ChildProcess {
  pid_t id = -1;
  int socket = -1;  // our end, closed at exec; the caller closes it and waits for the process
};

/// `descriptor`: the number of their end there. Nothing if the program cannot be started.
std::optional<ChildProcess> start_child(const std::string& program,
                                        std::vector<std::string> arguments, int descriptor);

}  // namespace strongroom
