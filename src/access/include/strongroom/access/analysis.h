#pragma once
// Questions about all policies at once: who can, what can, what changes, why not. Pure;
// thread-safe. Rules that must always hold: world.h.
//
// Answers are exact for what a request may bring with it: source address, time, TLS, the second
// factor, the gateway that is asked and the tags that it sets are the only conditions that are not
// settled by principal and resource; policies, access points and network rules divide each of them
// into finitely many ranges, of which every one is tried. A tag that is compared as a number, a
// time or an address is tried at the bounds.
//
// A principal whose ARN ends with '*' stands for several: all sessions of a role, whose names are
// chosen by whoever assumes it ("acs:ram::<account>:assumed-role/<role>/*"), or all of another
// account. Who of them asks is one more range, divided by acs:PrincipalARN.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/access/access.h"
#include "strongroom/access/request_conditions.h"
#include "strongroom/identity/principal.h"
#include "strongroom/policy/policy.h"

namespace strongroom::access {

/// A secret or key, or any other ARN, as a decision sees it.
struct Resource {
  std::string arn;
  AccountId owner;
  std::vector<std::pair<std::string, std::string>> tags = {};
  std::shared_ptr<const policy::PolicySet> policy = nullptr;  // null: the default one
};

enum class Extent : std::uint8_t {
  kNever,      // no request of this principal
  kSometimes,  // some: it depends on address, time, TLS or second factor
  kAlways,     // every one
};
/// "never", "sometimes", "always".
std::string_view extent_name(Extent extent);

/// One request's circumstances, owned.
struct Circumstances {
  Instant now;
  std::string source_ip;
  bool secure_transport = true;
  bool mfa_present = false;
  std::string gateway = "shared";  // or the id of a KMS instance
  // Names and values of the tags that it sets; only where sets_tags() of the action.
  std::vector<std::pair<std::string, std::string>> request_tags = {};
  std::string asker = {};  // the ARN of who asks, where the principal stands for several
};

/// True if its ARN ends with '*'.
bool stands_for_several(const identity::Principal& principal);

/// How far one of those goes for whom a principal stands, and whoever is not told apart from it.
struct AskerReach {
  std::string arn;
  Extent extent = Extent::kNever;
};

struct Reach {
  Extent extent = Extent::kNever;
  std::vector<std::string> depends_on = {};   // condition keys and "gateway", if kSometimes
  std::optional<Circumstances> example = {};  // of an allowed request, unless kNever
  std::vector<AskerReach> askers = {};        // if the principal stands for several: at least one
  /// The furthest that one of the askers goes: of who may choose which one it is.
  Extent furthest() const;
};

/// May `principal` do `action` on `resource`, over all requests? `now` is the time that is tried
/// where no policy asks for it. `rules` are patterns of ARNs that tell askers apart besides the
/// policies. Too many ranges (limits::kAnalysisRangesMax) are kInvalidInput.
Result<Reach> reach(const identity::Principal& principal, std::string_view action,
                    const Resource& resource, Instant now, std::span<const std::string> rules = {});

/// What one rule of a decision says about a request.
struct Finding {
  Source source = Source::kIdentity;
  std::string policy;
  std::uint32_t statement = 0;  // from 1
  policy::Fit fit;
};

/// One step towards an allowed request.
struct Remedy {
  enum class Kind : std::uint8_t { kRemoveStatement, kAddStatement };
  Kind kind = Kind::kAddStatement;
  Source where = Source::kIdentity;
  std::string policy;           // kRemoveStatement: which one
  std::uint32_t statement = 0;  // kRemoveStatement: from 1
  std::string text;             // kAddStatement: the statement; kRemoveStatement: what it says
};

struct Explanation {
  Verdict verdict;
  std::vector<Finding> findings;  // statements about the action, those that fit wholly first
  std::vector<Remedy> remedies;   // all of them together, and no fewer, allow the request
};

/// Why the request is decided as it is. A principal that stands for several needs an asker.
Explanation explain(const identity::Principal& principal, std::string_view action,
                    const Resource& resource, const Circumstances& circumstances);

/// A difference between two worlds.
struct Difference {
  std::string principal;  // ARN
  std::string action;
  std::string resource;
  Extent before = Extent::kNever;
  Extent after = Extent::kNever;
  std::string via = {};  // the ARN of the role that is assumed for it, or empty
};

/// What is asked about.
struct Scope {
  std::span<const std::string_view> actions;
  std::span<const Resource> resources;
  Instant now;
};

/// Every (principal, action, resource) whose extent differs. Principals are paired by ARN; one that
/// is missing on a side can do nothing there.
Result<std::vector<Difference>> diff(std::span<const identity::Principal> before,
                                     std::span<const identity::Principal> after,
                                     const Scope& scope);

}  // namespace strongroom::access
