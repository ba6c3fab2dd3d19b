#pragma once
// Registered rotation targets: found, added, changed, removed. Works inside the reader or
// transaction it is given and commits nothing; judges no permissions. Thread-safe: the object holds
// the name index only.

#include <string>
#include <string_view>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/name_index.h"
#include "strongroom/base/random.h"
#include "strongroom/base/time.h"
#include "strongroom/connector/job.h"

namespace strongroom::targets {

/// What a target may be, for people who named something else.
inline constexpr const char* kKinds =
    "It is mysql, postgres, redis, ssh, cloud-rds, cloud-ram, cloud-ecs, http, function-compute or "
    "executable.";

struct Target {
  AccountId account;
  Uuid uuid;  // bound into its record; drawn by save() for a new one
  connector::Kind kind = connector::Kind::kMysql;
  connector::Target where;      // where.name is the id: "rm-orders"
  connector::Credential admin;  // the account that changes others
  std::string owner_role;       // PostgreSQL, dual accounts
  connector::Options options;
  Instant created;
  Instant modified;
};

/// The form of a target, with the kind's port added to an address without one. 400
/// InvalidParameter naming what is wrong.
Result<Target> checked(Target target);

class Targets {
 public:
  /// `random` must outlive this.
  explicit Targets(Random& random) : random_(random) {}

  /// 404 EntityNotExist.Target if it is not registered. Reader errors pass through.
  Result<Target> find(barrier::Reader& reader, AccountId account, std::string_view id) const;
  /// Registers a checked() target or replaces the one of the same id. 400 Rejected.LimitExceeded
  /// beyond limits::kTargetsPerAccountMax.
  Result<void> save(barrier::Transaction& transaction, Target target, Instant now);
  /// Secrets that name it can no longer be rotated. Errors as find().
  Result<void> remove(barrier::Transaction& transaction, AccountId account, std::string_view id);

  /// What a walk over the store after start must show it, for listing. The visits refer to this
  /// object.
  std::vector<barrier::Visit> index_visits();
  /// Ids by account, in byte order.
  const NameIndex& index() const { return index_; }

 private:
  Random& random_;
  NameIndex index_;
};

}  // namespace strongroom::targets
