#include "child.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "strongroom/base/check.h"

namespace strongroom::faults {
namespace {

std::string read_to_end(int fd) {
  std::string all;
  char buffer[4096];
  for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;) {
    all.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(fd);
  return all;
}

}  // namespace

bool ChildResult::aborted() const {
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}
bool ChildResult::exited_with(int code) const {
  return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

void Reporter::say(std::string_view bytes) const {
  const long written = ::syscall(SYS_write, pipe_, bytes.data(), bytes.size());
  SR_CHECK(written == static_cast<long>(bytes.size()));
}

ChildResult run_in_child(const std::function<int(const Reporter&)>& body) {
  int reports[2];
  int errors[2];
  SR_CHECK(::pipe(reports) == 0 && ::pipe(errors) == 0);
  const pid_t child = ::fork();
  SR_CHECK(child >= 0);
  if (child == 0) {
    const rlimit no_core = {0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::dup2(errors[1], STDERR_FILENO);
    ::close(reports[0]);
    ::_exit(body(Reporter(reports[1])));
  }
  ::close(reports[1]);
  ::close(errors[1]);
  ChildResult result;
  result.said = read_to_end(reports[0]);
  result.stderr_text = read_to_end(errors[0]);
  SR_CHECK(::waitpid(child, &result.status, 0) == child);
  return result;
}

}  // namespace strongroom::faults
