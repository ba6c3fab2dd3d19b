#include "terminal.h"

#include <errno.h>
#include <string.h>

#include <cstdio>

#include "strongroom/base/descriptor.h"

namespace strongroom::server {
namespace {

std::unexpected<Error> system_failure(const std::string& doing, const std::string& path) {
  return fail(ErrorKind::kUnavailable, "System",
              "could not " + doing + ' ' + path + ": " + strerror(errno));
}

}  // namespace

void print_error(const std::string& what, const Error& error, const std::string& next) {
  std::fprintf(stderr, "Error: %s\n  why:  %s (%s)\n  next: %s\n  see:  docs/errors.md\n",
               what.c_str(), error.message().c_str(), error.code().c_str(), next.c_str());
}

sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a limit of file sizes is a full disk, not an end
  return signals;
}

void wait_for_stop(const sigset_t& signals) {
  int received = 0;
  while (sigwait(&signals, &received) != 0) {
  }
}

Result<void> write_private_file(const std::string& path, std::string_view text) {
  if (!replace_file(path, text)) return system_failure("write", path);
  return {};
}

}  // namespace strongroom::server
