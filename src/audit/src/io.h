#pragma once
// The calls by which the log reaches the disk and that a disk can refuse: the seam for fault tests.
// Thread-safe.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "strongroom/base/descriptor.h"
#include "strongroom/base/result.h"

namespace strongroom::audit {

class Io {
 public:
  virtual ~Io() = default;
  /// posix_fallocate(3): 0 or an errno.
  virtual int allocate(int descriptor, std::uint64_t bytes);
  /// pwrite(2), once: bytes written or -1 with errno.
  virtual ssize_t write_at(int descriptor, std::string_view bytes, std::uint64_t offset);
  /// fdatasync(2): 0 or -1.
  virtual int sync(int descriptor);
  /// The real disk.
  static Io& system();
};

/// open(2) with O_CLOEXEC and mode 0600. kUnavailable with the path and the reason.
Result<Descriptor> open_file(const std::string& path, int flags);
/// kUnavailable unless all of `bytes` was written.
Result<void> write_all(Io& io, int descriptor, std::string_view bytes, std::uint64_t offset);
/// Ends the process if it fails: after a failed sync nobody knows what is on the disk.
void must_sync(Io& io, int descriptor);
/// Makes created, renamed and deleted names in a directory durable; ends the process if it fails.
void must_sync_directory(Io& io, const std::string& path);
/// Writes a temporary file beside `path`, syncs it and renames it into place.
Result<void> replace_file(Io& io, const std::string& directory, std::string_view name,
                          std::string_view content);

/// "verb path: reason of errno".
std::unexpected<Error> io_error(const char* verb, const std::string& path, int error);

}  // namespace strongroom::audit
