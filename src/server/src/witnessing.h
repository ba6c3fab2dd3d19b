#pragma once
// This server as a witness of other servers' audit logs.

#include <memory>

#include "strongroom/audit_witness/witness.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/server/config.h"

namespace strongroom::server {

/// Null unless `audit.witness_logs_file` is set. Writes its own key to witness/vkey in the data
/// directory. kInvalidInput for a file of logs that cannot be read.
Result<std::unique_ptr<audit_witness::Witness>> open_witness(const Config& config,
                                                             barrier::SealedStore& store);

}  // namespace strongroom::server
