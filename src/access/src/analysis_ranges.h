#pragma once
// The ranges into which policies divide what a request may bring with it, one member of each.

#include <string>
#include <vector>

#include "strongroom/access/analysis.h"

namespace strongroom::access {

/// One value of every range of every circumstance that `sets` ask about; what nobody asks about has
/// one value.
struct Ranges {
  std::vector<std::string> addresses;
  std::vector<Instant> times;
  std::vector<bool> transports;
  std::vector<bool> factors;
  std::size_t count() const {
    return addresses.size() * times.size() * transports.size() * factors.size();
  }
};
/// Null sets are skipped. `session`: the principal's calls say whether a second factor was shown.
Ranges ranges_of(std::span<const policy::PolicySet* const> sets, bool session, Instant now);

}  // namespace strongroom::access
