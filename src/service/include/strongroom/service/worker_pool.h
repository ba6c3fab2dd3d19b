#pragma once
// Threads for work that may block: mutations, cache misses, slow cryptography. Bounded queue; a
// full queue refuses, so that overload is answered with 503 instead of growing memory. Threads
// start when first needed. Thread-safe.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace strongroom::service {

class WorkerPool {
 public:
  using Job = std::move_only_function<void()>;

  /// How many queued jobs an awake thread is trusted with before another one is woken. Jobs that
  /// wait for the disk as a rule (commits) get a thread each; short ones share few threads, because
  /// waking one costs more than running the job.
  enum class Sharing : std::uint8_t { kNone = 0, kShortJobs = 8 };

  WorkerPool(std::size_t threads_max, std::size_t queue_max, Sharing sharing = Sharing::kNone)
      : threads_max_(threads_max),
        queue_max_(queue_max),
        jobs_per_awake_(static_cast<std::size_t>(sharing)) {}
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False if the queue is full or the pool has stopped; `job` is then left untouched for the
  /// caller to refuse with.
  bool post(Job& job);
  /// Runs what is queued, then joins. Idempotent.
  void stop();

 private:
  void work();
  /// Jobs that the threads now awake will come to by themselves.
  std::size_t covered() const;

  const std::size_t threads_max_;
  const std::size_t queue_max_;
  const std::size_t jobs_per_awake_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;             // guarded by mutex_
  std::vector<std::thread> threads_;  // guarded by mutex_
  std::size_t idle_ = 0;   // guarded by mutex_; threads that sleep and are not being woken
  std::size_t wakes_ = 0;  // guarded by mutex_; threads that are being woken
  bool stopping_ = false;  // guarded by mutex_
};

}  // namespace strongroom::service
