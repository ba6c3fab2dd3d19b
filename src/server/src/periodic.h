#pragma once
// A thread that calls one function again and again, with a pause that the function chooses, until
// it is stopped. The function is never running once stop() has returned. stop() may be called from
// any thread but this one.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace strongroom::server {

class Periodic {
 public:
  /// `step` returns the milliseconds to wait before its next call (0: at once).
  explicit Periodic(std::function<std::int64_t()> step);
  ~Periodic() { stop(); }
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

  void stop();

 private:
  void run();

  std::function<std::int64_t()> step_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace strongroom::server
