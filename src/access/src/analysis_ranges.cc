#include "analysis_ranges.h"

#include <algorithm>

#include "strongroom/policy/values.h"

namespace strongroom::access {
namespace {

using policy::ConditionTest;
using policy::Operator;

// Where a pattern stands for an address, some that fit it: a star may be one or more numbers.
void add_texts(std::vector<std::string>& addresses, const std::string& text) {
  for (const std::string_view fill : {"", "1", "1.1", "1.1.1", "1.1.1.1", "::1"}) {
    std::string filled;
    for (const char c : text) {
      if (c == '*') {
        filled += fill;
      } else {
        filled += c == '?' ? '1' : c;
      }
    }
    if (policy::parse_address(filled)) addresses.push_back(filled);
  }
}

// Networks nest or are disjoint, so every range of addresses begins where one begins or ends.
void add_addresses(std::vector<std::string>& addresses, const ConditionTest& test) {
  for (const std::string& value : test.values) {
    if (test.op != Operator::kIpAddress && test.op != Operator::kNotIpAddress) {
      add_texts(addresses, value);
      continue;
    }
    const auto network = policy::parse_network(value);
    if (!network) continue;
    addresses.push_back(policy::format_address(network->first()));
    if (const auto next = network->after()) addresses.push_back(policy::format_address(*next));
  }
}

// The wire has whole seconds: a range begins at a bound, or a second beside it.
void add_times(std::vector<Instant>& times, const ConditionTest& test) {
  for (const std::string& value : test.values) {
    const auto bound = policy::parse_time(value);
    if (!bound) continue;
    for (const std::int64_t step : {-1, 0, 1}) {
      times.push_back(Instant::from_seconds(bound->unix_seconds() + step));
    }
  }
}

template <class T>
void make_unique(std::vector<T>& values) {
  std::ranges::sort(values);
  const auto twins = std::ranges::unique(values);
  values.erase(twins.begin(), twins.end());
}

}  // namespace

Ranges ranges_of(std::span<const policy::PolicySet* const> sets, bool session, Instant now) {
  // Both address families, so that a network's complement is met.
  Ranges out{.addresses = {"0.0.0.0", "::"},
             .times = {Instant::from_seconds(now.unix_seconds())},
             .transports = {true},
             .factors = {false}};
  bool asks_address = false;
  const auto look_at = [&](const ConditionTest& test) {
    const std::string key = policy::fold_case(test.key);
    if (key == "acs:sourceip") {
      asks_address = true;
      add_addresses(out.addresses, test);
    } else if (key == "acs:currenttime") {
      add_times(out.times, test);
    } else if (key == "acs:securetransport") {
      out.transports = {true, false};
    } else if (key == "acs:mfapresent" && session) {
      out.factors = {false, true};
    }
  };
  for (const policy::PolicySet* set : sets) {
    if (set == nullptr) continue;
    for (const policy::Policy& policy : set->policies()) {
      for (const policy::Statement& statement : policy.document.statements) {
        for (const ConditionTest& test : statement.conditions) look_at(test);
      }
    }
  }
  if (!asks_address) out.addresses = {"192.0.2.1"};
  make_unique(out.addresses);
  make_unique(out.times);
  return out;
}

}  // namespace strongroom::access
