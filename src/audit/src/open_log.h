#pragma once
// Log::open with a disk of the test's choosing.

#include <memory>

#include "io.h"
#include "strongroom/audit/log.h"

namespace strongroom::audit {

/// `io` must outlive the log.
Result<std::unique_ptr<Log>> open_log(Config config, const SecretBytes& signing_seed, Io& io);

}  // namespace strongroom::audit
