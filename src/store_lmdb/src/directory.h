#pragma once
// The store's directory: who may use it, and what keeps a second server out.

#include <string>

#include "strongroom/base/descriptor.h"
#include "strongroom/base/result.h"

namespace strongroom::store_lmdb {

/// Creates the directory with mode 0700 if it is absent. Refuses one that everybody may write to.
Result<void> prepare_directory(const std::string& directory);

/// Held from open to close: the lock of the file `server.lock` against other processes, and an
/// entry in this process's list of open stores (LMDB's own locks break when one process opens a
/// file twice).
class DirectoryLock {
 public:
  /// kConflict (code "StoreInUse") if somebody holds it. `shared` for tools: only the check within
  /// this process.
  static Result<DirectoryLock> take(const std::string& directory, bool shared);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  DirectoryLock(std::string real_path, Descriptor lock_file)
      : real_path_(std::move(real_path)), lock_file_(std::move(lock_file)) {}
  std::string real_path_;  // empty: moved from
  Descriptor lock_file_;
};

/// Makes new directory entries survive a power loss: LMDB syncs its file, not the names.
Result<void> sync_names(const std::string& directory);

}  // namespace strongroom::store_lmdb
