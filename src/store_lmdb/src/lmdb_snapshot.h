#pragma once
// store::Snapshot over one LMDB read transaction, which goes back to the environment's pool.

#include "environment.h"

namespace strongroom::store_lmdb {

/// A snapshot of the newest revision. `environment` must outlive it.
Result<std::unique_ptr<store::Snapshot>> open_snapshot(Environment& environment);

}  // namespace strongroom::store_lmdb
