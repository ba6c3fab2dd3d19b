#pragma once
// What a request is besides its action, resource and principal: the values that Condition elements
// compare (gateway.md §6.2). Asked for by name, only when a statement needs it, so that a request
// decided without conditions builds nothing.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strongroom::policy {

/// Implementations are used by one thread at a time.
class Conditions {
 public:
  virtual ~Conditions() = default;

  /// Value number `index` of the key, counted from 0; nothing beyond the last one, so nothing at 0
  /// means that the request does not have the key. `folded_key` is the key's name in ASCII lower
  /// case ("acs:sourceip", "kms:tag/env"). The view lives as long as this object.
  ///
  /// Forms: addresses as text; times as ISO 8601 in UTC; booleans as "true" and "false".
  virtual std::optional<std::string_view> value(std::string_view folded_key,
                                                std::size_t index) const = 0;
};

/// Conditions that were listed beforehand: claims of a token, tests, simulations.
class ConditionList final : public Conditions {
 public:
  /// `key` in any case. A key that is added again gets a further value.
  void add(std::string_view key, std::string_view value);
  std::optional<std::string_view> value(std::string_view folded_key,
                                        std::size_t index) const override;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace strongroom::policy
