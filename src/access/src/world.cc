#include "strongroom/access/world.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "strongroom/policy/pattern.h"

namespace strongroom::access {
namespace {

using identity::Principal;
using identity::PrincipalKind;

constexpr std::string_view kAssume = "sts:AssumeRole";

bool is_open(const policy::ConditionTest& test) {
  const std::string key = policy::fold_case(test.key);
  return key == "sts:externalid" || key.starts_with("oidc:") || key.starts_with("saml:");
}

// What whoever assumes the role chooses freely: an allowance gets it right, a denial never meets
// it.
void settle_open_conditions(policy::Document& trust) {
  std::erase_if(trust.statements, [](const policy::Statement& statement) {
    return statement.effect == policy::Effect::kDeny &&
           std::ranges::any_of(statement.conditions, is_open);
  });
  for (policy::Statement& statement : trust.statements) {
    std::erase_if(statement.conditions, is_open);
  }
}

bool signs_for_sessions(const Principal& who) {
  return who.kind == PrincipalKind::kUser || who.kind == PrincipalKind::kRole;
}

// Whom no policy bounds there.
bool owns(const Principal& who, const Resource& resource) {
  return who.kind == PrincipalKind::kRoot && who.account == resource.owner;
}

bool is_exempt(const Invariant& invariant, const Principal& who, const Resource& resource) {
  return owns(who, resource) ||
         std::ranges::any_of(invariant.principals, [&who](const std::string& pattern) {
           return policy::wildcard_match(pattern, who.arn, false);
         });
}

/// How far one thing on one resource is reached, by whom: own reach and the best way over a role.
struct Reached {
  Extent extent = Extent::kNever;
  std::string via = {};
};

Result<std::vector<Reached>> reached_by(World& world, std::string_view action,
                                        const Resource& resource, Instant now) {
  const auto principals = world.principals();
  std::vector<Reached> out(principals.size());
  std::vector<std::size_t> roles;
  for (std::size_t i = 0; i < principals.size(); ++i) {
    if (owns(principals[i], resource)) continue;
    SR_TRY(const Reach own, reach(principals[i], action, resource, now));
    out[i].extent = own.extent;
    if (own.extent != Extent::kNever && principals[i].kind == PrincipalKind::kRole) {
      roles.push_back(i);
    }
  }
  std::vector<Extent> direct;
  for (const Reached& one : out) direct.push_back(one.extent);
  for (const std::size_t role : roles) {
    SR_TRY(const std::span<const Extent> ways, world.ways_to(role));
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const Extent extent = std::min(ways[i], direct[role]);
      if (extent <= out[i].extent) continue;
      out[i] = {extent, principals[role].arn};
    }
  }
  return out;
}

}  // namespace

void World::add(Principal principal) {
  principals_.push_back(std::move(principal));
}

std::size_t World::outsider(const policy::PrincipalElement& element) {
  const auto known = std::ranges::find(principals_, element.id, &Principal::arn);
  if (known != principals_.end()) {
    return static_cast<std::size_t>(known - principals_.begin());
  }
  Principal one;
  one.kind = PrincipalKind::kAnonymous;
  one.id = one.name = one.arn = element.id;
  principals_.push_back(std::move(one));
  return principals_.size() - 1;
}

void World::add_role(Principal session, std::string arn, policy::Document trust) {
  settle_open_conditions(trust);
  Role role{.trusting = {.arn = std::move(arn), .owner = session.account}, .outsiders = {}};
  const std::string ours = "acs:ram::" + session.account.text() + ":";
  const std::size_t number = principals_.size();
  principals_.push_back(std::move(session));
  for (const policy::Statement& statement : trust.statements) {
    if (statement.effect != policy::Effect::kAllow) continue;
    for (const policy::PrincipalElement& element : statement.principals) {
      const bool local =
          element.type == policy::PrincipalType::kRam && element.id.starts_with(ours);
      if (!local) role.outsiders.push_back(outsider(element));
    }
  }
  role.trusting.policy = policy::PolicySet::compile(
      {{.name = "trust", .type = "Trust", .document = std::move(trust)}});
  roles_.emplace(number, std::move(role));
}

Result<std::vector<World::Assumer>> World::assumers(std::size_t number) const {
  std::vector<Assumer> out;
  const auto found = roles_.find(number);
  if (found == roles_.end()) return out;
  const Role& role = found->second;
  for (const std::size_t who : role.outsiders) out.push_back({who, Extent::kSometimes});
  Resource untrusting = role.trusting;
  untrusting.policy = nullptr;
  const auto nothing = policy::PolicySet::compile({});
  for (std::size_t i = 0; i < principals_.size(); ++i) {
    if (i == number || !signs_for_sessions(principals_[i])) continue;
    // Both sides must agree: its own right, and the trust policy alone.
    SR_TRY(const Reach own, reach(principals_[i], kAssume, untrusting, now_));
    if (own.extent == Extent::kNever) continue;
    Principal trusted = principals_[i];
    trusted.policies = nothing;
    SR_TRY(const Reach side, reach(trusted, kAssume, role.trusting, now_));
    if (side.extent != Extent::kNever) out.push_back({i, std::min(own.extent, side.extent)});
  }
  return out;
}

Result<std::span<const Extent>> World::ways_to(std::size_t role) {
  if (const auto known = ways_.find(role); known != ways_.end()) {
    return std::span<const Extent>(known->second);
  }
  std::vector<Extent> best(principals_.size(), Extent::kNever);
  best[role] = Extent::kAlways;
  // A principal is looked at again only if a better way to it was found: at most twice.
  std::vector<std::size_t> open{role};
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    SR_TRY(const std::vector<Assumer> from, assumers(at));
    for (const Assumer& one : from) {
      const Extent extent = std::min(one.extent, best[at]);
      if (extent <= best[one.who]) continue;
      best[one.who] = extent;
      open.push_back(one.who);
    }
  }
  best[role] = Extent::kNever;
  return std::span<const Extent>(ways_.emplace(role, std::move(best)).first->second);
}

Result<Invariant> parse_invariant(std::string_view line) {
  const auto split = [](std::string_view text, char separator) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(separator, at), text.size());
      if (end > at) out.emplace_back(text.substr(at, end - at));
      at = end + 1;
    }
    return out;
  };
  std::vector<std::string> words = split(line, ' ');
  if (words.size() != 6 || words[0] != "only" || words[2] != "may" || words[4] != "on") {
    return fail(ErrorKind::kInvalidInput, "MalformedInvariant",
                "A rule is: only <principals> may <action> on <resources>, such as \"only "
                "acs:ram::*:user/prod-* may kms:GetSecretValue on acs:kms:*:*:secret/prod/*\".");
  }
  return Invariant{split(words[1], ','), words[3], words[5]};
}

Result<std::vector<Difference>> violations(const Invariant& invariant, World& world,
                                           const Scope& scope) {
  std::vector<Difference> out;
  for (const Resource& resource : scope.resources) {
    if (!policy::wildcard_match(invariant.resources, resource.arn, false)) continue;
    for (const std::string_view action : scope.actions) {
      if (!policy::wildcard_match(invariant.action, action, true)) continue;
      SR_TRY(const std::vector<Reached> found, reached_by(world, action, resource, scope.now));
      for (std::size_t i = 0; i < found.size(); ++i) {
        const Principal& who = world.principals()[i];
        if (found[i].extent == Extent::kNever || is_exempt(invariant, who, resource)) continue;
        out.push_back({.principal = who.arn,
                       .action = std::string(action),
                       .resource = resource.arn,
                       .before = Extent::kNever,
                       .after = found[i].extent,
                       .via = found[i].via});
      }
    }
  }
  return out;
}

std::vector<Difference> newly_broken(std::span<const Difference> before,
                                     std::span<const Difference> after) {
  std::vector<Difference> out;
  for (const Difference& now : after) {
    const bool known = std::ranges::any_of(before, [&now](const Difference& then) {
      return then.principal == now.principal && then.action == now.action &&
             then.resource == now.resource && then.after >= now.after;
    });
    if (!known) out.push_back(now);
  }
  return out;
}

}  // namespace strongroom::access
