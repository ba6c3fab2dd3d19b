#pragma once
// Credentials that were deleted after a backup was taken: found in a newer audit log, and deleted
// again in what was restored. Blocking; one thread.

#include <cstdint>
#include <string>
#include <vector>

#include "strongroom/barrier/data_directory.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/result.h"

namespace strongroom::server {

struct DeadCredential {
  enum class Kind : std::uint8_t { kAccessKey, kClientKey, kOther };
  Kind kind = Kind::kOther;
  AccountId account;
  std::string id;    // of the key
  std::string user;  // an access key's user; empty: the account itself
  std::string what;  // for people: time, action, resource, by whom
};

/// From entry `first` on. Errors as reading a log.
Result<std::vector<DeadCredential>> deleted_since(const std::string& audit_directory,
                                                  std::uint64_t first);

/// Deletes the access keys and client keys among them in a restored directory that no server has
/// open. Returns how many were there. Those of other kinds are left to people.
Result<std::size_t> delete_again(const std::string& directory, barrier::UnsealedDirectory opened,
                                 const std::vector<DeadCredential>& dead);

}  // namespace strongroom::server
