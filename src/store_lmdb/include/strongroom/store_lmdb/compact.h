#pragma once
// Rewrites a store without its free pages, so that nothing of what was deleted is left in its file.
// Blocking; the store must not be open.

#include <cstdint>
#include <string>

#include "strongroom/base/result.h"

namespace strongroom::store_lmdb {

struct CompactedSizes {
  std::uint64_t before = 0;  // bytes of the file
  std::uint64_t after = 0;
};

/// Copies, syncs, and puts the copy in the file's place; a kill on the way leaves the old file or
/// the new one. kConflict (code "StoreInUse") while a server has it open, kNotFound if there is
/// none, kUnavailable if the disk refuses. What the old file occupied on the device is the file
/// system's to reuse.
Result<CompactedSizes> compact(const std::string& directory);

}  // namespace strongroom::store_lmdb
