#include "process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "strongroom/base/check.h"

namespace strongroom::bench {
namespace {

constexpr int kStopMillis = 10'000;
constexpr int kPollMillis = 10;

[[noreturn]] void become(const Command& command) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // an interrupted benchmark leaves nothing running
  const int log = ::open(command.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log >= 0) {
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
  }
  if (command.cpu >= 0) pin_this_thread(command.cpu);
  for (const std::string& variable : command.environment)
    ::putenv(const_cast<char*>(variable.c_str()));
  std::vector<char*> arguments;
  arguments.reserve(command.arguments.size() + 1);
  for (const std::string& argument : command.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

Result<Process> Process::start(const Command& command) {
  const pid_t pid = ::fork();
  if (pid < 0) return fail(ErrorKind::kUnavailable, "Fork", std::strerror(errno));
  if (pid == 0) become(command);
  return Process(pid, true);
}

Process::~Process() {
  stop();
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), owned_(std::exchange(other.owned_, false)) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    stop();
    pid_ = std::exchange(other.pid_, 0);
    owned_ = std::exchange(other.owned_, false);
  }
  return *this;
}

bool Process::running() const {
  siginfo_t ended{};
  return owned_ &&
         ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == 0;
}

void Process::end(int signal) {
  if (!owned_) return;
  ::kill(pid_, signal);
  for (int waited = 0; ::waitpid(pid_, nullptr, WNOHANG) == 0; waited += kPollMillis) {
    if (waited == kStopMillis) ::kill(pid_, SIGKILL);
    sleep_ms(kPollMillis);
  }
  owned_ = false;
}

void Process::stop() {
  end(SIGTERM);
}
void Process::kill() {
  end(SIGKILL);
}

double Process::cpu_seconds() const {
  clockid_t clock = 0;  // counts nanoseconds; proc(5)'s utime and stime count ticks of 10 ms
  timespec used{};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

std::size_t Process::resident_bytes(const char* line) const {
  std::istringstream status(read_file("/proc/" + std::to_string(pid_) + "/status"));
  for (std::string name; status >> name;) {
    if (name == std::string(line) + ":") {
      std::size_t kilobytes = 0;
      status >> kilobytes;
      return kilobytes << 10;
    }
    std::getline(status, name);
  }
  return 0;
}

pid_t Process::child() const {
  const std::string pid = std::to_string(pid_);
  return static_cast<pid_t>(number_in(read_file("/proc/" + pid + "/task/" + pid + "/children")));
}

void pin_this_thread(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int i = 0; i < static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)); ++i) {
    if (cpu < 0 || i == cpu) CPU_SET(static_cast<std::size_t>(i), &set);
  }
  SR_CHECK(::sched_setaffinity(0, sizeof set, &set) == 0);
}

TemporaryDirectory::TemporaryDirectory() {
  const char* base = std::getenv("TMPDIR");
  path_ = std::string(base != nullptr ? base : "/tmp") + "/strongroom-bench-XXXXXX";
  SR_CHECK(::mkdtemp(path_.data()) != nullptr);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::uint64_t number_in(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  SR_CHECK(out.good());
}

void sleep_ms(int milliseconds) {
  ::usleep(static_cast<useconds_t>(milliseconds) * 1000);
}

}  // namespace strongroom::bench
