#include "analysis_ranges.h"

#include <algorithm>
#include <map>

#include "analysis_texts.h"
#include "strongroom/access/request_tags.h"
#include "strongroom/base/limits.h"
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
void add_network(std::vector<std::string>& addresses, const std::string& text) {
  const auto network = policy::parse_network(text);
  if (!network) return;
  addresses.push_back(policy::format_address(network->first()));
  if (const auto next = network->after()) addresses.push_back(policy::format_address(*next));
}

void add_addresses(std::vector<std::string>& addresses, const ConditionTest& test) {
  for (const std::string& value : test.values) {
    if (test.op != Operator::kIpAddress && test.op != Operator::kNotIpAddress) {
      add_texts(addresses, value);
    } else {
      add_network(addresses, value);
    }
  }
}

// The wire has whole seconds: a range begins at a bound, or a second beside it.
void add_bound(std::vector<Instant>& times, Instant bound) {
  for (const std::int64_t step : {-1, 0, 1}) {
    times.push_back(Instant::from_seconds(bound.unix_seconds() + step));
  }
}

void add_times(std::vector<Instant>& times, const ConditionTest& test) {
  for (const std::string& value : test.values) {
    if (const auto bound = policy::parse_time(value)) add_bound(times, *bound);
  }
}

// No instance has this id: it stands for every one that is not named.
constexpr std::string_view kOtherGateway = "other";

// Whatever a policy of an access point names: addresses on either side of its networks, its gateway
// and others. True if it asks for the address.
bool add_grants(Ranges& out, const policy::AccessGrants& grants) {
  bool asks = false;
  out.gateways.emplace_back(kOtherGateway);
  for (const policy::AccessPolicy& policy : grants.policies()) {
    if (!policy.scope.empty()) out.gateways.push_back(policy.scope);
    asks = asks || policy.restricted;
    for (const policy::AccessNetwork& network : policy.networks) {
      for (const std::string& source : network.sources) add_network(out.addresses, source);
    }
  }
  return asks;
}

// What a test tells apart, as patterns: the texts that it names, or those at its bounds.
void add_patterns(std::vector<TextPattern>& out, const ConditionTest& test) {
  using enum Operator;
  const auto add = [&out](std::string text) { out.push_back({.text = std::move(text)}); };
  for (const std::string& value : test.values) {
    switch (test.op) {
      case kStringEquals:
      case kStringNotEquals:
      case kBool:
        add(value);
        break;
      case kStringEqualsIgnoreCase:
      case kStringNotEqualsIgnoreCase:
        out.push_back({.text = value, .ignores_case = true});
        break;
      case kStringLike:
      case kStringNotLike:
        out.push_back({.text = value, .wildcards = true});
        break;
      case kIpAddress:
      case kNotIpAddress: {
        std::vector<std::string> addresses;
        add_network(addresses, value);
        for (std::string& address : addresses) add(std::move(address));
        break;
      }
      default:
        add(value);
        if (const auto number = policy::parse_number(value)) {
          add(std::to_string(*number - 1));
          add(std::to_string(*number + 1));
        }
        if (const auto time = policy::parse_time(value)) {
          std::vector<Instant> times;
          add_bound(times, *time);
          for (const Instant one : times) add(format_utc(one));
        }
    }
  }
}

using TagPatterns = std::map<std::string, std::vector<TextPattern>>;

Result<std::vector<TagRange>> tag_ranges(const TagPatterns& patterns) {
  std::vector<TagRange> out;
  for (const auto& [name, of_name] : patterns) {
    SR_TRY(const std::vector<std::string> texts, distinct_texts(of_name, tag_texts()));
    TagRange range{.name = name, .values = {std::nullopt}};
    range.values.insert(range.values.end(), texts.begin(), texts.end());
    out.push_back(std::move(range));
  }
  return out;
}

// Whom a principal that stands for several may be: the names that AssumeRole takes, or, for all of
// an account, what ARNs are made of.
TextKind askers_of(const identity::Principal& principal) {
  constexpr std::string_view kAnything =
      "xyzabcdefghijklmnopqrstuvwABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.@_-/";
  constexpr std::string_view kSessionName = kAnything.substr(0, kAnything.size() - 1);
  const std::string_view arn = principal.arn;
  const std::string_view prefix = arn.substr(0, arn.size() - 1);
  if (!prefix.ends_with('/')) {
    return {.what = "caller's ARN",
            .prefix = prefix,
            .characters = kAnything,
            .least = 1,
            .most = limits::kArnTailCharsMax};
  }
  return {.what = "session's ARN",
          .prefix = prefix,
          .characters = kSessionName,
          .least = limits::kSessionNameCharsMin,
          .most = limits::kSessionNameCharsMax};
}

bool is_about(const policy::Statement& statement, std::string_view action) {
  const bool named = std::ranges::any_of(statement.actions, [action](const std::string& pattern) {
    return policy::wildcard_match(pattern, action, true);
  });
  return named != statement.not_actions;
}

template <class T>
void make_unique(std::vector<T>& values) {
  std::ranges::sort(values);
  const auto twins = std::ranges::unique(values);
  values.erase(twins.begin(), twins.end());
}

}  // namespace

std::size_t Ranges::count() const {
  std::size_t product =
      addresses.size() * times.size() * transports.size() * factors.size() * gateways.size();
  product *= askers.size();
  for (const TagRange& tag : tags) {
    if (product > limits::kAnalysisRangesMax) break;
    product *= tag.values.size();
  }
  return product;
}

Result<Ranges> ranges_of(const identity::Principal& principal, std::string_view action,
                         const Resource& resource, Instant now,
                         std::span<const std::string> rules) {
  // Both address families, so that a network's complement is met.
  Ranges out{.addresses = {"0.0.0.0", "::"},
             .times = {Instant::from_seconds(now.unix_seconds())},
             .transports = {true},
             .factors = {false},
             .gateways = {std::string(policy::kSharedScope)},
             .askers = {""},
             .tags = {}};
  TagPatterns patterns;
  std::vector<TextPattern> of_asker;
  bool asks_address = false;
  const auto look_at = [&](const ConditionTest& test) {
    const std::string key = policy::fold_case(test.key);
    if (key == "acs:sourceip") {
      asks_address = true;
      add_addresses(out.addresses, test);
    } else if (key == "acs:currenttime") {
      add_times(out.times, test);
    } else if (key == "acs:principalarn") {
      add_patterns(of_asker, test);
    } else if (key == "acs:securetransport") {
      out.transports = {true, false};
    } else if (key == "acs:mfapresent" && principal.session) {
      out.factors = {false, true};
    } else if (key.starts_with(kRequestTagKey) && sets_tags(action)) {
      add_patterns(patterns[key.substr(kRequestTagKey.size())], test);
    }
  };
  for (const policy::PolicySet* set :
       {principal.policies.get(), principal.session_policy.get(), resource.policy.get()}) {
    if (set == nullptr) continue;
    for (const policy::Policy& policy : set->policies()) {
      for (const policy::Statement& statement : policy.document.statements) {
        if (!is_about(statement, action)) continue;
        for (const ConditionTest& test : statement.conditions) look_at(test);
      }
    }
  }
  if (principal.grants) asks_address = add_grants(out, *principal.grants) || asks_address;
  if (principal.not_before != Instant{}) add_bound(out.times, principal.not_before);
  if (principal.not_after != Instant{}) add_bound(out.times, principal.not_after);
  if (!asks_address) out.addresses = {"192.0.2.1"};
  make_unique(out.addresses);
  make_unique(out.times);
  make_unique(out.gateways);
  if (stands_for_several(principal)) {
    for (const std::string& rule : rules) of_asker.push_back({.text = rule, .wildcards = true});
    SR_TRY(out.askers, distinct_texts(of_asker, askers_of(principal)));
  }
  SR_TRY(out.tags, tag_ranges(patterns));
  if (out.count() <= limits::kAnalysisRangesMax) return out;
  return fail(ErrorKind::kInvalidInput, "TooManyConditions",
              "The policies of " + principal.arn +
                  " divide requests into too many ranges of address, time and tags to try them "
                  "all.");
}

}  // namespace strongroom::access
