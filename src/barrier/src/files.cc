#include "files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "strongroom/base/descriptor.h"

namespace strongroom::barrier {

Result<void> sync_parent(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (sync_directory(parent)) return {};
  return std::unexpected(system_error("cannot make durable the directory", parent));
}

Result<void> make_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return std::unexpected(system_error("cannot create the data directory", path));
  return sync_parent(path);
}

Error system_error(std::string_view what, const std::string& path) {
  const int reason = errno;
  char text[128];
  return {ErrorKind::kUnavailable, "System.Refused",
          std::string(what) + " " + path + ": " + strerror_r(reason, text, sizeof text) +
              ". Nothing was changed. Check that it exists, its owner and permissions, and the "
              "space left"};
}

Result<void> write_file(const std::string& path, std::string_view bytes, mode_t mode,
                        IfExists if_exists) {
  const std::string temporary = path + ".new";
  unlink(temporary.c_str());  // left by a process that was killed
  {
    const Descriptor file(
        open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!file) return std::unexpected(system_error("cannot create", temporary));
    if (fchmod(file.get(), mode) != 0 || !write_all(file.get(), bytes) || fsync(file.get()) != 0) {
      const Error error = system_error("cannot write", temporary);
      unlink(temporary.c_str());
      return std::unexpected(error);
    }
  }
  const unsigned flags = if_exists == IfExists::kRefuse ? RENAME_NOREPLACE : 0;
  if (renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), flags) != 0) {
    const bool exists = errno == EEXIST;
    const Error error = system_error("cannot create", path);
    unlink(temporary.c_str());
    if (exists) {
      return fail(
          ErrorKind::kConflict, "File.Exists",
          "cannot create " + path + ": it exists already. Nothing was changed. Name another path");
    }
    return std::unexpected(error);
  }
  return sync_parent(path);
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  auto bytes = strongroom::read_file(path, bytes_max);
  if (bytes) return std::move(*bytes);
  if (errno == ENOENT) return fail(ErrorKind::kNotFound, "File.NotFound", path + " does not exist");
  if (errno == EFBIG) {
    return fail(ErrorKind::kCorrupt, "File.TooLarge", path + " is larger than such a file can be");
  }
  return std::unexpected(system_error("cannot read", path));
}

}  // namespace strongroom::barrier
