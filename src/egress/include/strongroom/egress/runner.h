#pragma once
// The server's side of the egress process: a connector::Runner whose connectors live elsewhere.
// Thread-safe; its one thread reads the answers.
//
// The process is started for the first job, with an empty environment and no descriptor but its
// socket. If it ends, every job in it is answered kAmbiguous ("EgressLost"), and the next job
// starts it again, at most once a second.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "strongroom/connector/runner.h"

namespace strongroom::egress {

struct RunnerOptions {
  std::string program;                 // strongroom-egress, beside the server
  std::vector<std::string> arguments;  // after the program's name
};

class EgressRunner final : public connector::Runner {
 public:
  /// kUnavailable (EgressNotStarted) if there is no such program.
  static Result<std::unique_ptr<EgressRunner>> start(RunnerOptions options);
  /// Ends the process; jobs still in it are answered kAmbiguous.
  ~EgressRunner() override;
  EgressRunner(const EgressRunner&) = delete;
  EgressRunner& operator=(const EgressRunner&) = delete;

  bool serves(connector::Kind kind) const override;
  void submit(connector::Job job, Done done) override;

  /// The id of the process that was started last, -1 before the first job. For tests.
  int process_id() const;

 private:
  struct State;
  explicit EgressRunner(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace strongroom::egress
