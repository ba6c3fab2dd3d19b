#pragma once
// A directory of backups: listing, choosing, retention. Files are found by their content, not by
// their names. Blocking; thread-safe.

#include <cstddef>
#include <string>
#include <vector>

#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/recovery/backup_format.h"

namespace strongroom::recovery {

inline constexpr std::string_view kBackupSuffix = ".backup";
inline constexpr std::size_t kChainMax = 64;  // a full backup and its increments

struct StoredBackup {
  std::string path;
  Manifest manifest;
};

struct Listing {
  std::vector<StoredBackup> backups;  // the oldest first, before them those from the future
  std::vector<std::string> damaged;   // files with the suffix whose manifest does not read
};
/// What says that it was taken more than a day after `now` was taken while the clock was wrong: it
/// counts as older than the others. kNotFound if there is no such directory.
Result<Listing> list_backups(const std::string& directory, Instant now);

/// "<directory>/strongroom-20261122T070102Z-<8 hex digits of the id>-full.backup"
std::string backup_path(const std::string& directory, Instant now, Uuid tag, bool full);

/// The backups that `newest` needs, the full one first and `newest` last. kNotFound names the base
/// that is missing; kCorrupt for a chain that is too long.
Result<std::vector<StoredBackup>> chain_of(const Listing& listing, const StoredBackup& newest);

/// What may go when the newest `keep` full backups and all that continues them stay.
std::vector<std::string> expired(const Listing& listing, std::size_t keep);

/// Removes what expired() says, the newest of each chain first so that a kill leaves whole chains.
/// Returns how many.
Result<std::size_t> prune(const std::string& directory, std::size_t keep, Instant now);

}  // namespace strongroom::recovery
