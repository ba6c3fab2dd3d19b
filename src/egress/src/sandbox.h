#pragma once
// What the child that runs one job may still do, once the job is known. For a process with one
// thread that is about to run one connector.

#include <cstdint>
#include <vector>

#include "strongroom/base/result.h"
#include "strongroom/connector/job.h"

namespace strongroom::egress {

/// The TCP ports that the job's connector has a reason to connect to.
std::vector<std::uint16_t> ports_of(const connector::Job& job);

/// Irrevocably gives up, for this process: other programs and processes, files but for reading what
/// libraries read (/etc, /usr, /proc/self …) and writing below /tmp, listening, TCP to other ports
/// than ports_of() and DNS's, and system calls that no client library needs. Functions that are
/// programs of the host are left as they are: they are the operator's own.
///
/// System calls are refused on every kernel (seccomp). Files and ports need Landlock: what the
/// running kernel has of it is used (files since 5.13, ports since 6.7). kUnavailable
/// (EgressConfinement) if a part that the kernel has cannot be used.
Result<void> enter_sandbox(const connector::Job& job);

}  // namespace strongroom::egress
