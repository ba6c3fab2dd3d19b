#include "directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>

#include "lmdb_error.h"

namespace strongroom::store_lmdb {
namespace {

struct OpenStores {
  std::mutex mutex;
  std::set<std::string> paths;
};

OpenStores& open_stores() {
  static OpenStores stores;
  return stores;
}

std::unexpected<Error> in_use(const std::string& directory, const std::string& by) {
  return fail(ErrorKind::kConflict, "StoreInUse",
              "the store in " + directory + " is in use by " + by +
                  ": stop it, or choose another data directory");
}

Result<std::string> real_path(const std::string& directory) {
  std::unique_ptr<char, decltype(&std::free)> path(::realpath(directory.c_str(), nullptr),
                                                   &std::free);
  if (!path) return std::unexpected(system_error(errno, "find its directory " + directory));
  return std::string(path.get());
}

/// The process id that the holder wrote, for the message only.
std::string holder_of(int lock_file) {
  char text[24] = {};
  const ssize_t length = ::pread(lock_file, text, sizeof text - 1, 0);
  return length > 0 ? "process " + std::string(text, static_cast<std::size_t>(length))
                    : "another process";
}

Result<Descriptor> lock_against_processes(const std::string& directory) {
  const std::string path = directory + "/server.lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return std::unexpected(system_error(errno, "open " + path));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return std::unexpected(system_error(errno, "lock " + path));
    return in_use(directory, holder_of(file.get()));
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(file.get(), 0) != 0 || ::pwrite(file.get(), pid.data(), pid.size(), 0) < 0) {
    return std::unexpected(system_error(errno, "write " + path));
  }
  return file;
}

}  // namespace

Result<void> prepare_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return std::unexpected(system_error(errno, "create " + directory));
  }
  struct stat status = {};
  if (::stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return std::unexpected(system_error(ENOTDIR, "use " + directory));
  }
  if ((status.st_mode & S_IWOTH) != 0) {
    return fail(ErrorKind::kInvalidInput, "StoreDirectoryOpen",
                "everybody may write to " + directory + ": chmod 700 it first");
  }
  return {};
}

Result<DirectoryLock> DirectoryLock::take(const std::string& directory, bool shared) {
  SR_TRY(std::string path, real_path(directory));
  {
    const std::lock_guard lock(open_stores().mutex);
    if (!open_stores().paths.insert(path).second) return in_use(directory, "this process");
  }
  DirectoryLock entry(path,
                      Descriptor());  // takes the path off the list again if what follows fails
  if (!shared) {
    SR_TRY(entry.lock_file_, lock_against_processes(directory));
  }
  return entry;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : real_path_(std::move(other.real_path_)), lock_file_(std::move(other.lock_file_)) {
  other.real_path_.clear();
}

DirectoryLock::~DirectoryLock() {
  if (real_path_.empty()) return;
  const std::lock_guard lock(open_stores().mutex);
  open_stores().paths.erase(real_path_);
}

Result<void> sync_names(const std::string& directory) {
  for (const std::string& path : {directory, directory + "/.."}) {
    if (!sync_directory(path))
      return std::unexpected(system_error(errno, "sync the directory " + path));
  }
  return {};
}

}  // namespace strongroom::store_lmdb
