#include "strongroom/trail/call_log.h"

namespace strongroom::trail {

Result<audit_format::Found> CallLog::search(const audit_format::Search& wanted) const {
  if (const auto settled = settle_ ? settle_() : Result<void>(); !settled) {
    return fail(ErrorKind::kUnavailable, "ServiceUnavailable",
                "The newest records are not in the audit log's tree yet, so an answer could leave "
                "out calls that were made. Ask again; if that does not help, see audit_merge_failed"
                " in the server's log and whether its disk is full (" +
                    settled.error().message() + ").");
  }
  SR_TRY(const auto log, audit_format::LogDirectory::open(directory_));
  return audit_format::search(log, wanted);
}

}  // namespace strongroom::trail
