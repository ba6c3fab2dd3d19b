#pragma once
// Programs under measurement: started pinned to a core, watched through /proc, ended by their pid.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/result.h"

namespace strongroom::bench {

struct Command {
  std::vector<std::string> arguments;         // [0] is the program, searched in PATH
  std::vector<std::string> environment = {};  // NAME=value, added to ours
  std::string log_file = "/dev/null";         // standard output and error
  int cpu = -1;                               // -1: not pinned
};

class Process {
 public:
  Process() = default;
  /// kUnavailable if it cannot be started (an unknown program shows when it is waited for).
  static Result<Process> start(const Command& command);
  /// A process that somebody else started and ends (nginx's worker).
  static Process watch(pid_t pid) { return Process(pid, false); }
  ~Process();  // stops it
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  pid_t pid() const { return pid_; }
  bool running() const;
  /// SIGTERM, then SIGKILL after ten seconds; waits. Does nothing to a watched process.
  void stop();
  /// SIGKILL at once.
  void kill();

  /// User and system time of all its threads so far.
  double cpu_seconds() const;
  /// Resident bytes by line of /proc/PID/status: "VmRSS", "RssAnon". 0 if it is gone.
  std::size_t resident_bytes(const char* line = "VmRSS") const;
  /// The first child of it, or 0.
  pid_t child() const;

 private:
  Process(pid_t pid, bool owned) : pid_(pid), owned_(owned) {}
  void end(int signal);
  pid_t pid_ = 0;
  bool owned_ = false;
};

/// Pins the calling thread (and what it starts later) to one core, or with -1 to all of them.
void pin_this_thread(int cpu);

/// A directory under /tmp or TMPDIR that is removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The decimal number that `text` begins with, blanks before it skipped; 0 if there is none.
std::uint64_t number_in(std::string_view text);
std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);
void sleep_ms(int milliseconds);

}  // namespace strongroom::bench
