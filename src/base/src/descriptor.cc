#include "strongroom/base/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace strongroom {
namespace {

/// Removes what was not finished; errno stays what it was.
bool give_up(const std::string& path) {
  const int reason = errno;
  ::unlink(path.c_str());
  errno = reason;
  return false;
}

/// In a directory that others may write to, a link that they put there is not followed.
bool write_new(const std::string& path, std::string_view text) {
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return false;
  return (write_all(file.get(), text) && ::fsync(file.get()) == 0) || give_up(path);
}

std::string parent_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    number_ = other.release();
  }
  return *this;
}

void Descriptor::reset() {
  if (number_ >= 0) ::close(number_);
  number_ = -1;
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::optional<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return std::nullopt;
  std::string bytes(bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > bytes_max) {
    errno = EFBIG;
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

bool sync_directory(const std::string& path) {
  const Descriptor directory(
      ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory && ::fsync(directory.get()) == 0;
}

bool replace_file(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".tmp";
  ::unlink(fresh.c_str());  // left by a process that was killed
  if (!write_new(fresh, text)) return false;
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return give_up(fresh);
  return sync_directory(parent_of(path));
}

bool create_file(const std::string& path, std::string_view text) {
  if (!write_new(path, text)) return false;
  return sync_directory(parent_of(path)) || give_up(path);
}

}  // namespace strongroom
