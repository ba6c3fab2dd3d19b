#pragma once
// Puts a backup, or a full one and its increments, back into a new data directory
// (docs/formats/backup.md, "Restoring"). Blocking; one restore of a directory at a time.
//
// Two steps: stage_restore() builds everything under another name, the caller proves it there as
// far as it wants, publish_restore() gives it its name. A kill in between leaves a directory that
// is recognised by its marker and removed by the next attempt; the wanted name appears only whole.

#include <span>
#include <string>
#include <vector>

#include "strongroom/age/age.h"
#include "strongroom/barrier/data_directory.h"
#include "strongroom/recovery/backup_format.h"

namespace strongroom::recovery {

struct RestoreRequest {
  std::string backup;  // the state wanted; its bases are looked for beside it; "-": standard input
  std::string directory;  // absent or empty
  const barrier::SlotSecret& secret;
  std::string audit_directory =
      {};  // a newer copy of the audit log, put back instead of the backup's
  std::span<const age::Identity> identities{};  // for backups made for age recipients
};

/// A restored directory that has no name yet.
struct StagedDirectory {
  std::string path;  // <directory>.restoring
  barrier::UnsealedDirectory opened;
  std::vector<Manifest> chain;  // the full backup first
  std::uint64_t rows = 0;

  const Manifest& newest() const { return chain.back(); }
};

/// kNotFound for an absent file or base, kConflict if the directory is not empty or something else
/// stands at the staging place, kDenied if the secret opens no slot of the backup, kCorrupt for
/// damage; kUnavailable if the disk refuses. Nothing stays behind after an error.
Result<StagedDirectory> stage_restore(const RestoreRequest& request);

/// Begins a new lineage in the superblock, syncs, renames to `directory`.
Result<void> publish_restore(StagedDirectory& staged, const std::string& directory);

/// Removes what stage_restore() made at `path`, if it is that.
Result<void> discard_restore(const std::string& path);

}  // namespace strongroom::recovery
