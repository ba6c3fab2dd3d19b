// RAM: which policies users, groups and roles have (gateway.md §5.2). Attaching concerns the entity
// and the policy: both must be allowed.

#include "ram_call.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using identity::EntityKind;
using identity::EntityRef;
using identity::PolicyRef;

struct KindNames {
  std::string_view parameter;
  std::string_view arn_prefix;
};

KindNames names_of(EntityKind kind) {
  switch (kind) {
    case EntityKind::kUser:
      return {"UserName", "user/"};
    case EntityKind::kGroup:
      return {"GroupName", "group/"};
    case EntityKind::kRole:
      return {"RoleName", "role/"};
  }
  return {"UserName", "user/"};
}

Result<EntityRef> judged_entity(Call& call, EntityKind kind) {
  const KindNames names = names_of(kind);
  SR_TRY(const std::string_view name, judged_name(call, names.arn_prefix, names.parameter));
  return EntityRef{kind, call.account(), name};
}

Result<PolicyRef> judged_policy(Call& call) {
  SR_TRY(const std::string_view type, call.parameters.required("PolicyType"));
  SR_TRY(const std::string_view name, call.parameters.required("PolicyName"));
  SR_CHECK_OK(judge(call, policy_arn(call, type, name)));
  return PolicyRef{call.account(), type, name};
}

struct Attachment {
  EntityRef entity;
  PolicyRef policy;
};

/// Both are recorded.
Result<Attachment> judged_attachment(Call& call, EntityKind kind) {
  SR_TRY(const EntityRef entity, judged_entity(call, kind));
  call.end_resource();
  SR_TRY(const PolicyRef policy, judged_policy(call));
  call.end_resource();
  return Attachment{entity, policy};
}

template <EntityKind kKind>
Result<void> attach(Call& call) {
  SR_TRY(const Attachment what, judged_attachment(call, kKind));
  return call.engines.directory.policies().attach(*call.transaction, what.entity, what.policy,
                                                  call.now);
}

template <EntityKind kKind>
Result<void> detach(Call& call) {
  SR_TRY(const Attachment what, judged_attachment(call, kKind));
  return call.engines.directory.policies().detach(*call.transaction, what.entity, what.policy);
}

template <EntityKind kKind>
Result<void> list_for(Call& call) {
  SR_TRY(const EntityRef entity, judged_entity(call, kKind));
  identity::Policies& policies = call.engines.directory.policies();
  SR_TRY(const auto attached, policies.attached(call.reader, entity));
  AnswerWriter& out = call.answer;
  out.begin_list("Policies", "Policy");
  for (const identity::AttachedPolicy& one : attached) {
    const auto policy = policies.get(call.reader, {call.account(), one.type, one.name});
    if (!policy && policy.error().kind() != ErrorKind::kNotFound) {
      return std::unexpected(policy.error());
    }
    out.begin_item();
    out.field("PolicyName", one.name);
    out.field("PolicyType", one.type);
    out.field("Description", policy ? policy->description : std::string());
    out.field("DefaultVersion", policy ? policy->default_version : std::string());
    out.field("AttachDate", format_utc(one.attached));
    out.end_item();
  }
  out.end_list();
  return {};
}

Result<void> write_user(Call& call, const identity::Entity& entity) {
  SR_TRY(const identity::User user,
         call.engines.directory.get_user(call.reader, call.account(), entity.name));
  call.answer.field("UserId", user.id);
  call.answer.field("UserName", user.name);
  call.answer.field("DisplayName", user.display_name);
  return {};
}

Result<void> write_group(Call& call, const identity::Entity& entity) {
  SR_TRY(const identity::Group group,
         call.engines.directory.groups().get(call.reader, {call.account(), entity.name}));
  call.answer.field("GroupId", group.id);
  call.answer.field("GroupName", group.name);
  call.answer.field("Comments", group.comments);
  return {};
}

Result<void> write_role(Call& call, const identity::Entity& entity) {
  SR_TRY(const identity::Role role,
         call.engines.directory.roles().get(call.reader, {call.account(), entity.name}));
  call.answer.field("RoleId", role.id);
  call.answer.field("RoleName", role.name);
  call.answer.field("Arn", role.arn());
  call.answer.field("Description", role.description);
  return {};
}

struct EntityList {
  EntityKind kind;
  std::string_view wrapper;
  std::string_view item;
  Result<void> (*write)(Call&, const identity::Entity&);
};

constexpr EntityList kLists[] = {
    {EntityKind::kGroup, "Groups", "Group", write_group},
    {EntityKind::kUser, "Users", "User", write_user},
    {EntityKind::kRole, "Roles", "Role", write_role},
};

Result<void> list_entities_for_policy(Call& call) {
  SR_TRY(const PolicyRef ref, judged_policy(call));
  SR_TRY(const auto entities, call.engines.directory.policies().entities(call.reader, ref));
  AnswerWriter& out = call.answer;
  for (const EntityList& list : kLists) {
    out.begin_list(list.wrapper, list.item);
    for (const identity::Entity& entity : entities) {
      if (entity.kind != list.kind) continue;
      out.begin_item();
      SR_CHECK_OK(list.write(call, entity));
      out.field("AttachDate", format_utc(entity.attached));
      out.end_item();
    }
    out.end_list();
  }
  return {};
}

constexpr Operation kOperations[] = {
    ram_by_handler("AttachPolicyToUser", kMutation, attach<EntityKind::kUser>),
    ram_by_handler("AttachPolicyToGroup", kMutation, attach<EntityKind::kGroup>),
    ram_by_handler("AttachPolicyToRole", kMutation, attach<EntityKind::kRole>),
    ram_by_handler("DetachPolicyFromUser", kMutation, detach<EntityKind::kUser>),
    ram_by_handler("DetachPolicyFromGroup", kMutation, detach<EntityKind::kGroup>),
    ram_by_handler("DetachPolicyFromRole", kMutation, detach<EntityKind::kRole>),
    ram_by_handler("ListPoliciesForUser", kSlowRead, list_for<EntityKind::kUser>),
    ram_by_handler("ListPoliciesForGroup", kSlowRead, list_for<EntityKind::kGroup>),
    ram_by_handler("ListPoliciesForRole", kSlowRead, list_for<EntityKind::kRole>),
    ram_by_handler("ListEntitiesForPolicy", kSlowRead, list_entities_for_policy),
};

}  // namespace

std::span<const Operation> ram_attachment_operations() {
  return kOperations;
}

}  // namespace strongroom::service
