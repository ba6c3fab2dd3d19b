#pragma once
// The rows that policies and their attachments live in, and the steps their operations share.

#include <string>
#include <string_view>
#include <vector>

#include "records_ram.h"
#include "rows.h"

namespace strongroom::identity {

inline constexpr std::string_view kSystemType = "System";
inline constexpr std::string_view kCustomType = "Custom";

/// InvalidParameter.PolicyType unless it is one of the two.
Result<void> check_policy_type(std::string_view type);
Error no_such_policy(const PolicyRef& ref);

barrier::Address policy_address(AccountId account, std::string_view name);

/// A custom policy with its record. EntityNotExist.Policy; InvalidParameter.PolicyType for a system
/// policy, which nobody can change.
struct HeldPolicy {
  barrier::RecordRef record;
  CustomPolicy policy;
};
Result<HeldPolicy> read_custom(barrier::Reader& reader, const PolicyRef& ref);
void put_custom(barrier::Transaction& txn, AccountId account, const CustomPolicy& policy,
                Uuid resource);

/// "User", "Group", "Role".
std::string_view kind_name(EntityKind kind);
barrier::Address entity_address(const EntityRef& entity);
barrier::Address attachments_address(const EntityRef& entity);

/// What is attached to an entity; the record is null if nothing ever was.
struct Attachments {
  barrier::RecordRef record;
  std::vector<AttachedPolicy> policies;
};
Result<Attachments> read_attachments(barrier::Reader& reader, const EntityRef& entity);
void put_attachments(barrier::Transaction& txn, const EntityRef& entity, const Attachments& held,
                     Random& random);

/// What a policy is attached to. `name` backs the address.
struct EntityList {
  std::string row_name;
  AccountId account;
  barrier::RecordRef record;
  std::vector<Entity> entities;
};
Result<EntityList> read_entities(barrier::Reader& reader, const PolicyRef& ref);
void put_entities(barrier::Transaction& txn, const EntityList& list, Random& random);
void add_entity(EntityList& list, Entity entity);
void remove_entity(EntityList& list, EntityKind kind, std::string_view name);

/// An entity's rows under another name: its attachments, and its name in the list of each policy.
Result<void> move_attachments(barrier::Transaction& txn, const EntityRef& from,
                              std::string_view new_name, Random& random);
/// DeleteConflict.<kind>.Policy if anything is attached; else the row goes.
Result<void> remove_attachments(barrier::Transaction& txn, const EntityRef& entity);

}  // namespace strongroom::identity
