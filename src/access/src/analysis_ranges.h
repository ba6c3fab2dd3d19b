#pragma once
// The ranges into which policies divide what a request may bring with it, one member of each.

#include <span>
#include <string>
#include <vector>

#include "strongroom/access/analysis.h"

namespace strongroom::access {

/// What may be said of one tag of the request: nothing, or one of these texts.
struct TagRange {
  std::string name;
  std::vector<std::optional<std::string>> values;
};

/// One value of every range of every circumstance that somebody asks about; what nobody asks about
/// has one value.
struct Ranges {
  std::vector<std::string> addresses;
  std::vector<Instant> times;
  std::vector<bool> transports;
  std::vector<bool> factors;
  std::vector<std::string> gateways;
  std::vector<std::string> askers;  // ARNs, if the principal stands for several; else one, empty
  std::vector<TagRange> tags;
  /// How many circumstances there are, or more than limits::kAnalysisRangesMax.
  std::size_t count() const;
};
/// Of the policies, access points and validity of `principal`, and the policy of `resource`, for
/// requests of `action`; `rules` are patterns of ARNs that tell askers apart too. `now` is the time
/// that is tried where nobody asks for it. kInvalidInput (TooManyConditions) if there are too many.
Result<Ranges> ranges_of(const identity::Principal& principal, std::string_view action,
                         const Resource& resource, Instant now,
                         std::span<const std::string> rules = {});

}  // namespace strongroom::access
