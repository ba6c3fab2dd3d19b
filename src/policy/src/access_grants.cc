#include "strongroom/policy/access_grants.h"

#include <algorithm>
#include <utility>

#include "strongroom/policy/pattern.h"
#include "strongroom/policy/values.h"

namespace strongroom::policy {
namespace {

bool on_path(NetworkType type, std::string_view scope) {
  return (type == NetworkType::kPrivate) == (scope != kSharedScope);
}

std::uint8_t role_for(const AccessQuery& query) {
  const bool shared = query.scope == kSharedScope;
  if (query.use == AccessUse::kSecretValue) return shared ? kSecretUser : kCryptoServiceSecretUser;
  return shared ? 0 : kCryptoServiceKeyUser;  // client keys use keys on instances only
}

}  // namespace

struct AccessGrants::Compiled {
  std::vector<Network> networks;  // those of the scope's path
  std::vector<Pattern> resources;
};

AccessGrants::AccessGrants() = default;
AccessGrants::~AccessGrants() = default;

std::string_view to_text(AccessRefusal refusal) {
  switch (refusal) {
    case AccessRefusal::kNone:
      return "none";
    case AccessRefusal::kScope:
      return "scope";
    case AccessRefusal::kAddress:
      return "address";
    case AccessRefusal::kRole:
      return "role";
    case AccessRefusal::kResource:
      return "resource";
  }
  return "none";
}

std::shared_ptr<const AccessGrants> AccessGrants::compile(std::vector<AccessPolicy> policies) {
  std::shared_ptr<AccessGrants> grants(new AccessGrants);
  for (const AccessPolicy& policy : policies) {
    Compiled& compiled = grants->compiled_.emplace_back();
    for (const std::string& resource : policy.resources) {
      compiled.resources.emplace_back(resource, false);
    }
    for (const AccessNetwork& network : policy.networks) {
      if (!on_path(network.type, policy.scope)) continue;
      for (const std::string& source : network.sources) {
        if (const auto parsed = parse_network(source)) compiled.networks.push_back(*parsed);
      }
    }
  }
  grants->policies_ = std::move(policies);
  return grants;
}

AccessDecision AccessGrants::decide(const AccessQuery& query) const {
  AccessDecision decision;
  const auto refuse = [&decision](AccessRefusal refusal) {
    decision.refusal = std::max(decision.refusal, refusal);
  };
  const auto source = parse_address(query.source);
  const std::uint8_t role = role_for(query);
  for (std::size_t i = 0; i < policies_.size(); ++i) {
    const AccessPolicy& policy = policies_[i];
    if (policy.scope != query.scope) continue;
    const auto holds = [&source](const Network& network) { return network.holds(*source); };
    if (policy.restricted && (!source || std::ranges::none_of(compiled_[i].networks, holds))) {
      refuse(AccessRefusal::kAddress);
    } else if ((policy.roles & role) == 0) {
      refuse(AccessRefusal::kRole);
    } else if (!query.resource.empty() &&
               std::ranges::none_of(compiled_[i].resources, [&query](const Pattern& pattern) {
                 return pattern.matches(query.resource);
               })) {
      refuse(AccessRefusal::kResource);
    } else {
      return {.allowed = true, .policy = policy.name, .refusal = AccessRefusal::kNone};
    }
  }
  return decision;
}

}  // namespace strongroom::policy
