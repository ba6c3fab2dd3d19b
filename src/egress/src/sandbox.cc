#include "sandbox.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>

#include "strongroom/base/descriptor.h"

namespace strongroom::egress {
namespace {

constexpr std::uint16_t kHttpsPort = 443;
constexpr std::uint16_t kDnsPort = 53;

std::unexpected<Error> failed(const std::string& what) {
  return fail(ErrorKind::kUnavailable, "EgressConfinement",
              "A job of the egress process could not be confined: " + what + ".");
}

/// "host:port", "[v6]:port", "https://host[:port]/path".
std::uint16_t port_of(std::string_view address) {
  constexpr std::string_view kScheme = "https://";
  if (address.starts_with(kScheme)) address.remove_prefix(kScheme.size());
  address = address.substr(0, address.find_first_of("/?"));
  const std::size_t bracket = address.rfind(']');
  const std::size_t colon = address.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  std::uint16_t port = kHttpsPort;
  if (has_port) std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  return port;
}

// --- Landlock (Documentation/userspace-api/landlock.rst). The numbers are here because the headers
// of older kernels know the first of them only; what is not known to the running kernel is not
// asked.

struct Ruleset {
  std::uint64_t files = 0;
  std::uint64_t ports = 0;   // since ABI 4
  std::uint64_t scopes = 0;  // since ABI 6
};
struct PortRule {
  std::uint64_t allowed = 0;
  std::uint64_t port = 0;
};
constexpr int kAbiOfPorts = 4;
constexpr int kAbiOfScopes = 6;
constexpr int kPortRule = 2;
constexpr std::uint64_t kBindTcp = 1U << 0;
constexpr std::uint64_t kConnectTcp = 1U << 1;
constexpr std::uint64_t kAbstractSockets = 1U << 0;
constexpr std::uint64_t kSignals = 1U << 1;

constexpr std::uint64_t kLook = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kScratch = kLook | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                   LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;
// All that the first version knows.
constexpr std::uint64_t kEveryFileAccess = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

struct Place {
  const char* path;
  std::uint64_t allowed;
};
// What resolvers, TLS and the client libraries read. Not every system has each of them.
constexpr std::array kPlaces = {
    Place{"/etc", kLook},         Place{"/usr", kLook},
    Place{"/lib", kLook},         Place{"/lib64", kLook},
    Place{"/run/systemd", kLook}, Place{"/run/resolvconf", kLook},
    Place{"/run/nscd", kLook},    Place{"/dev/urandom", kLook},
    Place{"/dev/null", kScratch}, Place{"/tmp", kScratch},
    Place{"/proc/self", kLook},   Place{"/var/lib/ca-certificates", kLook}};

Result<void> allow_path(int ruleset, const Place& place) {
  const Descriptor path(open(place.path, O_PATH | O_CLOEXEC));
  if (path.get() < 0) return {};
  struct stat found{};
  if (fstat(path.get(), &found) != 0) return {};
  constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
  const landlock_path_beneath_attr rule{
      .allowed_access = S_ISDIR(found.st_mode) ? place.allowed : place.allowed & kOfFiles,
      .parent_fd = path.get()};
  if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) return {};
  return failed(std::string("the files below ") + place.path + " stay open");
}

Result<void> close_files_and_ports(const connector::Job& job) {
  const long abi =
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return {};  // this kernel has none
  Ruleset wanted{.files = kEveryFileAccess, .ports = 0, .scopes = 0};
  std::size_t size = sizeof(wanted.files);
  if (abi >= kAbiOfPorts) {
    wanted.ports = kBindTcp | kConnectTcp;
    size += sizeof(wanted.ports);
  }
  if (abi >= kAbiOfScopes) {
    wanted.scopes = kAbstractSockets | kSignals;
    size += sizeof(wanted.scopes);
  }
  const Descriptor ruleset(
      static_cast<int>(syscall(SYS_landlock_create_ruleset, &wanted, size, 0)));
  if (ruleset.get() < 0) return failed("Landlock takes no rules");
  for (const Place& place : kPlaces) SR_CHECK_OK(allow_path(ruleset.get(), place));
  if (wanted.ports != 0) {
    for (const std::uint16_t port : ports_of(job)) {
      const PortRule rule{.allowed = kConnectTcp, .port = port};
      if (syscall(SYS_landlock_add_rule, ruleset.get(), kPortRule, &rule, 0) != 0)
        return failed("the ports stay open");
    }
  }
  if (syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0)
    return failed("Landlock does not take hold");
  return {};
}

// --- System calls.

/// What no client library of a database or a host has a use for.
constexpr std::array kRefused = {SCMP_SYS(execve),
                                 SCMP_SYS(execveat),
                                 SCMP_SYS(fork),
                                 SCMP_SYS(vfork),
                                 SCMP_SYS(ptrace),
                                 SCMP_SYS(process_vm_readv),
                                 SCMP_SYS(process_vm_writev),
                                 SCMP_SYS(pidfd_open),
                                 SCMP_SYS(pidfd_getfd),
                                 SCMP_SYS(pidfd_send_signal),
                                 SCMP_SYS(kcmp),
                                 SCMP_SYS(bind),
                                 SCMP_SYS(listen),
                                 SCMP_SYS(accept),
                                 SCMP_SYS(accept4),
                                 SCMP_SYS(mount),
                                 SCMP_SYS(umount2),
                                 SCMP_SYS(pivot_root),
                                 SCMP_SYS(chroot),
                                 SCMP_SYS(unshare),
                                 SCMP_SYS(setns),
                                 SCMP_SYS(bpf),
                                 SCMP_SYS(perf_event_open),
                                 SCMP_SYS(userfaultfd),
                                 SCMP_SYS(io_uring_setup),
                                 SCMP_SYS(io_uring_enter),
                                 SCMP_SYS(io_uring_register),
                                 SCMP_SYS(keyctl),
                                 SCMP_SYS(add_key),
                                 SCMP_SYS(request_key),
                                 SCMP_SYS(init_module),
                                 SCMP_SYS(finit_module),
                                 SCMP_SYS(delete_module),
                                 SCMP_SYS(kexec_load),
                                 SCMP_SYS(kexec_file_load),
                                 SCMP_SYS(open_by_handle_at),
                                 SCMP_SYS(personality),
                                 SCMP_SYS(setuid),
                                 SCMP_SYS(setgid),
                                 SCMP_SYS(setreuid),
                                 SCMP_SYS(setregid),
                                 SCMP_SYS(setresuid),
                                 SCMP_SYS(setresgid),
                                 SCMP_SYS(setgroups),
                                 SCMP_SYS(swapon),
                                 SCMP_SYS(reboot),
                                 SCMP_SYS(syslog),
                                 SCMP_SYS(acct),
                                 SCMP_SYS(quotactl),
                                 SCMP_SYS(settimeofday),
                                 SCMP_SYS(clock_settime),
                                 SCMP_SYS(mknod),
                                 SCMP_SYS(mknodat)};
// Resolvers ask the kernel for addresses by netlink.
constexpr std::array kFamilies = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
constexpr int kFamiliesMax = 64;

struct ReleaseFilter {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

scmp_arg_cmp argument(unsigned number, scmp_compare how, scmp_datum_t first,
                      scmp_datum_t second = 0) {
  return {number, how, first, second};
}

/// A call that this machine does not have is not there to be refused.
bool refuse(scmp_filter_ctx filter, int call, int error) {
  const int added = seccomp_rule_add_array(
      filter, SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), call, 0, nullptr);
  return added == 0 || added == -EDOM;
}
bool refuse_if(scmp_filter_ctx filter, int call, int error, const scmp_arg_cmp& argument) {
  return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), call, 1,
                                &argument) == 0;
}

bool refuse_families(scmp_filter_ctx filter) {
  bool good = refuse_if(filter, SCMP_SYS(socket), EAFNOSUPPORT,
                        argument(0, SCMP_CMP_GE, static_cast<scmp_datum_t>(kFamiliesMax)));
  for (int family = 0; family < kFamiliesMax; ++family) {
    if (std::ranges::find(kFamilies, family) != kFamilies.end()) continue;
    good = good && refuse_if(filter, SCMP_SYS(socket), EAFNOSUPPORT,
                             argument(0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(family)));
  }
  return good;
}

Result<void> close_calls() {
  const Filter filter(seccomp_init(SCMP_ACT_ALLOW));
  if (!filter) return failed("there is no memory for the filter of system calls");
  constexpr scmp_datum_t kWriteAndRun = PROT_WRITE | PROT_EXEC;
  bool good = refuse_families(filter.get());
  for (const int call : kRefused) good = good && refuse(filter.get(), call, EPERM);
  // Threads may be started, processes may not. The C library takes ENOSYS for an older kernel.
  good = good &&
         refuse_if(filter.get(), SCMP_SYS(clone), EPERM,
                   argument(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)) &&
         refuse(filter.get(), SCMP_SYS(clone3), ENOSYS);
  // Memory is written or run, never both.
  good = good &&
         refuse_if(filter.get(), SCMP_SYS(mmap), EPERM,
                   argument(2, SCMP_CMP_MASKED_EQ, kWriteAndRun, kWriteAndRun)) &&
         refuse_if(filter.get(), SCMP_SYS(mprotect), EPERM,
                   argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
  if (!good) return failed("the filter of system calls cannot be made");
  if (seccomp_load(filter.get()) != 0) return failed("the kernel takes no filter of system calls");
  return {};
}

}  // namespace

std::vector<std::uint16_t> ports_of(const connector::Job& job) {
  std::vector<std::uint16_t> ports{kDnsPort, port_of(job.target.address)};
  if (const std::string_view login = job.option("login"); !login.empty() && login != "none")
    ports.push_back(port_of(login));
  return ports;
}

Result<void> enter_sandbox(const connector::Job& job) {
  if (job.kind == connector::Kind::kExecutable) return {};
  SR_CHECK_OK(close_files_and_ports(job));
  return close_calls();
}

}  // namespace strongroom::egress
