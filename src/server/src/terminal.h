#pragma once
// How the program talks to the operator: four-line errors, and waiting for a signal to stop.

#include <signal.h>

#include <string>
#include <string_view>

#include "strongroom/base/result.h"

namespace strongroom::server {

/// What failed, why, what to do next, where it is documented. On standard error.
void print_error(const std::string& what, const Error& error, const std::string& next);

/// Blocks SIGINT and SIGTERM in the calling thread and all that it starts afterwards; SIGPIPE and
/// SIGXFSZ are ignored. Call before any thread starts.
sigset_t block_stop_signals();
/// Returns when one of them arrives.
void wait_for_stop(const sigset_t& signals);

/// replace_file() of `path`; kUnavailable with the path and the reason.
Result<void> write_private_file(const std::string& path, std::string_view text);

}  // namespace strongroom::server
