#include "strongroom/base/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace strongroom {

std::optional<ChildProcess> start_child(const std::string& program,
                                        std::vector<std::string> arguments, int descriptor) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return std::nullopt;
  // Not `descriptor` itself: dup2 to the same number would keep it closing at exec.
  const int theirs = fcntl(ends[1], F_DUPFD_CLOEXEC, descriptor + 1);
  close(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, theirs, descriptor);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  arguments.insert(arguments.begin(), program);
  std::vector<char*> words;
  words.reserve(arguments.size() + 1);
  for (std::string& word : arguments) words.push_back(word.data());
  words.push_back(nullptr);
  std::array<char*, 1> environment{nullptr};
  ChildProcess child{.id = -1, .socket = ends[0]};
  const int error =
      posix_spawn(&child.id, program.c_str(), &actions, nullptr, words.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  close(theirs);
  if (error == 0) return child;
  close(child.socket);
  return std::nullopt;
}

}  // namespace strongroom
