#pragma once
// What the server has to tell of itself, as events of the operator's account.

#include <string>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/time.h"

namespace strongroom::server {

/// Records an event in a commit of its own; `why` becomes part of it. One that cannot be recorded
/// is a line in the log.
void tell_event(barrier::SealedStore& store, AccountId account, Instant now,
                const std::string& name, const std::string& level, const std::string& why);

/// Whether an audit log lies in the data directory, of whatever length.
bool has_audit_log(const std::string& data_directory);

}  // namespace strongroom::server
