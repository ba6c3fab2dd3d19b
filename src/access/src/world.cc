#include "strongroom/access/world.h"

#include <algorithm>
#include <iterator>
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

bool names(const Invariant& rule, std::string_view arn) {
  return std::ranges::any_of(rule.principals, [arn](const std::string& pattern) {
    return policy::wildcard_match(pattern, arn, false);
  });
}

/// How far one thing on one resource is reached, by whom: own reach and the best way over a role.
struct Reached {
  Extent extent = Extent::kNever;
  std::string via = {};
  /// Of a principal that stands for several: one whom not every rule names, with those that no
  /// policy and no rule tells apart from it; empty if there is none, or all are alike.
  std::string who = {};
  bool named = false;  // every rule names all whom the principal is or stands for
};

/// What is asked of one action on one resource.
struct Asked {
  std::string_view action;
  const Resource& resource;
  Instant now;
  RuleRefs rules;

  /// Those patterns by which rules tell askers apart.
  std::vector<std::string> patterns() const {
    std::vector<std::string> out;
    for (const Invariant* rule : rules) {
      out.insert(out.end(), rule->principals.begin(), rule->principals.end());
    }
    return out;
  }
  bool is_named(std::string_view arn) const {
    return !rules.empty() &&
           std::ranges::all_of(rules, [arn](const Invariant* rule) { return names(*rule, arn); });
  }
  /// Of those whom not every rule names: how far they go together, and who goes furthest.
  Reached of_several(const Reach& own) const {
    Reached out{.named = true};
    Extent best = Extent::kNever;
    bool all_alike = true;
    bool all_always = true;
    for (const AskerReach& one : own.askers) {
      all_alike = all_alike && one.extent == own.askers.front().extent;
      if (is_named(one.arn)) {
        all_alike = false;
        continue;
      }
      all_always = all_always && one.extent == Extent::kAlways;
      if (out.named || one.extent > best) {
        best = one.extent;
        out.who = one.arn;
      }
      out.named = false;
    }
    if (best != Extent::kNever) out.extent = all_always ? Extent::kAlways : Extent::kSometimes;
    if (all_alike) out.who.clear();
    return out;
  }
};

/// A role whose sessions reach what is asked: how far one goes whose name was chosen for it.
struct Way {
  std::size_t role;
  Extent extent;
};

Result<std::vector<Reached>> reached_by(World& world, const Asked& asked) {
  const auto principals = world.principals();
  const std::vector<std::string> patterns = asked.patterns();
  std::vector<Reached> out(principals.size());
  std::vector<Way> roles;
  for (std::size_t i = 0; i < principals.size(); ++i) {
    if (owns(principals[i], asked.resource)) continue;
    SR_TRY(const Reach own,
           reach(principals[i], asked.action, asked.resource, asked.now, patterns));
    if (stands_for_several(principals[i])) {
      out[i] = asked.of_several(own);
    } else {
      out[i] = {.extent = own.extent, .named = asked.is_named(principals[i].arn)};
    }
    if (own.extent != Extent::kNever && principals[i].kind == PrincipalKind::kRole) {
      roles.push_back({i, own.furthest()});
    }
  }
  for (const Way& way : roles) {
    SR_TRY(const std::span<const Extent> ways, world.ways_to(way.role));
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const Extent extent = std::min(ways[i], way.extent);
      if (out[i].named || extent <= out[i].extent) continue;
      out[i].extent = extent;
      out[i].via = principals[way.role].arn;
    }
  }
  return out;
}

/// One thing that rules are about, and how far each principal reaches it.
struct Judged {
  std::string_view action;
  const Resource& resource;
  RuleRefs rules;
  std::span<const Principal> principals;
  std::span<const Reached> found;

  bool is_broken_by(std::size_t who) const {
    return found[who].extent != Extent::kNever && !found[who].named &&
           !owns(principals[who], resource);
  }
  Difference difference(std::size_t who, Extent before) const {
    return {.principal = found[who].who.empty() ? principals[who].arn : found[who].who,
            .action = std::string(action),
            .resource = resource.arn,
            .before = before,
            .after = found[who].extent,
            .via = found[who].via};
  }
};

using Pointers = std::vector<const Invariant*>;

template <class Concerns>
Pointers those_of(RuleRefs rules, const Concerns& concerns) {
  Pointers out;
  std::ranges::copy_if(rules, std::back_inserter(out), concerns);
  return out;
}

/// Everything in the scope that a rule is about, one by one, until `visit` says false.
using Visit = std::function<Result<bool>(const Judged&)>;
Result<void> judge_each(std::span<const Invariant> rules, World& world, const Scope& scope,
                        const Visit& visit) {
  Pointers all;
  for (const Invariant& rule : rules) all.push_back(&rule);
  for (const Resource& resource : scope.resources) {
    const Pointers here = those_of(all, [&resource](const Invariant* rule) {
      return policy::wildcard_match(rule->resources, resource.arn, false);
    });
    if (here.empty()) continue;
    for (const std::string_view action : scope.actions) {
      const Pointers asked = those_of(here, [action](const Invariant* rule) {
        return policy::wildcard_match(rule->action, action, true);
      });
      if (asked.empty()) continue;
      SR_TRY(const std::vector<Reached> found,
             reached_by(world, {action, resource, scope.now, asked}));
      SR_TRY(const bool go_on, visit({action, resource, asked, world.principals(), found}));
      if (!go_on) return {};
    }
  }
  return {};
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

Result<std::vector<Difference>> violations(std::span<const Invariant> rules, World& world,
                                           const Scope& scope, std::size_t most) {
  std::vector<Difference> out;
  if (most == 0) return out;
  SR_CHECK_OK(judge_each(rules, world, scope, [&](const Judged& judged) -> Result<bool> {
    for (std::size_t i = 0; i < judged.found.size() && out.size() < most; ++i) {
      if (judged.is_broken_by(i)) out.push_back(judged.difference(i, Extent::kNever));
    }
    return out.size() < most;
  }));
  return out;
}

Result<Reaches> reaches(World& world, std::string_view action, const Resource& resource,
                        Instant now, RuleRefs rules) {
  SR_TRY(const std::vector<Reached> found, reached_by(world, {action, resource, now, rules}));
  Reaches out;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].extent == Extent::kNever) continue;
    // The client keys of one access point share its ARN.
    Extent& furthest = out[world.principals()[i].arn];
    furthest = std::max(furthest, found[i].extent);
  }
  return out;
}

Result<std::optional<Difference>> newly_broken(std::span<const Invariant> rules, World& world,
                                               const Scope& scope, const ReachesBefore& before) {
  std::optional<Difference> out;
  SR_CHECK_OK(judge_each(rules, world, scope, [&](const Judged& judged) -> Result<bool> {
    std::optional<Reaches> known;
    for (std::size_t i = 0; i < judged.found.size(); ++i) {
      if (!judged.is_broken_by(i)) continue;
      if (!known) {
        SR_TRY(known, before(judged.action, judged.resource, judged.rules));
      }
      const auto then = known->find(judged.principals[i].arn);
      const Extent extent = then == known->end() ? Extent::kNever : then->second;
      if (extent >= judged.found[i].extent) continue;
      out = judged.difference(i, extent);
      return false;
    }
    return true;
  }));
  return out;
}

}  // namespace strongroom::access
