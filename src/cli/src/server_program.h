#pragma once
// Commands that work on a server's data directory are the server program's: the command line has no
// storage and no keys of its own, and hands them over as they were typed.

#include <string_view>

namespace strongroom::cli {

/// True for backup, restore, drill, seal, upgrade and compact.
bool belongs_to_server(std::string_view command);

/// Becomes strongroomd, from this program's own directory, with the same arguments. Returns an exit
/// code only if that fails.
int become_server_program(int argc, char** argv);

}  // namespace strongroom::cli
