#include "strongroom/trail/call_log.h"

namespace strongroom::trail {

Result<audit_format::Found> CallLog::search(const audit_format::Search& wanted) const {
  SR_TRY(const auto log, audit_format::LogDirectory::open(directory_));
  return audit_format::search(log, wanted);
}

}  // namespace strongroom::trail
