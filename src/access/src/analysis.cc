#include "strongroom/access/analysis.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>

#include "analysis_ranges.h"
#include "strongroom/access/request_tags.h"

namespace strongroom::access {
namespace {

using identity::Principal;

class ResourceTags final : public TagSource {
 public:
  explicit ResourceTags(const Resource& resource) : resource_(resource) {}
  std::optional<std::string_view> tag(std::string_view folded_name,
                                      std::size_t index) const override {
    for (const auto& [name, value] : resource_.tags) {
      if (policy::fold_case(name) == folded_name && index-- == 0) return value;
    }
    return std::nullopt;
  }

 private:
  const Resource& resource_;
};

policy::ConditionList tags_of_request(std::string_view action, const Circumstances& circumstances) {
  policy::ConditionList out;
  if (!sets_tags(action)) return out;
  for (const auto& [name, value] : circumstances.request_tags) {
    out.add(std::string(kRequestTagKey) + name, value);
  }
  return out;
}

/// One decision; the principal's second factor is that of the circumstances.
Verdict decide_once(Principal& principal, std::string_view action, const Resource& resource,
                    const Circumstances& circumstances) {
  // Gateways check this with the signature, before anything is decided.
  const bool ended = principal.not_after != Instant{} && circumstances.now >= principal.not_after;
  if (ended || circumstances.now < principal.not_before) {
    return {.decision = {}, .source = Source::kAccessPoint};
  }
  principal.mfa_present = circumstances.mfa_present;
  if (!circumstances.asker.empty()) principal.arn = circumstances.asker;
  const CallFacts facts{circumstances.now, circumstances.source_ip, circumstances.secure_transport,
                        circumstances.gateway};
  const ResourceTags tags(resource);
  const policy::ConditionList more = tags_of_request(action, circumstances);
  const RequestConditions conditions(facts, principal, &tags, &more);
  const std::string_view resources[] = {resource.arn};
  return decide(principal, {.action = action, .resources = resources, .context = &conditions},
                {.owner = resource.owner, .resource_policy = resource.policy.get()});
}

using Visitor = std::function<void(const Circumstances&)>;

/// Counts through the values of all tags, as through the digits of a number.
void for_each_tagging(const std::vector<TagRange>& tags, const Circumstances& untagged,
                      const Visitor& visit) {
  std::vector<std::size_t> digits(tags.size(), 0);
  std::size_t at = 0;
  do {
    Circumstances one = untagged;
    for (std::size_t i = 0; i < tags.size(); ++i) {
      const auto& value = tags[i].values[digits[i]];
      if (value) one.request_tags.emplace_back(tags[i].name, *value);
    }
    visit(one);
    for (at = 0; at < tags.size() && ++digits[at] == tags[at].values.size(); ++at) digits[at] = 0;
  } while (at < tags.size());
}

void for_each(const Ranges& ranges, const Visitor& visit) {
  for (const std::string& address : ranges.addresses) {
    for (const Instant time : ranges.times) {
      for (const bool secure : ranges.transports) {
        for (const bool factor : ranges.factors) {
          for (const std::string& gateway : ranges.gateways) {
            for (const std::string& asker : ranges.askers) {
              for_each_tagging(ranges.tags, {time, address, secure, factor, gateway, {}, asker},
                               visit);
            }
          }
        }
      }
    }
  }
}

/// The keys that alone change the answer somewhere: those with more than one value tried.
std::vector<std::string> keys_of(const Ranges& ranges) {
  std::vector<std::string> keys;
  if (ranges.addresses.size() > 1) keys.emplace_back("acs:SourceIp");
  if (ranges.times.size() > 1) keys.emplace_back("acs:CurrentTime");
  if (ranges.transports.size() > 1) keys.emplace_back("acs:SecureTransport");
  if (ranges.factors.size() > 1) keys.emplace_back("acs:MFAPresent");
  if (ranges.gateways.size() > 1) keys.emplace_back("gateway");
  if (ranges.askers.size() > 1) keys.emplace_back("acs:PrincipalARN");
  for (const TagRange& tag : ranges.tags) {
    if (tag.values.size() > 1) keys.push_back("acs:RequestTag/" + tag.name);
  }
  return keys;
}

Extent extent_of(std::size_t allowed, std::size_t all) {
  if (allowed == 0) return Extent::kNever;
  return allowed == all ? Extent::kAlways : Extent::kSometimes;
}

}  // namespace

std::string_view extent_name(Extent extent) {
  switch (extent) {
    case Extent::kNever:
      return "never";
    case Extent::kSometimes:
      return "sometimes";
    case Extent::kAlways:
      return "always";
  }
  return "";
}

bool stands_for_several(const Principal& principal) {
  return principal.arn.ends_with('*');
}

Extent Reach::furthest() const {
  Extent out = extent;
  for (const AskerReach& one : askers) out = std::max(out, one.extent);
  return out;
}

Result<Reach> reach(const Principal& principal, std::string_view action, const Resource& resource,
                    Instant now, std::span<const std::string> rules) {
  SR_TRY(const Ranges ranges, ranges_of(principal, action, resource, now, rules));
  Principal asking = principal;
  std::size_t allowed = 0;
  std::map<std::string, std::size_t, std::less<>> allowed_to;
  Reach out;
  for_each(ranges, [&](const Circumstances& circumstances) {
    if (!decide_once(asking, action, resource, circumstances).allowed()) return;
    if (++allowed == 1) out.example = circumstances;
    ++allowed_to[circumstances.asker];
  });
  if (stands_for_several(principal)) {
    const std::size_t each = ranges.count() / ranges.askers.size();
    for (const std::string& asker : ranges.askers) {
      out.askers.push_back({asker, extent_of(allowed_to[asker], each)});
    }
  }
  if (allowed == 0) return out;
  out.extent = extent_of(allowed, ranges.count());
  if (out.extent == Extent::kSometimes) out.depends_on = keys_of(ranges);
  return out;
}

Result<std::vector<Difference>> diff(std::span<const Principal> before,
                                     std::span<const Principal> after, const Scope& scope) {
  std::vector<std::pair<const Principal*, const Principal*>> pairs;
  for (const Principal& old : before) pairs.emplace_back(&old, nullptr);
  for (const Principal& fresh : after) {
    const auto twin = std::ranges::find_if(
        pairs, [&](const auto& pair) { return pair.first && pair.first->arn == fresh.arn; });
    if (twin == pairs.end()) {
      pairs.emplace_back(nullptr, &fresh);
    } else {
      twin->second = &fresh;
    }
  }
  std::vector<Difference> out;
  for (const auto& [old, fresh] : pairs) {
    for (const Resource& resource : scope.resources) {
      for (const std::string_view action : scope.actions) {
        Reach was;
        Reach is;
        if (old != nullptr) {
          SR_TRY(was, reach(*old, action, resource, scope.now));
        }
        if (fresh != nullptr) {
          SR_TRY(is, reach(*fresh, action, resource, scope.now));
        }
        if (was.extent == is.extent) continue;
        out.push_back({(old != nullptr ? old : fresh)->arn, std::string(action), resource.arn,
                       was.extent, is.extent});
      }
    }
  }
  return out;
}

// --- explain ---

namespace {

/// The voices of one decision, as lists that can be changed.
struct Voices {
  std::vector<policy::Policy> identity, session, resource;

  std::vector<policy::Policy>& of(Source source) {
    if (source == Source::kSession) return session;
    return source == Source::kResource ? resource : identity;
  }
};

std::vector<policy::Policy> policies_of(const policy::PolicySet* set) {
  if (set == nullptr) return {};
  return {set->policies().begin(), set->policies().end()};
}

std::string json_of(const policy::Statement& statement, policy::DocumentKind kind) {
  const std::string document = policy::to_json({.statements = {statement}, .kind = kind});
  const std::size_t from = document.find("\n  ") + 3;
  return document.substr(from, document.rfind('\n') - from);
}

/// An Allow for exactly this request.
policy::Statement grant(const Principal& principal, std::string_view action,
                        const Resource& resource, Source source) {
  policy::Statement statement{.effect = policy::Effect::kAllow,
                              .actions = {std::string(action)},
                              .resources = {resource.arn}};
  if (source != Source::kResource) return statement;
  statement.resources = {"*"};
  std::string id = principal.arn;
  constexpr std::string_view kSession = ":assumed-role/";
  if (const std::size_t at = id.find(kSession); at != std::string::npos) {
    const std::size_t name = at + kSession.size();
    id = id.substr(0, at) + ":role/" + id.substr(name, id.find('/', name) - name);
  }
  statement.principals = {{policy::PrincipalType::kRam, id}};
  return statement;
}

policy::DocumentKind kind_of(Source source) {
  if (source == Source::kSession) return policy::DocumentKind::kSession;
  return source == Source::kResource ? policy::DocumentKind::kResource
                                     : policy::DocumentKind::kIdentity;
}

/// Takes the statement that denied out of its policy.
Remedy remove_denial(const Verdict& verdict, Voices& voices) {
  Remedy remedy{.kind = Remedy::Kind::kRemoveStatement,
                .where = verdict.source,
                .policy = std::string(verdict.decision.policy_name),
                .statement = verdict.decision.statement + 1,
                .text = {}};
  for (policy::Policy& policy : voices.of(verdict.source)) {
    // Attached twice, to a user and its group: gone in both places.
    auto& statements = policy.document.statements;
    if (policy.name != verdict.decision.policy_name ||
        policy.type != verdict.decision.policy_type ||
        statements.size() <= verdict.decision.statement) {
      continue;
    }
    policy::Statement& denied = statements[verdict.decision.statement];
    if (remedy.text.empty()) remedy.text = json_of(denied, policy.document.kind);
    denied.actions.clear();  // the numbers of the others stay; without actions it fits nothing
    denied.not_actions = false;
  }
  return remedy;
}

Principal with_voices(const Principal& principal, const Voices& voices) {
  Principal out = principal;
  out.policies = policy::PolicySet::compile(voices.identity);
  if (principal.session_policy) out.session_policy = policy::PolicySet::compile(voices.session);
  return out;
}

void add_findings(std::vector<Finding>& out, Source source, const policy::PolicySet* set,
                  const policy::Query& query) {
  if (set == nullptr) return;
  for (const policy::Fit& fit : set->fits(query)) {
    if (!fit.action) continue;
    out.push_back({source, set->policies()[fit.policy].name, fit.statement + 1, fit});
  }
}

std::vector<Finding> findings_of(const Principal& principal, std::string_view action,
                                 const Resource& resource, const Circumstances& circumstances) {
  Principal asking = principal;
  asking.mfa_present = circumstances.mfa_present;
  if (!circumstances.asker.empty()) asking.arn = circumstances.asker;
  const CallFacts facts{circumstances.now, circumstances.source_ip, circumstances.secure_transport,
                        circumstances.gateway};
  const ResourceTags tags(resource);
  const policy::ConditionList more = tags_of_request(action, circumstances);
  const RequestConditions conditions(facts, asking, &tags, &more);
  const std::string_view resources[] = {resource.arn};
  const policy::Query query{.action = action,
                            .resources = resources,
                            .context = &conditions,
                            .principal = {policy::PrincipalType::kRam, asking.arn}};
  std::vector<Finding> out;
  add_findings(out, Source::kIdentity, asking.policies.get(), query);
  add_findings(out, Source::kSession, asking.session_policy.get(), query);
  add_findings(out, Source::kResource, resource.policy.get(), query);
  // Whole matches first, each group in its order.
  std::vector<Finding> ordered;
  ordered.reserve(out.size());
  const auto whole = [](const Finding& finding) { return finding.fit.whole(); };
  std::ranges::copy_if(out, std::back_inserter(ordered), whole);
  std::ranges::remove_copy_if(out, std::back_inserter(ordered), whole);
  return ordered;
}

}  // namespace

Explanation explain(const Principal& principal, std::string_view action, const Resource& resource,
                    const Circumstances& circumstances) {
  Principal asking = principal;
  Explanation out{.verdict = decide_once(asking, action, resource, circumstances),
                  .findings = findings_of(principal, action, resource, circumstances),
                  .remedies = {}};
  Voices voices{policies_of(principal.policies.get()), policies_of(principal.session_policy.get()),
                policies_of(resource.policy.get())};
  Principal changed = principal;
  Resource target = resource;
  Verdict verdict = out.verdict;
  constexpr std::size_t kStepsMax = 1'000;  // a denial and a grant for each voice come far earlier
  while (!verdict.allowed() && out.remedies.size() < kStepsMax) {
    if (verdict.source == Source::kAccessPoint) break;  // no policy statement changes that
    if (verdict.decision.outcome == policy::Outcome::kExplicitDeny) {
      out.remedies.push_back(remove_denial(verdict, voices));
    } else if (principal.kind == identity::PrincipalKind::kAnonymous ||
               principal.kind == identity::PrincipalKind::kClientKey ||
               principal.kind == identity::PrincipalKind::kSystem) {
      break;  // has no policies to change
    } else {
      const policy::DocumentKind kind = kind_of(verdict.source);
      policy::Statement statement = grant(principal, action, resource, verdict.source);
      out.remedies.push_back({.kind = Remedy::Kind::kAddStatement,
                              .where = verdict.source,
                              .policy = {},
                              .statement = 0,
                              .text = json_of(statement, kind)});
      voices.of(verdict.source)
          .push_back({.name = "added",
                      .type = "Custom",
                      .document = {.statements = {std::move(statement)}, .kind = kind}});
    }
    changed = with_voices(principal, voices);
    target.policy = policy::PolicySet::compile(voices.resource);
    verdict = decide_once(changed, action, target, circumstances);
  }
  return out;
}

}  // namespace strongroom::access
