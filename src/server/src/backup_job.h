#pragma once
// The next backup of a repository and the proof of its newest one: what the schedule and the
// commands share. Blocking; thread-safe.

#include <atomic>
#include <string>

#include "proof.h"
#include "strongroom/recovery/backup.h"
#include "strongroom/recovery/backup_reader.h"
#include "strongroom/recovery/repository.h"
#include "strongroom/server/config.h"

namespace strongroom::server {

/// Takes a backup into config.backup.directory: an increment of the newest one, or a full one when
/// its chain has full_every members or there is none. Then removes what retention lets go.
Result<recovery::StoredBackup> take_scheduled_backup(const recovery::BackupSource& source,
                                                     const BackupConfig& config,
                                                     const std::atomic<bool>* cancel);

/// What a restore that was proved came from.
struct ProvenRestore {
  std::string path;
  recovery::Manifest manifest;
  Proof proof;
};
/// Restores `backup` into `scratch`, opens and proves it, removes it again.
Result<ProvenRestore> prove_backup(const std::string& backup, const std::string& scratch,
                                   const Config& config);

/// The same for the newest backup of the repository. kNotFound if there is none.
Result<ProvenRestore> drill(const Config& config);

/// bytes a second of a setting in MiB.
constexpr std::uint64_t bytes_of_mib(std::uint64_t mib) {
  return mib << 20U;
}

}  // namespace strongroom::server
