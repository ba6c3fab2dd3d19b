#pragma once
// The audit log on this server's disk, for questions that arrive as requests. Thread-safe. A
// search sees every record that was written before it began, or fails: "nobody read this" is an
// answer that people rely on.

#include <functional>
#include <string>

#include "strongroom/audit_format/search.h"
#include "strongroom/base/result.h"

namespace strongroom::trail {

class CallLog {
 public:
  /// Waits, for a bounded time, until the log's tree holds what was written before the call.
  using Settle = std::function<Result<void>()>;

  /// Without `settle`: a log that nobody writes; what the newest checkpoint covers is all there is.
  explicit CallLog(std::string directory, Settle settle = {})
      : directory_(std::move(directory)), settle_(std::move(settle)) {}

  /// Slow: waits and reads files, so never on an I/O thread. kUnavailable (ServiceUnavailable) if
  /// the newest records do not come into the tree; else errors as audit_format::search.
  Result<audit_format::Found> search(const audit_format::Search& wanted) const;

 private:
  std::string directory_;
  Settle settle_;
};

}  // namespace strongroom::trail
