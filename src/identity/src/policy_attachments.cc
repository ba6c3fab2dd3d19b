// Attaching policies to users, groups and roles, and what a principal's policies add up to.

#include <algorithm>

#include "policy_rows.h"
#include "strongroom/base/limits.h"
#include "strongroom/identity/policies.h"

namespace strongroom::identity {
namespace {

using barrier::RecordRef;
using barrier::Transaction;

Result<void> require_policy(barrier::Reader& reader, const PolicyRef& ref) {
  SR_CHECK_OK(check_policy_type(ref.type));
  if (ref.type == kSystemType) {
    if (policy::find_system_policy(ref.name) == nullptr) {
      return std::unexpected(no_such_policy(ref));
    }
    return {};
  }
  SR_CHECK_OK(read_custom(reader, ref));
  return {};
}

Result<void> require_entity(barrier::Reader& reader, const EntityRef& entity) {
  SR_TRY(const RecordRef record, read_if_there(reader, entity_address(entity)));
  if (record) return {};
  const std::string kind(kind_name(entity.kind));
  return fail(ErrorKind::kNotFound, "EntityNotExist." + kind,
              "The " + kind + " does not exist. " + kind + "Name: " + std::string(entity.name));
}

auto find_attached(std::vector<AttachedPolicy>& policies, const PolicyRef& ref) {
  return std::ranges::find_if(policies, [&](const AttachedPolicy& policy) {
    return policy.type == ref.type && policy.name == ref.name;
  });
}

std::size_t limit_of(EntityKind kind, std::string_view type) {
  if (type == kSystemType) return limits::kSystemPoliciesPerUserMax;
  return kind == EntityKind::kUser ? limits::kCustomPoliciesPerUserMax
                                   : limits::kCustomPoliciesPerGroupMax;
}

Result<void> check_room(const Attachments& held, const EntityRef& entity, std::string_view type) {
  const std::size_t max = limit_of(entity.kind, type);
  const auto count = std::ranges::count(
      held.policies, type, [](const AttachedPolicy& one) -> std::string_view { return one.type; });
  if (static_cast<std::size_t>(count) < max) return {};
  const std::string kind(kind_name(entity.kind));
  return fail(ErrorKind::kExhausted, "LimitExceeded." + kind + ".Policy",
              "The count of " + std::string(type) + " policies attached to the " + kind +
                  " beyond the current limits of " + std::to_string(max) + ".");
}

}  // namespace

Result<void> Policies::attach(Transaction& txn, const EntityRef& entity, const PolicyRef& ref,
                              Instant now) {
  SR_CHECK_OK(require_policy(txn, ref));
  SR_CHECK_OK(require_entity(txn, entity));
  SR_TRY(Attachments held, read_attachments(txn, entity));
  if (find_attached(held.policies, ref) != held.policies.end()) {
    const std::string kind(kind_name(entity.kind));
    return fail(ErrorKind::kConflict, "EntityAlreadyExists." + kind + ".Policy",
                "The policy is attached to the " + kind + " already.");
  }
  SR_CHECK_OK(check_room(held, entity, ref.type));
  held.policies.push_back(
      {.name = std::string(ref.name), .type = std::string(ref.type), .attached = now});
  put_attachments(txn, entity, held, random_);
  SR_TRY(EntityList list, read_entities(txn, ref));
  add_entity(list, {entity.kind, std::string(entity.name), now});
  put_entities(txn, list, random_);
  return {};
}

Result<void> Policies::detach(Transaction& txn, const EntityRef& entity, const PolicyRef& ref) {
  SR_CHECK_OK(require_policy(txn, ref));
  SR_CHECK_OK(require_entity(txn, entity));
  SR_TRY(Attachments held, read_attachments(txn, entity));
  const auto attached = find_attached(held.policies, ref);
  if (attached == held.policies.end()) {
    const std::string kind(kind_name(entity.kind));
    return fail(
        ErrorKind::kNotFound, "EntityNotExist." + kind + ".Policy",
        "The policy is not attached to the " + kind + ". PolicyName: " + std::string(ref.name));
  }
  held.policies.erase(attached);
  put_attachments(txn, entity, held, random_);
  SR_TRY(EntityList list, read_entities(txn, ref));
  remove_entity(list, entity.kind, entity.name);
  put_entities(txn, list, random_);
  return {};
}

Result<std::vector<AttachedPolicy>> Policies::attached(barrier::Reader& reader,
                                                       const EntityRef& entity) {
  SR_CHECK_OK(require_entity(reader, entity));
  SR_TRY(Attachments held, read_attachments(reader, entity));
  return std::move(held.policies);
}

Result<std::vector<Entity>> Policies::entities(barrier::Reader& reader, const PolicyRef& ref) {
  SR_CHECK_OK(require_policy(reader, ref));
  SR_TRY(EntityList list, read_entities(reader, ref));
  return std::move(list.entities);
}

Result<void> Policies::collect(barrier::Reader& reader, const EntityRef& entity,
                               std::vector<policy::Policy>& into) {
  SR_TRY(const Attachments held, read_attachments(reader, entity));
  for (const AttachedPolicy& one : held.policies) {
    if (one.type == kSystemType) {
      const policy::Policy* policy = policy::find_system_policy(one.name);
      if (policy != nullptr) into.push_back(*policy);  // one that this build lacks grants nothing
      continue;
    }
    SR_TRY(const HeldPolicy custom, read_custom(reader, {entity.account, kCustomType, one.name}));
    for (const PolicyVersion& version : custom.policy.versions) {
      if (!version.is_default) continue;
      auto document =
          policy::parse_stored_document(version.document, policy::DocumentKind::kIdentity);
      if (!document) {
        return fail(ErrorKind::kCorrupt, "InternalFailure", "A stored policy does not parse.");
      }
      into.push_back({.name = one.name,
                      .type = one.type,
                      .document = std::move(*document),
                      .version = version.id(),
                      .description = custom.policy.description});
    }
  }
  return {};
}

}  // namespace strongroom::identity
