#pragma once
// Making access keys.

#include <string_view>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/identity/directory.h"

namespace strongroom::identity {

/// A new id and secret; nothing is stored.
Result<IssuedAccessKey> issue_key(Random& random, Instant now);

struct Birth {
  Instant now;
  Random& random;
};
/// Puts the key's own record; the list of its owner is the caller's to keep.
/// EntityAlreadyExists.User.AccessKey.
Result<void> put_new_key(barrier::Transaction& txn, const Owner& owner, const GivenAccessKey& key,
                         const Birth& birth);

}  // namespace strongroom::identity
