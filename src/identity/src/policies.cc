// Custom policies, and both kinds as RAM lists them.

#include "strongroom/identity/policies.h"

#include <algorithm>

#include "name_list.h"
#include "policy_rows.h"
#include "ram_rules.h"
#include "strongroom/base/limits.h"

namespace strongroom::identity {
namespace {

using barrier::RecordRef;
using barrier::Transaction;

constexpr Instant kSystemCreated{1'420'070'400'000};  // 2015-01-01, the API's own year
constexpr std::string_view kSystemMarker = "System:";

Result<std::size_t> attachments_of(barrier::Reader& reader, const PolicyRef& ref) {
  SR_TRY(const EntityList list, read_entities(reader, ref));
  return list.entities.size();
}

Result<PolicyFacts> custom_facts(barrier::Reader& reader, AccountId account,
                                 const CustomPolicy& policy) {
  SR_TRY(const std::size_t count, attachments_of(reader, {account, kCustomType, policy.name}));
  return PolicyFacts{.name = policy.name,
                     .type = std::string(kCustomType),
                     .description = policy.description,
                     .default_version = "v" + std::to_string(policy.default_version),
                     .attachments = count,
                     .tags = policy.tags,
                     .created = policy.created,
                     .updated = policy.updated};
}

Result<PolicyFacts> system_facts(barrier::Reader& reader, AccountId account,
                                 const policy::Policy& policy) {
  SR_TRY(const std::size_t count, attachments_of(reader, {account, kSystemType, policy.name}));
  return PolicyFacts{.name = policy.name,
                     .type = std::string(kSystemType),
                     .description = policy.description,
                     .default_version = policy.version,
                     .attachments = count,
                     .tags = {},
                     .created = kSystemCreated,
                     .updated = kSystemCreated};
}

std::vector<std::string> system_names() {
  std::vector<std::string> names;
  for (const policy::Policy& policy : policy::system_policies()) names.push_back(policy.name);
  std::ranges::sort(names);
  return names;
}

std::unexpected<Error> in_use(std::string_view what, std::string message) {
  return fail(ErrorKind::kConflict, "DeleteConflict.Policy." + std::string(what),
              std::move(message));
}

}  // namespace

Result<PolicyFacts> Policies::create(Transaction& txn, AccountId account, NewPolicy wanted,
                                     Instant now) {
  SR_CHECK_OK(check_policy_name(wanted.name));
  SR_CHECK_OK(check_description(wanted.description));
  SR_CHECK_OK(policy::parse_document(wanted.document, policy::DocumentKind::kIdentity));
  SR_TRY(const RecordRef taken, read_if_there(txn, policy_address(account, wanted.name)));
  if (taken) {
    return fail(ErrorKind::kConflict, "EntityAlreadyExists.Policy",
                "The policy does already EXIST. PolicyName: " + std::string(wanted.name));
  }
  SR_CHECK_OK(add_name(txn, {account, kPolicyList}, wanted.name,
                       {limits::kPoliciesPerAccountMax, "Policy"}, random_));
  CustomPolicy policy{.name = std::string(wanted.name),
                      .description = std::string(wanted.description),
                      .tags = std::move(wanted.tags),
                      .created = now,
                      .updated = now};
  policy.versions.push_back(
      {.number = 1, .document = std::string(wanted.document), .created = now, .is_default = true});
  put_custom(txn, account, policy, Uuid::generate(random_));
  return PolicyFacts{.name = policy.name,
                     .type = std::string(kCustomType),
                     .description = policy.description,
                     .default_version = "v1",
                     .attachments = 0,
                     .tags = policy.tags,
                     .created = now,
                     .updated = now};
}

Result<PolicyFacts> Policies::get(barrier::Reader& reader, const PolicyRef& ref) {
  SR_CHECK_OK(check_policy_type(ref.type));
  if (ref.type == kSystemType) {
    const policy::Policy* policy = policy::find_system_policy(ref.name);
    if (policy == nullptr) return std::unexpected(no_such_policy(ref));
    return system_facts(reader, ref.account, *policy);
  }
  SR_TRY(const HeldPolicy held, read_custom(reader, ref));
  return custom_facts(reader, ref.account, held.policy);
}

Result<PolicyPage> Policies::list(barrier::Reader& reader, const PolicyRef& of_type,
                                  std::string_view marker, std::size_t max) {
  if (!of_type.type.empty()) SR_CHECK_OK(check_policy_type(of_type.type));
  const bool in_system = marker.starts_with(kSystemMarker);
  PolicyPage page;
  if (of_type.type != kSystemType && !in_system) {
    SR_TRY(const NameList names, read_names(reader, of_type.account, kPolicyList));
    const NamePage of_names = page_of(names.names, marker, max);
    for (const std::string& name : of_names.names) {
      SR_TRY(const HeldPolicy held, read_custom(reader, {of_type.account, kCustomType, name}));
      SR_TRY(PolicyFacts facts, custom_facts(reader, of_type.account, held.policy));
      page.policies.push_back(std::move(facts));
    }
    page.next = of_names.next;
    if (!page.next.empty() || of_type.type == kCustomType) return page;
  }
  // A page that is full of custom policies goes on with the first system policy.
  if (page.policies.size() == max) {
    page.next = kSystemMarker;
    return page;
  }
  const std::string_view after = in_system ? marker.substr(kSystemMarker.size()) : "";
  const NamePage of_names = page_of(system_names(), after, max - page.policies.size());
  for (const std::string& name : of_names.names) {
    SR_TRY(PolicyFacts facts,
           system_facts(reader, of_type.account, *policy::find_system_policy(name)));
    page.policies.push_back(std::move(facts));
  }
  if (!of_names.next.empty()) page.next = std::string(kSystemMarker) + of_names.next;
  return page;
}

Result<PolicyFacts> Policies::set_description(Transaction& txn, const PolicyRef& ref,
                                              std::string_view description, Instant now) {
  SR_CHECK_OK(check_description(description));
  SR_TRY(HeldPolicy held, read_custom(txn, ref));
  held.policy.description = description;
  held.policy.updated = now;
  put_custom(txn, ref.account, held.policy, held.record->resource());
  return custom_facts(txn, ref.account, held.policy);
}

Result<void> Policies::set_tags(Transaction& txn, const PolicyRef& ref, std::vector<Tag> tags) {
  SR_TRY(HeldPolicy held, read_custom(txn, ref));
  held.policy.tags = std::move(tags);
  put_custom(txn, ref.account, held.policy, held.record->resource());
  return {};
}

Result<void> Policies::remove(Transaction& txn, const PolicyRef& ref, bool with_versions) {
  SR_TRY(const HeldPolicy held, read_custom(txn, ref));
  SR_TRY(const EntityList list, read_entities(txn, ref));
  if (!list.entities.empty()) {
    const Entity& first = list.entities.front();
    const std::string kind(kind_name(first.kind));
    return in_use(kind, "The policy can not be attached to any " + kind +
                            " while deleting. Detach it first; it is attached to " + first.name +
                            ".");
  }
  if (held.policy.versions.size() > 1 && !with_versions) {
    return in_use("Version",
                  "The policy can not has any version except the default version while deleting. "
                  "Delete them first.");
  }
  SR_CHECK_OK(remove_name(txn, {ref.account, kPolicyList}, ref.name, random_));
  txn.remove(policy_address(ref.account, ref.name));
  return {};
}

}  // namespace strongroom::identity
