#pragma once
// A copy of a log that verifies, taken beside its server. Copying the files one by one while they
// grow gives a checkpoint that covers more than was copied, which nobody can tell from a log that
// was cut off. Any thread; nothing of the log is written.

#include <string>
#include <string_view>

#include "strongroom/audit_format/merkle.h"
#include "strongroom/base/result.h"

namespace strongroom::audit {

/// Copies what the newest checkpoint of the log in `from` covers into `to`, which is created (mode
/// 0700) and synced: entries, archives, hashes, public key, checkpoint (last, so that what was
/// broken off is no log), and the cosigned one if there is one. Records that are not in the tree
/// yet, and what only the server needs, stay behind. Entries of plain volumes are checked on the
/// way. Returns the tree that was copied. Errors of LogDirectory::open (`vkey` as there) and of its
/// entries, kConflict if `to` is there, kUnavailable if the disk refuses.
Result<audit_format::TreeHead> copy_log(const std::string& from, const std::string& to,
                                        std::string_view vkey = {});

}  // namespace strongroom::audit
