#include "io_faults.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <set>

namespace strongroom::faults {
namespace {

struct State {
  std::mutex mutex;
  bool armed = false;
  bool recording = false;
  std::string directory;
  Plan plan;
  std::uint64_t writes = 0;
  std::uint64_t syncs = 0;
  std::string lost_file;       // its write-back failed
  std::set<int> told_of_loss;  // descriptors that have been told so
  std::vector<Recorded> recorded;
};

State& state() {
  static State* state = new State;  // lives until the last write of the process
  return *state;
}

/// The path behind a descriptor if it is watched, else empty.
std::string watched_path(const State& s, int fd) {
  if (!s.armed) return {};
  char path[512];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  if (length <= 0) return {};
  std::string found(path, static_cast<std::size_t>(length));
  return found.starts_with(s.directory) ? found : std::string();
}

bool fails_now(const Plan& plan, Call call, std::uint64_t number) {
  return plan.call == call && plan.from != 0 && number >= plan.from &&
         number < plan.from + plan.count;
}

void end_process() {
  ::kill(::getpid(), SIGKILL);
}

int error_of(Failure failure) {
  return failure == Failure::kNoSpace ? ENOSPC : EIO;
}

/// What a write call is to do: write `length` bytes (none: skip the call), then fail with `error`
/// if that is set.
struct Verdict {
  std::size_t length;
  int error = 0;
};

Verdict judge_write(int fd, std::size_t length) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  if (watched_path(s, fd).empty()) return {length};
  if (!fails_now(s.plan, Call::kWrite, ++s.writes)) return {length};
  if (s.plan.failure == Failure::kKill) end_process();
  if (s.plan.failure == Failure::kShortWrite) return {length / 2};
  if (s.plan.failure == Failure::kErrorAfterWrite) return {length, EIO};
  return {0, error_of(s.plan.failure)};
}

void record_write(int fd, const char* bytes, ssize_t length, off_t offset) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  if (!s.recording || length <= 0) return;
  const std::string path = watched_path(s, fd);
  if (path.empty()) return;
  const bool through = (::fcntl(fd, F_GETFL) & (O_DSYNC | O_SYNC)) != 0;
  s.recorded.push_back({Recorded::Kind::kWrite, path, static_cast<std::uint64_t>(offset),
                        std::string(bytes, static_cast<std::size_t>(length)), through});
}

int judge_sync(int fd) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  const std::string path = watched_path(s, fd);
  if (path.empty()) return 0;
  if (fails_now(s.plan, Call::kSync, ++s.syncs)) {
    if (s.plan.failure == Failure::kKill) end_process();
    s.lost_file = path;
    s.told_of_loss.insert(fd);
    return error_of(s.plan.failure);
  }
  if (path == s.lost_file && s.told_of_loss.insert(fd).second) return error_of(s.plan.failure);
  if (s.recording) s.recorded.push_back({Recorded::Kind::kSync, path, 0, {}, false});
  return 0;
}

int refuse(int error) {
  errno = error;
  return -1;
}

/// One buffer out of many, so that a short vector write is as simple as any other.
std::string gather(const iovec* parts, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    all.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  }
  return all;
}

ssize_t positioned_write(int fd, const void* bytes, std::size_t length, off_t offset) {
  const Verdict verdict = judge_write(fd, length);
  if (verdict.error != 0 && verdict.length == 0) return refuse(verdict.error);
  const ssize_t done = ::syscall(SYS_pwrite64, fd, bytes, verdict.length, offset);
  record_write(fd, static_cast<const char*>(bytes), done, offset);
  return verdict.error != 0 ? refuse(verdict.error) : done;
}

ssize_t plain_write(int fd, const void* bytes, std::size_t length) {
  const Verdict verdict = judge_write(fd, length);
  if (verdict.error != 0 && verdict.length == 0) return refuse(verdict.error);
  const ssize_t done = ::syscall(SYS_write, fd, bytes, verdict.length);
  if (done > 0) {
    const off_t end = ::lseek(fd, 0, SEEK_CUR);
    record_write(fd, static_cast<const char*>(bytes), done, end - done);
  }
  return verdict.error != 0 ? refuse(verdict.error) : done;
}

}  // namespace

void arm(const std::string& directory, Plan plan) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.armed = true;
  s.recording = false;
  s.directory = directory;
  s.plan = plan;
  s.writes = 0;
  s.syncs = 0;
  s.lost_file.clear();
  s.told_of_loss.clear();
  s.recorded.clear();
}

void arm_recording(const std::string& directory) {
  arm(directory, {});
  state().recording = true;
}

void disarm() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.armed = false;
  s.recording = false;
}

std::uint64_t calls(Call call) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  return call == Call::kWrite ? s.writes : s.syncs;
}

void note(std::string text) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  if (s.recording) s.recorded.push_back({Recorded::Kind::kNote, {}, 0, std::move(text), false});
}

std::vector<Recorded> take_recording() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  return std::move(s.recorded);
}

}  // namespace strongroom::faults

namespace faults = strongroom::faults;

// The linker exports these, because the shared libraries on its command line ask for them.
extern "C" {

ssize_t write(int fd, const void* bytes, size_t length) {
  return faults::plain_write(fd, bytes, length);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  const std::string all = faults::gather(parts, count);
  return faults::plain_write(fd, all.data(), all.size());
}

ssize_t pwrite(int fd, const void* bytes, size_t length, off_t offset) {
  return faults::positioned_write(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t length, off64_t offset) {
  return faults::positioned_write(fd, bytes, length, offset);
}

ssize_t pwritev(int fd, const iovec* parts, int count, off_t offset) {
  const std::string all = faults::gather(parts, count);
  return faults::positioned_write(fd, all.data(), all.size(), offset);
}

int fdatasync(int fd) {
  if (int error = faults::judge_sync(fd); error != 0) return faults::refuse(error);
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

int fsync(int fd) {
  if (int error = faults::judge_sync(fd); error != 0) return faults::refuse(error);
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

}  // extern "C"
