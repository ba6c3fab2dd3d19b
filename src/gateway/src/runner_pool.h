#pragma once
// Runners for the jobs of one handler, so that a job finds its buffers made. As many as ever ran at
// once, which the worker pools bound. Thread-safe.

#include <memory>
#include <mutex>
#include <vector>

#include "strongroom/gateway/call_runner.h"

namespace strongroom::gateway {

class RunnerPool {
 public:
  explicit RunnerPool(RunnerFactory make) : make_(std::move(make)) {}

  /// Gives its runner back, reset, at the end of its life.
  class Lease {
   public:
    explicit Lease(RunnerPool& pool) : pool_(pool), runner_(pool.take()) {}
    ~Lease() {
      runner_->reset();
      pool_.give_back(std::move(runner_));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    CallRunner* operator->() const { return runner_.get(); }

   private:
    RunnerPool& pool_;
    std::unique_ptr<CallRunner> runner_;
  };

 private:
  std::unique_ptr<CallRunner> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<CallRunner> runner = std::move(idle_.back());
        idle_.pop_back();
        return runner;
      }
    }
    return make_();
  }
  void give_back(std::unique_ptr<CallRunner> runner) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(runner));
  }

  RunnerFactory make_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<CallRunner>> idle_;  // guarded by mutex_
};

}  // namespace strongroom::gateway
