#pragma once
// The body of a target's record (docs/formats/target.md).

#include "strongroom/barrier/record.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/targets/targets.h"

namespace strongroom::targets {

/// Puts the record; no copy of the credential is left in memory.
void put(barrier::Transaction& transaction, const Target& target);
/// kCorrupt if the body has not the form of schema/target.fbs.
Result<Target> decode(const barrier::RecordRef& record);

}  // namespace strongroom::targets
