#pragma once
// How the engine has jobs done. Thread-safe.

#include <functional>
#include <vector>

#include "strongroom/connector/connector.h"

namespace strongroom::connector {

class Runner {
 public:
  using Done = std::function<void(Result<Outcome>)>;

  virtual ~Runner() = default;

  /// Whether jobs of this kind can be run at all. A kind that cannot is a matter of configuration.
  virtual bool serves(Kind kind) const = 0;

  /// Takes the job and returns; calls `done` exactly once, on any thread (also the caller's), at
  /// the latest a second after the job's budget is spent: a runner that lost its connector answers
  /// kAmbiguous itself. `done` must not block.
  virtual void submit(Job job, Done done) = 0;

  /// submit(), and waits.
  Result<Outcome> run(Job job);
};

/// Runs connectors in the calling thread: our own RAM, whose rows are in this process, and tests.
/// What it does not serve goes to `others`, if there is one.
class LocalRunner final : public Runner {
 public:
  /// All must outlive this. At most one connector a kind.
  explicit LocalRunner(std::vector<Connector*> connectors, Runner* others = nullptr);

  bool serves(Kind kind) const override;
  void submit(Job job, Done done) override;

 private:
  Connector* find(Kind kind) const;

  const std::vector<Connector*> connectors_;
  Runner* const others_;
};

}  // namespace strongroom::connector
