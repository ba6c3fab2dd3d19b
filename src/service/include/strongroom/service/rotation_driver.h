#pragma once
// Drives rotations: takes a claimed step, has it done by the runner, settles it, and claims what
// follows, until there is nothing to do now.
//
// Jobs of one target never run at once; a hung target costs one thread until its budget is spent.
// What waits for its turn keeps its claim: a run is not claimed again while it is held here, and
// its lease is renewed when its turn comes, so that waiting never counts as an attempt. Whatever is
// lost on the way (a kill, a failed commit) is found again by the due row that the claim left;
// after a kill the next start need not wait for its time (take_over). Thread-safe.

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "strongroom/connector/runner.h"
#include "strongroom/rotation/rotations.h"
#include "strongroom/service/operation.h"
#include "strongroom/service/worker_pool.h"

namespace strongroom::service {

class RotationDriver {
 public:
  /// What it needs; all outlive this. Without threads start() does the work itself (tests).
  struct Parts {
    barrier::SealedStore& store;
    rotation::Rotations& rotations;
    connector::Runner& runner;
    Clock& clock;
    Random& random;
    std::string region;
  };
  RotationDriver(Parts parts, std::size_t threads);
  ~RotationDriver();
  RotationDriver(const RotationDriver&) = delete;
  RotationDriver& operator=(const RotationDriver&) = delete;

  /// Before the first task, and only where every runner of before is known to be gone
  /// (store::Store::exclusive): the steps that they leased are due at once. Returns how many;
  /// errors of the store. What could not be taken over is waited for as ever.
  Result<std::size_t> take_over();

  /// Whether the secret of `task` may be claimed now: false while a step of it is held here, or as
  /// much is held as there is room for. Its row then has to come again later.
  bool takes(const due::Task& task);
  /// Does the step and all that follows it.
  void start(std::unique_ptr<rotation::Work> work);

  /// Looks whether the target accepts ACSCurrent; what was found is kept in the secret's run, and
  /// told as an event when it changes. True if it has changed. Errors of the store; what the target
  /// does is no error. Waits for the target.
  Result<bool> look(AccountId account, const std::string& name);
  /// The same, without waiting: one look at a time, so that targets that do not answer hold up one
  /// thread. Not done if too much is waiting: the drift watch comes round.
  void look_soon(AccountId account, const std::string& name);

  /// Does the job of a dry run. Waits for the target on the caller's thread, so only so many go on
  /// at once; 503 ServiceUnavailableTemporary to the others.
  Result<connector::Outcome> inspect(connector::Job job);

  /// Waits for the steps under way; what follows them is left to the next start. Idempotent.
  void stop();

 private:
  using WorkRef = std::unique_ptr<rotation::Work>;
  void run(WorkRef work);
  bool may_begin(rotation::Work& work);
  WorkRef drive(WorkRef work);
  Result<WorkRef> settle_and_claim(const rotation::Work& work,
                                   const Result<connector::Outcome>& outcome);
  Result<rotation::Rotations::Settled> settle(const rotation::Work& work,
                                              const Result<connector::Outcome>& outcome);
  Result<WorkRef> claim(const due::Task& task);
  struct Place {
    AccountId account;
    std::string name;
  };
  void post_look();
  bool look_at_next();

  Parts parts_;
  std::mutex mutex_;
  std::map<std::string, std::vector<WorkRef>> busy_;  // by target: what waits for it
  std::set<std::string> held_;                        // secrets whose steps wait or run
  std::deque<Place> looks_;                           // secrets to be looked at
  bool looking_ = false;                              // a thread is at one of them
  std::atomic<int> inspecting_{0};                    // dry runs under way
  std::atomic<bool> stopping_{false};
  std::unique_ptr<WorkerPool> pool_;
};

}  // namespace strongroom::service
