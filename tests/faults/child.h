#pragma once
// Code that may end its process runs in a process of its own, which says what it did over a pipe.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace strongroom::faults {

struct ChildResult {
  std::string said;
  std::string stderr_text;
  int status = 0;  // of waitpid

  bool aborted() const;
  bool exited_with(int code) const;
};

/// The child's end of the pipe. Writes past io_faults, so that reports are never what fails.
class Reporter {
 public:
  explicit Reporter(int pipe) : pipe_(pipe) {}
  void say(std::string_view bytes) const;

 private:
  int pipe_;
};

/// Forks; the child runs `body` and exits with what it returns, without core file and without
/// destructors of statics. The caller must have no other threads.
ChildResult run_in_child(const std::function<int(const Reporter&)>& body);

}  // namespace strongroom::faults
