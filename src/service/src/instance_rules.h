#pragma once
// What keys and secrets owe to the KMS instance they live in: it must be there and usable, the
// secret's key must live in the same one, and its quotas hold (openapi.md §4.1, §12; semantics.md
// §1.4, §1.6).

#include <memory>
#include <string>
#include <string_view>

#include "strongroom/base/usage_table.h"
#include "strongroom/instances/instances.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

/// The instance must be Connected and not expired: 403 Forbidden.DKMSInstanceNotFound,
/// Forbidden.DKMSInstanceStateInvalid, 409 Rejected.Unavailable. The empty id is the shared service
/// and passes.
Result<void> require_instance(Call& call, std::string_view instance_id);
/// The same for what another account may own.
Result<void> require_instance_of(Call& call, AccountId owner, std::string_view instance_id);

/// Whether the endpoint that was asked is that of an instance, and another one than this: what
/// lives there is then not found.
bool is_elsewhere(const Call& call, std::string_view instance_id);

/// A place in an instance for `count` new key versions or a new secret. Without DKMSInstanceId all
/// empty.
struct InstancePlace {
  std::string id;
  std::shared_ptr<UsageTable::Reservation> place;
};

/// For a mutation that makes something in the instance named by DKMSInstanceId. Reserves the place
/// and records quota events. 400 Rejected.LimitExceeded when the quota is used up, 503 while usage
/// is still being counted after a start; errors of require_instance().
Result<InstancePlace> new_key_place(Call& call, std::string_view instance_id);
Result<InstancePlace> new_secret_place(Call& call, std::string_view instance_id);

/// 400 InvalidParameter unless the key of a new secret lives where the secret is to live.
Result<void> require_same_instance(std::string_view secret_instance, std::string_view key_instance);

}  // namespace strongroom::service
