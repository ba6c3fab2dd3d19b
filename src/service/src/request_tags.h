#pragma once
// The tags that a call would set, as condition keys (acs:RequestTag/<name>, gateway.md §6.2). They
// are read from the very parameters that the handler sets them from, and only when a statement asks
// for one. One thread.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strongroom/policy/conditions.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

class RequestTags final : public policy::Conditions {
 public:
  /// Both outlive this.
  RequestTags(const Operation& operation, const Parameters& parameters)
      : operation_(operation), parameters_(parameters) {}

  /// Parameters that cannot be read set no tags: their handler refuses them.
  std::optional<std::string_view> value(std::string_view folded_key,
                                        std::size_t index) const override;

  /// True if a tag was asked for that the call names twice, in different cases. Condition keys
  /// cannot tell the two apart, so one of them would pass for the other.
  bool ambiguous() const { return ambiguous_; }

 private:
  void read() const;

  const Operation& operation_;
  const Parameters& parameters_;
  mutable bool is_read_ = false;
  mutable bool ambiguous_ = false;
  mutable std::vector<std::pair<std::string, std::string>> tags_;  // names in lower case
};

}  // namespace strongroom::service
