#pragma once
// The age keys that the configuration names for backups. Any thread.

#include <vector>

#include "strongroom/age/age.h"
#include "strongroom/server/config.h"

namespace strongroom::server {

/// backup.age_recipients. kInvalidInput, naming the setting, if one is none or there are too many.
Result<std::vector<age::Recipient>> recipients_of(const BackupConfig& backup);

/// All of backup.age_identity_file; none if it is not set. kUnavailable, kInvalidInput.
Result<std::vector<age::Identity>> identities_of(const BackupConfig& backup);

}  // namespace strongroom::server
