#pragma once
// Files and directories with the few operations that backups need. Blocking.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "strongroom/base/descriptor.h"
#include "strongroom/base/result.h"

namespace strongroom::recovery {

/// kUnavailable with errno's reason: "cannot <what> <path>: …".
std::unexpected<Error> refused(std::string_view what, const std::string& path);

Result<Descriptor> open_to_read(const std::string& path);  // kNotFound if absent
/// Creates with mode 0600; kConflict if it exists.
Result<Descriptor> create_new(const std::string& path);
Result<void> write_all(const Descriptor& file, std::string_view bytes, const std::string& path);
Result<void> write_at(const Descriptor& file, std::string_view bytes, std::uint64_t offset,
                      const std::string& path);
/// Up to `size` bytes; fewer only at the end.
Result<std::size_t> read_some(const Descriptor& file, char* out, std::size_t size,
                              const std::string& path);
/// Up to `size` bytes from `offset` on; fewer only at the end.
Result<std::string> read_range(const Descriptor& file, std::uint64_t offset, std::size_t size,
                               const std::string& path);
Result<std::string> read_range(const std::string& path, std::uint64_t offset, std::size_t size);
Result<std::uint64_t> size_of(const Descriptor& file, const std::string& path);
/// Everything, at most `bytes_max`. kNotFound, kCorrupt if longer.
Result<std::string> read_small(const std::string& path, std::size_t bytes_max);
Result<void> sync_file(const Descriptor& file, const std::string& path);
Result<void> sync_directory(const std::string& path);
std::string parent_of(const std::string& path);

}  // namespace strongroom::recovery
