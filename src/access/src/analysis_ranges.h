#pragma once
// The ranges into which policies divide what a request may bring with it, one member of each.

#include <string>
#include <vector>

#include "strongroom/access/analysis.h"

namespace strongroom::access {

/// One value of every range of every circumstance that somebody asks about; what nobody asks about
/// has one value.
struct Ranges {
  std::vector<std::string> addresses;
  std::vector<Instant> times;
  std::vector<bool> transports;
  std::vector<bool> factors;
  std::vector<std::string> gateways;
  std::size_t count() const {
    return addresses.size() * times.size() * transports.size() * factors.size() * gateways.size();
  }
};
/// Of the policies, access points and validity of `principal`, and the policy of `resource`. `now`
/// is the time that is tried where nobody asks for it.
Ranges ranges_of(const identity::Principal& principal, const Resource& resource, Instant now);

}  // namespace strongroom::access
