#pragma once
// Everybody of one account and who may become whom, and rules about what they may reach together:
// "nobody but these may do this there", also not by way of a role. Pure; one thread.

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "strongroom/access/analysis.h"

namespace strongroom::access {

class World {
 public:
  /// `now` is the time that is tried where no policy asks for it.
  explicit World(Instant now) : now_(now) {}

  void add(identity::Principal principal);
  /// The sessions of a role (analysis.h: their ARN ends with '*'), and who may make one. What
  /// cannot be settled here, such as an external id, is taken to be given. Identities from outside
  /// the account that the trust policy names become principals that can do nothing but this.
  void add_role(identity::Principal session, std::string arn, policy::Document trust);

  std::span<const identity::Principal> principals() const { return principals_; }

  /// Who may make a session of `role` (its number in principals()) without assuming another first.
  struct Assumer {
    std::size_t who;
    Extent extent;
  };
  Result<std::vector<Assumer>> assumers(std::size_t role) const;

  /// How far each principal may become `role`, over as many roles as it takes. kNever for the role
  /// itself. Found out once for each role.
  Result<std::span<const Extent>> ways_to(std::size_t role);

 private:
  struct Role {
    Resource trusting;  // with the trust policy as its resource policy
    std::vector<std::size_t> outsiders;
  };
  std::size_t outsider(const policy::PrincipalElement& element);

  Instant now_;
  std::vector<identity::Principal> principals_;
  std::map<std::size_t, Role> roles_;
  std::map<std::size_t, std::vector<Extent>> ways_;
};

/// "Only these principals may do this on those resources": patterns with '*' and '?'.
struct Invariant {
  std::vector<std::string> principals;  // of ARNs, alternatives
  std::string action;
  std::string resources;  // of ARNs
};
/// "only <principals> may <action> on <resources>", patterns without blanks, those of principals
/// separated by commas. kInvalidInput (MalformedInvariant).
Result<Invariant> parse_invariant(std::string_view line);

/// The reaches that break one of the rules, each once, up to `most` of them: before = never, after
/// = what is possible, by way of which role. Of a principal that stands for several those count
/// whom a rule does not name; where they are not all, one of them is told. The account's root,
/// which may do all, breaks nothing. Looks no further than the last that it tells.
Result<std::vector<Difference>> violations(std::span<const Invariant> rules, World& world,
                                           const Scope& scope, std::size_t most);

/// Rules that are about one action on one resource.
using RuleRefs = std::span<const Invariant* const>;

/// How far each principal reaches one thing, itself or over roles, by ARN; whoever does not is not
/// in it. The ARNs are the world's. Of a principal that stands for several, those whom every one of
/// `rules` names do not count; with no rules, all do.
using Reaches = std::unordered_map<std::string_view, Extent>;
Result<Reaches> reaches(World& world, std::string_view action, const Resource& resource,
                        Instant now, RuleRefs rules = {});

/// The same in the world before a change.
using ReachesBefore = std::function<Result<Reaches>(std::string_view action,
                                                    const Resource& resource, RuleRefs rules)>;

/// A reach that breaks one of the rules and did not go as far before, if there is one. `before` is
/// asked where a rule is broken, and of one thing at a time: nothing is kept of either world.
Result<std::optional<Difference>> newly_broken(std::span<const Invariant> rules, World& world,
                                               const Scope& scope, const ReachesBefore& before);

}  // namespace strongroom::access
