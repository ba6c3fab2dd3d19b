#pragma once
// What `strongroom doctor` finds in what the server tells its operator. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "strongroom/base/time.h"
#include "strongroom/client/json.h"

namespace strongroom::cli {

struct Finding {
  enum class Mark : std::uint8_t { kOk, kWarn, kFail };

  Mark mark = Mark::kOk;
  std::string what;
  std::string detail;
  std::string fix = {};  // a command or a page; empty if nothing is to be mended
};

/// In the object "Server" of GetStatus.
std::vector<Finding> server_findings(const client::Value& server, Instant now);

/// In the answer of DescribeRecovery. A development server is not asked for backups, nor one that
/// does not say what it is (an older release), but a failure is told of any.
std::vector<Finding> recovery_findings(const client::Value& recovery, Instant now);

}  // namespace strongroom::cli
