#pragma once
// Text for a POSIX shell to read back. Pure functions; any thread.

#include <string>
#include <string_view>

namespace strongroom {

/// Appends `text` in single quotes, as the shell reads it back byte by byte.
void append_shell_quoted(std::string& out, std::string_view text);

}  // namespace strongroom
