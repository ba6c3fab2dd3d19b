#include "server_program.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "failure.h"

namespace strongroom::cli {

bool belongs_to_server(std::string_view command) {
  constexpr std::array<std::string_view, 6> kCommands = {"backup", "restore", "drill",
                                                         "seal",   "upgrade", "compact"};
  return std::ranges::find(kCommands, command) != kCommands.end();
}

int become_server_program(int argc, char** argv) {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  std::string program = failed ? "strongroomd" : (self.parent_path() / "strongroomd").string();
  std::vector<char*> arguments(argv, argv + argc);
  arguments.front() = program.data();
  arguments.push_back(nullptr);
  execv(program.c_str(), arguments.data());
  show({"the server program cannot be run", program + ": " + std::generic_category().message(errno),
        "run this on the server's host, where strongroomd lies beside strongroom",
        "docs/errors.md"});
  return kError;
}

}  // namespace strongroom::cli
