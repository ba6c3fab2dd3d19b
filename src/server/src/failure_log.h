#pragma once
// Says in the server's log that a step that is tried again and again fails: the first time, then
// ever more seldom with the number of failures, and once more when it works again. A full disk for
// a night is a dozen lines, not one a second.

#include <cstdint>
#include <functional>
#include <string_view>

#include "strongroom/base/log.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::server {

/// One thread's own.
class FailureLog {
 public:
  /// `event` lives for ever: the name of the lines. `monotonic`: nanoseconds that only grow with
  /// the time that passes.
  FailureLog(log::Level level, std::string_view event,
             std::function<std::int64_t()> monotonic = monotonic_ns)
      : level_(level), event_(event), monotonic_(std::move(monotonic)) {}

  /// Whether a line was written.
  bool failed(const Error& error);
  /// The same.
  bool worked();

  template <class T>
  void note(const Result<T>& outcome) {
    if (outcome) {
      worked();
    } else {
      failed(outcome.error());
    }
  }

 private:
  const log::Level level_;
  const std::string_view event_;
  const std::function<std::int64_t()> monotonic_;
  std::int64_t failures_ = 0;  // since it worked
  std::int64_t pause_ns_ = 0;
  std::int64_t next_ns_ = 0;  // when the next line may be written
};

}  // namespace strongroom::server
