#pragma once
// Which time deletion goes by, when the machine's clock says something that cannot be explained.
//
// What waits for its deletion is gone for good once it is purged, so a clock that is far ahead must
// not decide that alone. The store remembers the last time that was seen; while the clock is more
// than a day away from that plus the time run since, it is doubted: purges and pruning go by what
// was remembered (or by the clock, if that is earlier), until somebody accepts the clock, it is
// back, or it has kept step with the monotonic clock for a day of running. A server that was off
// for weeks therefore deletes a day later, never not at all. docs/formats/record.md, "Clock".

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/time.h"

namespace strongroom::server {

/// Thread-safe.
class ClockGuard {
 public:
  struct Parts {
    barrier::SealedStore& store;  // outlives the guard, like the rest
    const Clock& clock;
    Random& random;
    AccountId account;  // that events belong to
    /// Nanoseconds that only grow with the time that passes.
    std::function<std::int64_t()> monotonic = monotonic_ns;
  };

  /// Reads what the store remembers; a clock that does not fit to it is doubted from now on.
  static Result<std::unique_ptr<ClockGuard>> open(Parts parts);

  /// What is overdue, by which clock.
  struct Due {
    Instant now;            // what the clock says
    Instant deletion;       // what purges, pruning and schedules go by; `now` without a doubt
    Instant doubted_since;  // what the clock said when the doubt began; zero: there is none
  };
  Due due();

  /// A doubt, for people.
  struct Doubt {
    std::int64_t ahead_ms = 0;  // of what is remembered; negative: the clock went back
    Instant last_seen;          // what is remembered
    Instant until;              // when the clock is believed, if nothing happens
  };
  std::optional<Doubt> doubt();

  /// Writes events of doubts that began or ended. Not on the request path.
  void tell();

  /// What is to be remembered, into a transaction of the caller's.
  Result<void> remember(barrier::Transaction& transaction);
  /// Believes the clock as it is now, once the transaction is committed. What was doubted.
  Result<std::optional<Doubt>> accept(barrier::Transaction& transaction);

 private:
  explicit ClockGuard(Parts parts) : parts_(std::move(parts)) {}

  struct Told {
    Instant when;
    std::string name;
    std::string level;
    std::string why;
  };
  /// What is kept over restarts. `ahead_ms` zero: the clock is believed.
  struct State {
    Instant trusted;            // the last time seen, and the time run since
    std::int64_t ahead_ms = 0;  // of the clock, when the doubt began
    std::int64_t ran_ms = 0;    // since then
  };

  // With mutex_ held.
  Instant judge();
  void begin_doubt(Instant now, std::int64_t ahead_ms);
  void end_doubt(Instant now, const std::string& why);
  Doubt facts(Instant now) const;
  Result<void> put(barrier::Transaction& transaction, const State& state) const;

  const Parts parts_;
  std::mutex mutex_;
  State state_;
  Instant doubted_since_;
  std::int64_t looked_ns_ = 0;  // the monotonic clock at the last look
  std::vector<Told> to_tell_;
};

}  // namespace strongroom::server
