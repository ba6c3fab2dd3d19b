// A function that is a program of this host: the event on its standard input, the answer on its
// standard output, nothing secret among its arguments, an environment that says nothing.

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string>

#include "event.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/descriptor.h"
#include "strongroom/connector_function/connector.h"

namespace strongroom::connector_function {
namespace {

using connector_kit::ambiguous;
using connector_kit::Attempt;
using connector_kit::Budget;
using connector_kit::misconfigured;
using connector_kit::text_of;

struct Pipe {
  Descriptor read;
  Descriptor write;
};

std::optional<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// Only async-signal-safe calls: this process was forked.
[[noreturn]] void become(const char* path, const char* step, int input, int output) {
  constexpr int kCannot = 127;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
      dup2(null, STDERR_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0U, 0) != 0)
    _exit(kCannot);
  std::signal(SIGPIPE, SIG_DFL);
  const std::array<const char*, 3> arguments{path, step, nullptr};
  const std::array<const char*, 3> environment{"PATH=/usr/bin:/bin", "LANG=C.UTF-8", nullptr};
  execve(path, const_cast<char* const*>(arguments.data()),
         const_cast<char* const*>(environment.data()));
  _exit(kCannot);
}

/// Writes the event and reads the answer at once, so that neither side waits for the other.
class Exchange {
 public:
  Exchange(int input, int output) : input_(input), output_(output) {
    for (const int end : {input, output}) fcntl(end, F_SETFL, O_NONBLOCK);
  }

  /// What came until the program closed its output. kAmbiguous past the budget.
  Attempt<SecretBytes> run(std::string_view event, const Budget& budget, Descriptor& to_program) {
    auto room = SecretBytes::zeroed(kAnswerBytesMax);
    if (!room) return std::unexpected(connector_kit::failure_of(room.error()));
    const std::span<char> out = connector_kit::room_of(*room);
    std::size_t held = 0;
    while (true) {
      if (event.empty()) to_program.reset();
      std::array<pollfd, 2> waiting{pollfd{output_, POLLIN, 0},
                                    pollfd{event.empty() ? -1 : input_, POLLOUT, 0}};
      const int ready = poll(waiting.data(), waiting.size(), static_cast<int>(budget.left_ms()));
      if (ready == 0 || (ready < 0 && errno != EINTR))
        return ambiguous("FunctionLate", "The program did not answer within its time.");
      if (waiting[1].revents != 0) event = write_some(event);
      if (waiting[0].revents == 0) continue;
      const ssize_t got = read(output_, out.data() + held, out.size() - held);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (got <= 0) break;
      held += static_cast<std::size_t>(got);
    }
    if (held == out.size()) return ambiguous("FunctionAnswer", "The program's answer is too long.");
    return connector_kit::join({}, {out.data(), held}, {});
  }

 private:
  /// What is left of it; nothing once the program does not read any more.
  std::string_view write_some(std::string_view event) const {
    const ssize_t sent = write(input_, event.data(), event.size());
    if (sent < 0) return errno == EAGAIN || errno == EINTR ? event : std::string_view();
    return event.substr(static_cast<std::size_t>(sent));
  }

  int input_;
  int output_;
};

/// Ends the program and all that it started; its exit status, -1 if it was killed.
int finish(pid_t program, const Budget& budget) {
  constexpr std::int64_t kPauseMillis = 5;
  int status = 0;
  while (true) {
    const pid_t ended = waitpid(program, &status, WNOHANG);
    if (ended == program) break;
    if (ended < 0 && errno != EINTR) return -1;
    if (budget.wait(kPauseMillis)) continue;
    kill(program, SIGKILL);
    while (waitpid(program, &status, 0) < 0 && errno == EINTR) {
    }
    break;
  }
  kill(-program, SIGKILL);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Attempt<void> check_program(const std::string& path, const std::vector<std::string>& allowed) {
  if (std::ranges::find(allowed, path) == allowed.end())
    return misconfigured(
        "ExecutableNotAllowed",
        "The program " + path + " is not in egress.executables of the server's configuration.");
  struct stat found{};
  if (stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode) || access(path.c_str(), X_OK) != 0)
    return misconfigured(
        "ExecutableMissing",
        "The program " + path + " cannot be run by the user of egress.user; give it the right.");
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return misconfigured("ExecutableWritable",
                         "The program " + path + " may be changed by others than its owner.");
  return {};
}

Attempt<SecretBytes> run_program(const std::string& path, std::string_view step,
                                 const SecretBytes& event, const Budget& budget) {
  auto to_program = make_pipe();
  auto from_program = make_pipe();
  if (!to_program || !from_program)
    return connector_kit::unreachable("NoDescriptor", "The system gives no descriptor.");
  const std::string word(step);
  const pid_t program = fork();
  if (program == 0)
    become(path.c_str(), word.c_str(), to_program->read.get(), from_program->write.get());
  if (program < 0) return connector_kit::unreachable("NoProcess", "The system gives no process.");
  to_program->read.reset();
  from_program->write.reset();
  auto answer = Exchange(to_program->write.get(), from_program->read.get())
                    .run(text_of(event), budget, to_program->write);
  if (!answer) kill(program, SIGKILL);
  const int status = finish(program, budget);
  if (!answer) return answer;
  if (status != 0)
    return ambiguous("FunctionFailed",
                     status < 0 ? "The program was ended by a signal."
                                : "The program ended with status " + std::to_string(status) + ".");
  return answer;
}

}  // namespace

Result<connector::Outcome> ExecutableConnector::run(const connector::Job& job) {
  return run_step(job, [&](const SecretBytes& event, const Budget& budget) -> Attempt<SecretBytes> {
    SR_CHECK_OK(check_program(job.target.address, allowed_));
    return run_program(job.target.address, name_of(job.step), event, budget);
  });
}

}  // namespace strongroom::connector_function
