#pragma once
// Files of a data directory: written whole and durable, or not at all. Blocking; thread-safe.

#include <sys/types.h>

#include <string>
#include <string_view>

#include "strongroom/base/result.h"

namespace strongroom::barrier {

enum class IfExists : std::uint8_t { kRefuse, kReplace };

/// Temporary file, fsync, rename, fsync of the directory. kConflict if it exists and may not be
/// replaced, kUnavailable (message with the reason) if the system refuses.
Result<void> write_file(const std::string& path, std::string_view bytes, mode_t mode,
                        IfExists if_exists);

/// A directory of mode 0700, if there is none yet; it is there after a loss of power too.
Result<void> make_directory(const std::string& path);

/// At most `bytes_max` bytes. kNotFound if absent, kCorrupt if longer, kUnavailable otherwise.
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

/// "what `path`: reason of errno".
Error system_error(std::string_view what, const std::string& path);

}  // namespace strongroom::barrier
