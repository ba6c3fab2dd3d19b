#pragma once
// Condition tests, compiled (gateway.md §6.2). Thread-safe once made.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "strongroom/base/time.h"
#include "strongroom/policy/conditions.h"
#include "strongroom/policy/document.h"
#include "strongroom/policy/pattern.h"
#include "strongroom/policy/values.h"

namespace strongroom::policy {

/// The operator of that name (case matters), or nothing.
std::optional<Operator> find_operator(std::string_view name);

/// What is wrong with `value` for `op`, as the end of a sentence ("must be …"); empty if nothing.
std::string_view value_problem(Operator op, std::string_view value);

class Condition {
 public:
  explicit Condition(const ConditionTest& test);
  /// `context` may be null: then no key is there.
  bool holds(const Conditions* context) const;

 private:
  bool any_matches(std::string_view value) const;

  Operator op_;
  std::string key_;  // folded
  std::variant<std::vector<std::string>, std::vector<Pattern>, std::vector<double>,
               std::vector<Instant>, std::vector<bool>, std::vector<Network>>
      wanted_;
};

}  // namespace strongroom::policy
