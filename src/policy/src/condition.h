#pragma once
// Condition tests, compiled (gateway.md §6.2). Thread-safe once made.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "request_values.h"
#include "strongroom/base/time.h"
#include "strongroom/policy/conditions.h"
#include "strongroom/policy/document.h"
#include "strongroom/policy/pattern.h"
#include "strongroom/policy/values.h"

namespace strongroom::policy {

/// The operator of that name (case matters), or nothing.
std::optional<Operator> find_operator(std::string_view name);

/// Whose document it is: what was stored may have what is no longer taken from callers.
enum class DocumentSource : std::uint8_t { kCaller, kStored };

/// What is wrong with `value` for `op`, as the end of a sentence ("must be …"); empty if nothing.
std::string_view value_problem(Operator op, std::string_view value, DocumentSource source);

class Condition {
 public:
  /// `key_number`: the place of its key among those of the set.
  Condition(const ConditionTest& test, std::uint32_t key_number);
  bool holds(RequestValues& request) const;

 private:
  bool any_matches(const RequestValues::Value& value) const;

  Operator op_;
  std::uint32_t key_number_;
  std::string key_;  // folded
  std::variant<std::vector<std::string>, std::vector<Pattern>, std::vector<double>,
               std::vector<Instant>, std::vector<bool>, std::vector<Network>>
      wanted_;
};

}  // namespace strongroom::policy
