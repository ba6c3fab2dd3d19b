#include "strongroom/store_lmdb/compact.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "data_file.h"
#include "directory.h"
#include "lmdb_error.h"
#include "strongroom/base/limits.h"

namespace strongroom::store_lmdb {
namespace {

Result<void> copy_compacted(const std::string& directory, const std::string& staging) {
  SR_TRY(const OpenEnv env, open_env(directory, limits::kMapBytesMax, MDB_RDONLY));
  if (int code = mdb_env_copy2(env.get(), staging.c_str(), MDB_CP_COMPACT); code != 0) {
    return std::unexpected(lmdb_error(code, "copy itself"));
  }
  const std::string copy = staging + kDataFile;
  const Descriptor file(::open(copy.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 || ::fsync(file.get()) != 0) {
    return std::unexpected(system_error(errno, "sync " + copy));
  }
  return {};
}

}  // namespace

Result<CompactedSizes> compact(const std::string& directory) {
  std::error_code error;
  const std::string data_file = directory + kDataFile;
  if (!std::filesystem::exists(data_file, error)) {
    return fail(ErrorKind::kNotFound, "StoreNotFound", "there is no store in " + directory);
  }
  SR_TRY(const DirectoryLock lock, DirectoryLock::take(directory, false));
  CompactedSizes sizes{.before = std::filesystem::file_size(data_file, error)};
  const std::string staging = directory + "/creating";
  std::filesystem::remove_all(staging, error);
  SR_CHECK_OK(prepare_directory(staging));
  SR_CHECK_OK(copy_compacted(directory, staging));
  SR_CHECK_OK(publish_created(directory));
  sizes.after = std::filesystem::file_size(data_file, error);
  return sizes;
}

}  // namespace strongroom::store_lmdb
