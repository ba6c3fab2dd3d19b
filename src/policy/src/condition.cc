#include "condition.h"

#include <algorithm>
#include <array>
#include <utility>

#include "strongroom/base/ascii.h"
#include "strongroom/base/check.h"

namespace strongroom::policy {
namespace {

enum class Family : std::uint8_t { kText, kFoldedText, kWildcard, kNumber, kTime, kBool, kNetwork };
enum class Relation : std::uint8_t { kEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

struct Traits {
  std::string_view name;
  Family family;
  Relation relation = Relation::kEqual;
  bool negative = false;
};

// In the order of Operator.
constexpr std::array<Traits, 21> kTraits{{
    {"StringEquals", Family::kText},
    {"StringNotEquals", Family::kText, Relation::kEqual, true},
    {"StringEqualsIgnoreCase", Family::kFoldedText},
    {"StringNotEqualsIgnoreCase", Family::kFoldedText, Relation::kEqual, true},
    {"StringLike", Family::kWildcard},
    {"StringNotLike", Family::kWildcard, Relation::kEqual, true},
    {"NumericEquals", Family::kNumber},
    {"NumericNotEquals", Family::kNumber, Relation::kEqual, true},
    {"NumericLessThan", Family::kNumber, Relation::kLess},
    {"NumericLessThanEquals", Family::kNumber, Relation::kLessEqual},
    {"NumericGreaterThan", Family::kNumber, Relation::kGreater},
    {"NumericGreaterThanEquals", Family::kNumber, Relation::kGreaterEqual},
    {"DateEquals", Family::kTime},
    {"DateNotEquals", Family::kTime, Relation::kEqual, true},
    {"DateLessThan", Family::kTime, Relation::kLess},
    {"DateLessThanEquals", Family::kTime, Relation::kLessEqual},
    {"DateGreaterThan", Family::kTime, Relation::kGreater},
    {"DateGreaterThanEquals", Family::kTime, Relation::kGreaterEqual},
    {"Bool", Family::kBool},
    {"IpAddress", Family::kNetwork},
    {"NotIpAddress", Family::kNetwork, Relation::kEqual, true},
}};

const Traits& traits(Operator op) {
  return kTraits[static_cast<std::size_t>(op)];
}

template <class T>
bool related(Relation relation, const T& value, const T& wanted) {
  switch (relation) {
    case Relation::kEqual:
      return value == wanted;
    case Relation::kLess:
      return value < wanted;
    case Relation::kLessEqual:
      return value <= wanted;
    case Relation::kGreater:
      return value > wanted;
    case Relation::kGreaterEqual:
      return value >= wanted;
  }
  return false;
}

// What `parse` understands of `values`.
template <class T, class Parse>
std::vector<T> parsed(const std::vector<std::string>& values, Parse parse) {
  std::vector<T> out;
  for (const std::string& value : values) {
    if (const auto one = parse(value)) out.push_back(*one);
  }
  return out;
}

}  // namespace

std::string_view operator_name(Operator op) {
  return traits(op).name;
}

std::optional<Operator> find_operator(std::string_view name) {
  const auto found = std::ranges::find(kTraits, name, &Traits::name);
  if (found == kTraits.end()) return std::nullopt;
  return static_cast<Operator>(found - kTraits.begin());
}

std::string_view value_problem(Operator op, std::string_view value, DocumentSource source) {
  switch (traits(op).family) {
    case Family::kText:
    case Family::kFoldedText:
    case Family::kWildcard:
      return {};
    case Family::kNumber:
      return parse_number(value) ? "" : "must be a decimal number such as \"10\"";
    case Family::kTime:
      return parse_time(value) ? "" : "must be a time such as \"2026-11-22T01:02:03Z\"";
    case Family::kBool:
      return parse_bool(value) ? "" : "must be \"true\" or \"false\"";
    case Family::kNetwork:
      return (source == DocumentSource::kStored ? parse_network(value).has_value()
                                                : is_network(value))
                 ? ""
                 : "must be an address or a network such as \"10.0.0.0/8\"";
  }
  return {};
}

Condition::Condition(const ConditionTest& test, std::uint32_t key_number)
    : op_(test.op), key_number_(key_number), key_(fold_case(test.key)) {
  switch (traits(op_).family) {
    case Family::kText:
      wanted_ = test.values;
      return;
    case Family::kFoldedText: {
      std::vector<std::string> folded;
      for (const std::string& value : test.values) folded.push_back(fold_case(value));
      wanted_ = std::move(folded);
      return;
    }
    case Family::kWildcard: {
      std::vector<Pattern> patterns;
      for (const std::string& value : test.values) patterns.emplace_back(value, false);
      wanted_ = std::move(patterns);
      return;
    }
    case Family::kNumber:
      wanted_ = parsed<double>(test.values, parse_number);
      return;
    case Family::kTime:
      wanted_ = parsed<Instant>(test.values, parse_time);
      return;
    case Family::kBool:
      wanted_ = parsed<bool>(test.values, parse_bool);
      return;
    case Family::kNetwork:
      wanted_ = parsed<Network>(test.values, parse_network);
      return;
  }
}

bool Condition::any_matches(const RequestValues::Value& read) const {
  const std::string_view value = read.text();
  const Relation relation = traits(op_).relation;
  const auto ordered = [relation](const auto& typed, const auto& all) {
    return typed && std::ranges::any_of(
                        all, [&](const auto& one) { return related(relation, *typed, one); });
  };
  switch (traits(op_).family) {
    case Family::kText:
      return std::ranges::any_of(std::get<0>(wanted_),
                                 [&](const std::string& one) { return one == value; });
    case Family::kFoldedText:
      return std::ranges::any_of(std::get<0>(wanted_),
                                 [&](const std::string& one) { return equals_lower(value, one); });
    case Family::kWildcard:
      return std::ranges::any_of(std::get<1>(wanted_),
                                 [&](const Pattern& one) { return one.matches(value); });
    case Family::kNumber:
      return ordered(read.number(), std::get<2>(wanted_));
    case Family::kTime:
      return ordered(read.time(), std::get<3>(wanted_));
    case Family::kBool: {
      const auto flag = parse_bool(value);
      const auto& all = std::get<4>(wanted_);
      return flag && std::find(all.begin(), all.end(), *flag) != all.end();
    }
    case Family::kNetwork: {
      const auto address = read.address();
      return address && std::ranges::any_of(std::get<5>(wanted_), [&](const Network& one) {
               return one.holds(*address);
             });
    }
  }
  return false;
}

bool Condition::holds(RequestValues& request) const {
  bool any = false;
  for (std::size_t i = 0; !any; ++i) {
    const auto value = request.value(key_number_, key_, i);
    if (!value) break;
    any = any_matches(*value);
  }
  return any != traits(op_).negative;
}

void ConditionList::add(std::string_view key, std::string_view value) {
  pairs_.emplace_back(fold_case(key), value);
}

std::optional<std::string_view> ConditionList::value(std::string_view folded_key,
                                                     std::size_t index) const {
  for (const auto& [key, value] : pairs_) {
    if (key == folded_key && index-- == 0) return value;
  }
  return std::nullopt;
}

}  // namespace strongroom::policy
