#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "strongroom/egress/serve.h"

namespace strongroom::egress {
namespace {

std::unexpected<Error> failed(const std::string& what) {
  return fail(ErrorKind::kUnavailable, "EgressConfinement",
              "The egress process could not be confined: " + what + ".");
}

Result<void> become(const std::string& user) {
  constexpr std::size_t kEntryBytes = 16U << 10;
  std::array<char, kEntryBytes> text{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwnam_r(user.c_str(), &entry, text.data(), text.size(), &found) != 0 || found == nullptr)
    return failed("there is no user " + user + "; set egress.user");
  if (entry.pw_uid == 0) return failed("egress.user may not be root");
  if (setgroups(0, nullptr) != 0 || setgid(entry.pw_gid) != 0 || setuid(entry.pw_uid) != 0)
    return failed("the user cannot be changed to " + user);
  if (setuid(0) == 0) return failed("root could be had again");
  return {};
}

}  // namespace

Result<void> confine(const std::string& user) {
  const rlimit none{0, 0};
  if (close_range(kSocket + 1, ~0U, 0) != 0) return failed("descriptors stay open");
  if (clearenv() != 0) return failed("the environment stays");
  if (getuid() == 0) {
    if (const auto changed = become(user); !changed) return changed;
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("privileges could be gained");
  if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
    return failed("core files stay on");
  if (chdir("/") != 0) return failed("the working directory stays");
  umask(077);
  std::signal(SIGPIPE, SIG_IGN);
  fcntl(kSocket, F_SETFD, FD_CLOEXEC);
  return {};
}

}  // namespace strongroom::egress
