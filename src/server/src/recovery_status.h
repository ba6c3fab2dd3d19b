#pragma once
// When the last backup, drill and compaction were, for `status` and the metrics. A small file in
// the data directory; what it says is for people and decides nothing. Blocking; callers take turns.

#include <optional>
#include <string>

#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::server {

struct RecoveryStatus {
  Instant last_backup;          // zero: never
  Instant last_backup_failure;  // zero: never
  Instant last_drill;           // newest proven restore
  Instant last_drill_failure;
  Instant last_compaction;
  Instant last_retirement;   // old keyring epochs were forgotten
  std::string last_failure;  // one line
  std::string last_proof;    // what the last drill found
};

/// Empty if there is no such file or it is damaged.
RecoveryStatus read_recovery_status(const std::string& data_directory);
Result<void> write_recovery_status(const std::string& data_directory, const RecoveryStatus& status);

}  // namespace strongroom::server
