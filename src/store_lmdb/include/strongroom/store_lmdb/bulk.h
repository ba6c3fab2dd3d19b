#pragma once
// Makes a whole store at once, from rows in key order: for restoring. The result is there
// completely or not at all. One thread.

#include <cstdint>
#include <memory>
#include <string>

#include "strongroom/store/store.h"

namespace strongroom::store_lmdb {

class BulkLoader {
 public:
  /// Begins a store in `directory` (created 0700). kConflict (code "StoreExists") if it holds one
  /// already; kUnavailable if the system refuses.
  static Result<std::unique_ptr<BulkLoader>> begin(const std::string& directory);
  virtual ~BulkLoader() = default;

  /// Appends a row. kInvalidInput unless its key lies behind the last one's and its sizes are those
  /// of a stored row; kUnavailable if the disk refuses.
  virtual Result<void> append(const store::Row& row) = 0;

  /// Sets the revision, syncs, and gives the store its name. Nothing may follow.
  virtual Result<void> finish(store::Revision revision) = 0;
};

}  // namespace strongroom::store_lmdb
