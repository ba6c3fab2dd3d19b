#pragma once
// The second half of a change of root (barrier/root_change.h): whoever has the store open lets its
// keyring follow the root that the seal has. Blocking.

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/result.h"
#include "strongroom/server/config.h"

namespace strongroom::server {

/// Opens the seal as `config` says and finishes a change of root. False if none is unfinished.
/// kConflict while a command is changing the seal; else as opening the seal and committing.
Result<bool> follow_root(const Config& config, barrier::SealedStore& store, Random& random);

}  // namespace strongroom::server
