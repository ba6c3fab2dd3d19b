#pragma once
// The audit log's files up to one checkpoint, also while the server appends to them. Blocking.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/recovery/backup_format.h"

namespace strongroom::recovery {

using PieceSink = std::function<Result<void>(const std::string& path, std::uint64_t offset,
                                             std::string_view bytes)>;

/// Hands every piece behind `from` to `sink`: volumes (or the archives that they became) and hashes
/// first, then what says from where on entries are kept, the key, the resume file and the
/// checkpoint. Returns where it ended; nothing, and no piece, if there is no log. kCorrupt if the
/// files do not fit together or do not continue `from`.
Result<AuditPosition> copy_audit(const std::string& audit_directory, const AuditPosition& from,
                                 const PieceSink& sink);

/// Removes the volumes of a restored log whose time had ended when its newest backup was taken: a
/// base may have brought them, or the front of one.
Result<void> drop_expired_volumes(const std::string& audit_directory);

}  // namespace strongroom::recovery
