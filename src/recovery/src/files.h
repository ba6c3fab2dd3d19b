#pragma once
// Descriptors and directories with the few operations that backups need. Blocking.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "strongroom/base/result.h"

namespace strongroom::recovery {

/// A descriptor that closes itself unless it is standard input or output.
class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// kUnavailable with errno's reason: "cannot <what> <path>: …".
std::unexpected<Error> refused(std::string_view what, const std::string& path);

Result<File> open_to_read(const std::string& path);  // kNotFound if absent
/// Creates with mode 0600; kConflict if it exists.
Result<File> create_new(const std::string& path);
Result<void> write_all(const File& file, std::string_view bytes, const std::string& path);
Result<void> write_at(const File& file, std::string_view bytes, std::uint64_t offset,
                      const std::string& path);
/// Up to `size` bytes; fewer only at the end.
Result<std::size_t> read_some(const File& file, char* out, std::size_t size,
                              const std::string& path);
Result<std::string> read_range(const std::string& path, std::uint64_t offset, std::size_t size);
/// Everything, at most `bytes_max`. kNotFound, kCorrupt if longer.
Result<std::string> read_small(const std::string& path, std::size_t bytes_max);
Result<void> sync_file(const File& file, const std::string& path);
Result<void> sync_directory(const std::string& path);
std::string parent_of(const std::string& path);

}  // namespace strongroom::recovery
