#pragma once
// What an administrator wants to see first: what ends soon, what was not rotated, and who has not
// taken up a new version. Reads the heads of everything the account has, so on a worker only.

#include <string>
#include <vector>

#include "strongroom/service/operation.h"

namespace strongroom::service {

/// Something that ends by itself.
struct Ending {
  Instant when;
  std::string kind;  // client-key, key, key-material, secret
  std::string name;
  std::string of = {};  // client keys: the access point
};

/// A rotation that failed for good, or should have been done by now.
struct Overdue {
  std::string kind;  // secret, key
  std::string name;
  std::string state;  // failed, overdue
  Instant since;
  std::string why = {};
};

/// Somebody who read a secret before it got its current version, and not since; or who goes on
/// reading the version before it.
struct Straggler {
  std::string secret;
  std::string version;  // that was read last
  std::string principal;
  std::string access_key_id;
  std::string source_ip;
  Instant last_read;
  Instant current_since;
};

struct StatusReport {
  std::vector<Ending> endings;        // the next first
  std::vector<Overdue> overdue;       // the oldest first
  std::vector<Straggler> stragglers;  // the newest change first
  std::size_t looked_at = 0;          // secrets and keys
  bool complete = true;               // false: there is more than one report looks at
};

/// 503 until the indexes are built. Errors of the store and of the log.
Result<StatusReport> status_report(Engines& engines, AccountId account, Instant now);

}  // namespace strongroom::service
