#pragma once
// Looks from time to time whether the targets of managed secrets still accept ACSCurrent: somebody
// may have changed a password by hand. One probe at a time and no faster than the rate allows; what
// was found is kept in the secret's run and told as an event when it changes. One thread calls
// step().

#include <string>
#include <vector>

#include "strongroom/rotation/rotations.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

class DriftWatch {
 public:
  /// `engines` outlives this. Every secret is looked at once in `interval_ms`, but never more than
  /// one a second.
  DriftWatch(Engines& engines, std::int64_t interval_ms)
      : engines_(engines), interval_ms_(interval_ms) {}

  /// Probes the next secret. The milliseconds to wait before the next call.
  std::int64_t step();

  /// Probes one secret now. True if what is known of it has changed. Errors of the store; what the
  /// target does is no error.
  Result<bool> look(AccountId account, const std::string& name);

 private:
  struct Place {
    AccountId account;
    std::string name;
  };
  Result<void> gather();

  Engines& engines_;
  const std::int64_t interval_ms_;
  std::vector<Place> round_;  // what is still to be looked at
  std::size_t in_round_ = 0;  // at its beginning
  bool started_ = false;
};

}  // namespace strongroom::service
