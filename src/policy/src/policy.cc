#include "strongroom/policy/policy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "condition.h"
#include "index.h"
#include "principal.h"

#include "strongroom/base/ascii.h"

namespace strongroom::policy {
namespace {

// Longer than any action the product knows; a longer one can only be matched through patterns
// that do not need its tail, so it is refused instead (implicit deny).
constexpr std::size_t kActionBytesMax = 128;

/// An action in lower case, without an allocation.
class FoldedAction {
 public:
  explicit FoldedAction(std::string_view action) : size_(action.size()) {
    if (!fits()) return;
    std::ranges::transform(action, bytes_.begin(), lower1);
  }
  bool fits() const { return size_ <= bytes_.size(); }
  std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::size_t size_;
  std::array<char, kActionBytesMax> bytes_;
};

/// Where a statement stands.
struct Place {
  std::uint32_t policy;
  std::uint32_t statement;
  DocumentKind kind;
};

/// The condition keys of a set, folded, in the order in which they first come.
using Keys = std::vector<std::string>;

std::uint32_t number_of(Keys& keys, const std::string& key) {
  std::string folded = fold_case(key);
  const auto found = std::ranges::find(keys, folded);
  if (found != keys.end()) return static_cast<std::uint32_t>(found - keys.begin());
  if (keys.size() == kKeysKept) return kKeysKept;
  keys.push_back(std::move(folded));
  return static_cast<std::uint32_t>(keys.size() - 1);
}

struct Compiled {
  Compiled(const Statement& source, const Place& place, Keys& keys);

  bool fits_resource(std::span<const std::string_view> texts) const;
  bool fits_principal(const PrincipalName& name) const;
  bool fits_conditions(RequestValues& request) const;
  /// Everything but the action.
  bool applies(const Query& query, RequestValues& request) const {
    return fits_resource(query.resources) && fits_principal(query.principal) &&
           fits_conditions(request);
  }

  std::uint32_t policy;
  std::uint32_t statement;
  Effect effect;
  bool not_resources;
  ActionElement action;
  std::vector<Pattern> resources;
  std::vector<PrincipalPattern> principals;
  std::vector<Condition> conditions;
};

Compiled::Compiled(const Statement& source, const Place& place, Keys& keys)
    : policy(place.policy),
      statement(place.statement),
      effect(source.effect),
      not_resources(source.not_resources) {
  action.negated = source.not_actions;
  for (const std::string& text : source.actions) action.patterns.emplace_back(text, true);
  for (const std::string& text : source.resources) resources.emplace_back(text, false);
  // What a trust policy is about goes without saying.
  if (place.kind == DocumentKind::kTrust && resources.empty()) resources.emplace_back("*", false);
  for (const PrincipalElement& one : source.principals) principals.emplace_back(one, place.kind);
  for (const ConditionTest& test : source.conditions) {
    conditions.emplace_back(test, number_of(keys, test.key));
  }
}

bool Compiled::fits_resource(std::span<const std::string_view> texts) const {
  for (const std::string_view text : texts) {
    const auto fits = [text](const Pattern& pattern) { return pattern.matches(text); };
    if (std::ranges::any_of(resources, fits) != not_resources) return true;
  }
  return false;
}

bool Compiled::fits_principal(const PrincipalName& name) const {
  return principals.empty() || std::ranges::any_of(principals, [&](const PrincipalPattern& one) {
           return one.matches(name);
         });
}

bool Compiled::fits_conditions(RequestValues& request) const {
  return std::ranges::all_of(conditions, [&](const Condition& one) { return one.holds(request); });
}

}  // namespace

struct PolicySet::Impl {
  std::vector<Policy> policies;
  std::vector<Compiled> statements;  // denies first, then in the order of the documents
  ActionIndex index;                 // empty for small sets

  void add(Effect effect, Keys& keys);
  Decision decided(const Compiled& statement) const;
};

void PolicySet::Impl::add(Effect effect, Keys& keys) {
  for (std::uint32_t p = 0; p < policies.size(); ++p) {
    const Document& document = policies[p].document;
    for (std::uint32_t s = 0; s < document.statements.size(); ++s) {
      const Statement& statement = document.statements[s];
      if (statement.effect == effect)
        statements.emplace_back(statement, Place{p, s, document.kind}, keys);
    }
  }
}

Decision PolicySet::Impl::decided(const Compiled& statement) const {
  const Policy& policy = policies[statement.policy];
  const bool deny = statement.effect == Effect::kDeny;
  return {.outcome = deny ? Outcome::kExplicitDeny : Outcome::kAllow,
          .policy_name = policy.name,
          .policy_type = policy.type,
          .policy_version = policy.version,
          .statement = statement.statement};
}

PolicySet::PolicySet() : impl_(std::make_unique<Impl>()) {}
PolicySet::~PolicySet() = default;

std::span<const Policy> PolicySet::policies() const {
  return impl_->policies;
}

std::shared_ptr<const PolicySet> PolicySet::compile(std::vector<Policy> policies) {
  auto set = std::make_shared<PolicySet>();
  Impl& impl = *set->impl_;
  impl.policies = std::move(policies);
  Keys keys;
  impl.add(Effect::kDeny, keys);
  impl.add(Effect::kAllow, keys);
  if (impl.statements.size() >= ActionIndex::kStatementsMin) {
    std::vector<const ActionElement*> actions;
    for (const Compiled& statement : impl.statements) actions.push_back(&statement.action);
    impl.index = ActionIndex(actions);
  }
  return set;
}

Decision PolicySet::evaluate(const Query& query) const {
  const FoldedAction action(query.action);
  if (!action.fits()) return {};
  RequestValues request(query.context);
  if (impl_->index.empty()) {
    for (const Compiled& statement : impl_->statements) {
      if (statement.action.fits(action.text()) && statement.applies(query, request))
        return impl_->decided(statement);
    }
    return {};
  }
  const ActionIndex::Candidates candidates = impl_->index.find(action.text());
  for (std::size_t word = 0; word < candidates.bits.size(); ++word) {
    for (std::uint64_t bits = candidates.bits[word]; bits != 0; bits &= bits - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(bits));
      const Compiled& statement = impl_->statements[word * 64 + bit];
      if (!candidates.exact && !statement.action.fits(action.text())) continue;
      if (statement.applies(query, request)) return impl_->decided(statement);
    }
  }
  return {};
}

std::vector<Fit> PolicySet::fits(const Query& query) const {
  const FoldedAction action(query.action);
  RequestValues request(query.context);
  std::vector<Fit> out;
  for (const Compiled& statement : impl_->statements) {
    out.push_back({.policy = statement.policy,
                   .statement = statement.statement,
                   .effect = statement.effect,
                   .action = action.fits() && statement.action.fits(action.text()),
                   .resource = statement.fits_resource(query.resources),
                   .principal = statement.fits_principal(query.principal),
                   .conditions = statement.fits_conditions(request)});
  }
  std::ranges::sort(out, {}, [](const Fit& fit) { return std::pair(fit.policy, fit.statement); });
  return out;
}

}  // namespace strongroom::policy
