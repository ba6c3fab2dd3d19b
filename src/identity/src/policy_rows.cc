#include "policy_rows.h"

#include <algorithm>

namespace strongroom::identity {

using barrier::Address;
using barrier::RecordRef;
using barrier::RecordType;
using barrier::Transaction;

Result<void> check_policy_type(std::string_view type) {
  if (type == kSystemType || type == kCustomType) return {};
  return fail(ErrorKind::kInvalidInput, "InvalidParameter.PolicyType",
              "The parameter - \"PolicyType\" must be \"System\" or \"Custom\".");
}

Error no_such_policy(const PolicyRef& ref) {
  std::string message = "The policy does not exist. PolicyName: " + std::string(ref.name);
  if (ref.type == kSystemType) {
    message += ". The system policies are:";
    for (const policy::Policy& policy : policy::system_policies()) message += ' ' + policy.name;
  }
  return Error(ErrorKind::kNotFound, "EntityNotExist.Policy", std::move(message));
}

Address policy_address(AccountId account, std::string_view name) {
  return {.type = RecordType::kPolicy, .account = account, .name = name};
}

Result<HeldPolicy> read_custom(barrier::Reader& reader, const PolicyRef& ref) {
  if (ref.type != kCustomType) {
    return fail(ErrorKind::kInvalidInput, "InvalidParameter.PolicyType",
                "A system policy cannot be changed. Make a custom policy of its document.");
  }
  HeldPolicy held;
  SR_TRY(held.record, read_if_there(reader, policy_address(ref.account, ref.name)));
  if (!held.record) return std::unexpected(no_such_policy(ref));
  SR_TRY(held.policy, decode_custom_policy(*held.record));
  return held;
}

void put_custom(Transaction& txn, AccountId account, const CustomPolicy& policy, Uuid resource) {
  encode(policy,
         [&](ByteView body) { txn.put(policy_address(account, policy.name), resource, body); });
}

std::string_view kind_name(EntityKind kind) {
  switch (kind) {
    case EntityKind::kUser:
      return "User";
    case EntityKind::kGroup:
      return "Group";
    case EntityKind::kRole:
      return "Role";
  }
  return "User";
}

Address entity_address(const EntityRef& entity) {
  const RecordType type = entity.kind == EntityKind::kUser    ? RecordType::kUser
                          : entity.kind == EntityKind::kGroup ? RecordType::kGroup
                                                              : RecordType::kRole;
  return {.type = type, .account = entity.account, .name = entity.name};
}

Address attachments_address(const EntityRef& entity) {
  const RecordType type = entity.kind == EntityKind::kUser    ? RecordType::kUserPolicies
                          : entity.kind == EntityKind::kGroup ? RecordType::kGroupPolicies
                                                              : RecordType::kRolePolicies;
  return {.type = type, .account = entity.account, .name = entity.name};
}

Result<Attachments> read_attachments(barrier::Reader& reader, const EntityRef& entity) {
  Attachments out;
  SR_TRY(out.record, read_if_there(reader, attachments_address(entity)));
  if (!out.record) return out;
  SR_TRY(out.policies, decode_policies(*out.record));
  return out;
}

void put_attachments(Transaction& txn, const EntityRef& entity, const Attachments& held,
                     Random& random) {
  const Uuid resource = held.record ? held.record->resource() : Uuid::generate(random);
  encode_policies(held.policies,
                  [&](ByteView body) { txn.put(attachments_address(entity), resource, body); });
}

namespace {

Address entities_address(const EntityList& list) {
  return {.type = RecordType::kPolicyEntities, .account = list.account, .name = list.row_name};
}

auto order_of(const Entity& entity) {
  return std::pair(entity.kind, std::string_view(entity.name));
}

}  // namespace

Result<EntityList> read_entities(barrier::Reader& reader, const PolicyRef& ref) {
  EntityList list{.row_name = std::string(ref.type) + ":" + std::string(ref.name),
                  .account = ref.account,
                  .record = {},
                  .entities = {}};
  SR_TRY(list.record, read_if_there(reader, entities_address(list)));
  if (!list.record) return list;
  SR_TRY(list.entities, decode_entities(*list.record));
  return list;
}

void put_entities(Transaction& txn, const EntityList& list, Random& random) {
  if (list.entities.empty()) {
    if (list.record) txn.remove(entities_address(list));
    return;
  }
  const Uuid resource = list.record ? list.record->resource() : Uuid::generate(random);
  encode(list.entities, [&](ByteView body) { txn.put(entities_address(list), resource, body); });
}

void add_entity(EntityList& list, Entity entity) {
  const auto at = std::ranges::lower_bound(list.entities, order_of(entity), {}, order_of);
  list.entities.insert(at, std::move(entity));
}

void remove_entity(EntityList& list, EntityKind kind, std::string_view name) {
  std::erase_if(list.entities,
                [&](const Entity& entity) { return order_of(entity) == std::pair(kind, name); });
}

Result<void> move_attachments(Transaction& txn, const EntityRef& from, std::string_view new_name,
                              Random& random) {
  SR_TRY(Attachments held, read_attachments(txn, from));
  if (!held.record) return {};
  const EntityRef to{from.kind, from.account, new_name};
  SR_TRY(const RecordRef taken, read_if_there(txn, attachments_address(to)));
  if (taken) return internal_error("policies without an owner");
  put_attachments(txn, to, held, random);
  txn.remove(attachments_address(from));
  for (const AttachedPolicy& one : held.policies) {
    SR_TRY(EntityList list, read_entities(txn, {from.account, one.type, one.name}));
    remove_entity(list, from.kind, from.name);
    add_entity(list, {from.kind, std::string(new_name), one.attached});
    put_entities(txn, list, random);
  }
  return {};
}

Result<void> remove_attachments(Transaction& txn, const EntityRef& entity) {
  SR_TRY(const Attachments held, read_attachments(txn, entity));
  if (!held.record) return {};
  if (!held.policies.empty()) {
    const std::string kind(kind_name(entity.kind));
    return fail(
        ErrorKind::kConflict, "DeleteConflict." + kind + ".Policy",
        "The " + kind + " can not has any policy while deleting. Detach its policies first.");
  }
  txn.remove(attachments_address(entity));
  return {};
}

}  // namespace strongroom::identity
