#pragma once
// The audit row of something that the server did by itself, in the transaction that did it.

#include <string>
#include <string_view>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/random.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

struct SystemDeed {
  const Operation& operation;
  AccountId account;
  std::string resource;         // ARN
  std::string version_id = {};  // of a secret
};

void record_deed(barrier::Transaction& transaction, const SystemDeed& deed, Random& random,
                 std::string_view region, Instant now);

}  // namespace strongroom::service
