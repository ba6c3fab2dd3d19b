#pragma once
// Fills the data directory of a stopped development server with secrets, through the libraries that
// the server uses.

#include <cstddef>
#include <string>

#include "strongroom/base/ids.h"
#include "strongroom/base/result.h"

namespace strongroom::bench {

struct SeedPlan {
  std::string data_directory;
  AccountId account;
  std::size_t secrets = 0;
  std::size_t versions = 1;
  std::size_t value_bytes = 1024;
  std::size_t threads = 64;      // so that many changes share one sync
  std::string instance_id = {};  // empty: the shared service, under the account's default key
  std::string key_id = {};       // a key of that instance
};

/// Makes secrets secret_name(0 … secrets-1). Versions are named v1, v2, … Errors of the libraries
/// pass through.
Result<void> seed(const SeedPlan& plan);

/// Commits so far, seen from beside a running server.
Result<std::uint64_t> store_revision(const std::string& data_directory);

}  // namespace strongroom::bench
