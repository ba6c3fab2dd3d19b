#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace strongroom::recovery {

std::unexpected<Error> refused(std::string_view what, const std::string& path) {
  const int reason = errno;
  char text[128];
  return fail(ErrorKind::kUnavailable, "System.Refused",
              "cannot " + std::string(what) + ' ' + path + ": " +
                  strerror_r(reason, text, sizeof text) +
                  ". Check that it exists, its owner and permissions, and the space left");
}

Result<Descriptor> open_to_read(const std::string& path) {
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (file) return file;
  if (errno == ENOENT) return fail(ErrorKind::kNotFound, "File.NotFound", path + " does not exist");
  return refused("read", path);
}

Result<Descriptor> create_new(const std::string& path) {
  Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file) return file;
  if (errno == EEXIST) {
    return fail(ErrorKind::kConflict, "File.Exists",
                path + " exists already. Nothing was changed. Name another path");
  }
  return refused("create", path);
}

Result<void> write_all(const Descriptor& file, std::string_view bytes, const std::string& path) {
  if (!strongroom::write_all(file.get(), bytes)) return refused("write", path);
  return {};
}

Result<void> write_at(const Descriptor& file, std::string_view bytes, std::uint64_t offset,
                      const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written =
        pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return refused("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

Result<std::size_t> read_some(const Descriptor& file, char* out, std::size_t size,
                              const std::string& path) {
  std::size_t got = 0;
  while (got < size) {
    const ssize_t bytes = read(file.get(), out + got, size - got);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return refused("read", path);
    if (bytes == 0) break;
    got += static_cast<std::size_t>(bytes);
  }
  return got;
}

Result<std::string> read_range(const Descriptor& file, std::uint64_t offset, std::size_t size,
                               const std::string& path) {
  if (lseek(file.get(), static_cast<off_t>(offset), SEEK_SET) < 0) return refused("read", path);
  std::string bytes(size, '\0');
  SR_TRY(const std::size_t got, read_some(file, bytes.data(), size, path));
  bytes.resize(got);
  return bytes;
}

Result<std::string> read_range(const std::string& path, std::uint64_t offset, std::size_t size) {
  SR_TRY(const Descriptor file, open_to_read(path));
  return read_range(file, offset, size, path);
}

Result<std::uint64_t> size_of(const Descriptor& file, const std::string& path) {
  struct stat facts{};
  if (fstat(file.get(), &facts) != 0) return refused("read", path);
  return static_cast<std::uint64_t>(facts.st_size);
}

Result<std::string> read_small(const std::string& path, std::size_t bytes_max) {
  SR_TRY(std::string bytes, read_range(path, 0, bytes_max + 1));
  if (bytes.size() > bytes_max) {
    return fail(ErrorKind::kCorrupt, "File.TooLarge", path + " is larger than such a file can be");
  }
  return bytes;
}

Result<void> sync_file(const Descriptor& file, const std::string& path) {
  if (fsync(file.get()) != 0) return refused("sync", path);
  return {};
}

Result<void> sync_directory(const std::string& path) {
  if (!strongroom::sync_directory(path)) return refused("sync", path);
  return {};
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace strongroom::recovery
