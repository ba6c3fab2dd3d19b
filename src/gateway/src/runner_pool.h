#pragma once
// Runners for the calls of one handler, so that a call finds its buffers made. As many as calls
// were ever under way at once, which the queues of the worker pools and of the store bound.
// Thread-safe.

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "strongroom/gateway/call_runner.h"

namespace strongroom::gateway {

class RunnerPool {
 public:
  explicit RunnerPool(RunnerFactory make) : make_(std::move(make)) {}

  /// A runner in use, given back, reset, at the end of the lease's life. Movable, one owner; keeps
  /// the pool alive, since calls on workers may end after their handler.
  class Lease {
   public:
    explicit Lease(std::shared_ptr<RunnerPool> pool)
        : pool_(std::move(pool)), runner_(pool_->take()) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&& other) noexcept {
      Lease before(std::move(*this));
      pool_ = std::move(other.pool_);
      runner_ = std::move(other.runner_);
      return *this;
    }
    ~Lease() {
      if (!runner_) return;
      runner_->reset();
      pool_->give_back(std::move(runner_));
    }
    CallRunner* operator->() const { return runner_.get(); }
    CallRunner& operator*() const { return *runner_; }

   private:
    std::shared_ptr<RunnerPool> pool_;
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
    if (idle_.size() < kIdleMax) idle_.push_back(std::move(runner));
  }

  static constexpr std::size_t kIdleMax = 256;  // a rush leaves no more behind

  RunnerFactory make_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<CallRunner>> idle_;  // guarded by mutex_
};

}  // namespace strongroom::gateway
