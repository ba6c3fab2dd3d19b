#include "io.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "strongroom/base/check.h"
#include "strongroom/base/log.h"

namespace strongroom::audit {

int Io::allocate(int descriptor, std::uint64_t bytes) {
  int refused = EINTR;
  while (refused == EINTR) {
    refused = posix_fallocate(descriptor, 0, static_cast<off_t>(bytes));
  }
  return refused;
}
ssize_t Io::write_at(int descriptor, std::string_view bytes, std::uint64_t offset) {
  return pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
}
int Io::sync(int descriptor) {
  return fdatasync(descriptor);
}

Io& Io::system() {
  static Io io;
  return io;
}

std::unexpected<Error> io_error(const char* verb, const std::string& path, int error) {
  return fail(ErrorKind::kUnavailable, "AuditDisk",
              std::string("the audit log cannot ") + verb + ' ' + path + ": " +
                  std::system_category().message(error));
}

Result<Descriptor> open_file(const std::string& path, int flags) {
  Descriptor descriptor(open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (!descriptor) return io_error("open", path, errno);
  return descriptor;
}

Result<void> write_all(Io& io, int descriptor, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = io.write_at(descriptor, bytes, offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return io_error("write", "its files", written < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

void must_sync(Io& io, int descriptor) {
  if (io.sync(descriptor) == 0) return;
  log::error("audit_sync_failed", {{"errno", static_cast<std::int64_t>(errno)}});
  SR_CHECK(!"a sync of the audit log failed");
}

void must_sync_directory(Io& io, const std::string& path) {
  const Descriptor descriptor(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  SR_CHECK(static_cast<bool>(descriptor));
  must_sync(io, descriptor.get());
}

Result<void> replace_file(Io& io, const std::string& directory, std::string_view name,
                          std::string_view content) {
  const std::string path = directory + '/' + std::string(name);
  const std::string temporary = path + ".tmp";
  SR_TRY(const Descriptor file, open_file(temporary, O_RDWR | O_CREAT | O_TRUNC));
  SR_CHECK_OK(write_all(io, file.get(), content, 0));
  must_sync(io, file.get());
  if (rename(temporary.c_str(), path.c_str()) != 0) return io_error("rename", temporary, errno);
  must_sync_directory(io, directory);
  return {};
}

}  // namespace strongroom::audit
