#pragma once
// The audit log on this server's disk, for questions that arrive as requests. Thread-safe; every
// search sees what the newest checkpoint covers.

#include <string>

#include "strongroom/audit_format/search.h"
#include "strongroom/base/result.h"

namespace strongroom::trail {

class CallLog {
 public:
  explicit CallLog(std::string directory) : directory_(std::move(directory)) {}

  /// Slow: reads files. Errors as audit_format::search.
  Result<audit_format::Found> search(const audit_format::Search& wanted) const;

 private:
  std::string directory_;
};

}  // namespace strongroom::trail
