// RAM: groups and who is in them (gateway.md §5.1).

#include "ram_call.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using identity::Group;
using identity::GroupRef;

Result<GroupRef> judged_group(Call& call) {
  SR_TRY(const std::string_view name, judged_name(call, "group/", "GroupName"));
  return GroupRef{call.account(), name};
}

void write_fields(AnswerWriter& out, const Group& group, bool with_update) {
  out.field("GroupId", group.id);
  out.field("GroupName", group.name);
  out.field("Comments", group.comments);
  out.field("CreateDate", format_utc(group.created));
  if (with_update) out.field("UpdateDate", format_utc(group.updated));
}

void write_group(Call& call, const Group& group, bool with_update) {
  call.answer.begin_object("Group");
  write_fields(call.answer, group, with_update);
  call.answer.end_object();
}

Result<void> create_group(Call& call) {
  SR_CHECK_OK(judge(call, ram_arn(call, "group/", "*")));
  SR_TRY(const std::string_view name, call.parameters.required("GroupName"));
  Group wanted{.name = std::string(name),
               .comments = std::string(call.parameters.text("Comments"))};
  SR_TRY(const Group group, call.engines.directory.groups().create(
                                *call.transaction, call.account(), std::move(wanted), call.now));
  call.note_resource(ram_arn(call, "group/", name));
  write_group(call, group, false);
  return {};
}

Result<void> get_group(Call& call) {
  SR_TRY(const GroupRef ref, judged_group(call));
  SR_TRY(const Group group, call.engines.directory.groups().get(call.reader, ref));
  write_group(call, group, true);
  return {};
}

Result<void> update_group(Call& call) {
  SR_TRY(const GroupRef ref, judged_group(call));
  const auto new_name = call.parameters.find("NewGroupName");
  if (new_name) {
    call.end_resource();
    SR_CHECK_OK(judge(call, ram_arn(call, "group/", *new_name)));
    call.end_resource();
  }
  SR_TRY(const Group group,
         call.engines.directory.groups().update(
             *call.transaction, ref,
             {.new_name = new_name, .comments = call.parameters.find("NewComments")}, call.now));
  write_group(call, group, true);
  return {};
}

Result<void> delete_group(Call& call) {
  SR_TRY(const GroupRef ref, judged_group(call));
  return call.engines.directory.groups().remove(*call.transaction, ref);
}

Result<void> list_groups(Call& call) {
  SR_CHECK_OK(judge(call, ram_arn(call, "group/", "*")));
  SR_TRY(const std::size_t max, max_items(call));
  SR_TRY(const identity::GroupPage page,
         call.engines.directory.groups().list(call.reader, call.account(),
                                              call.parameters.text("Marker"), max));
  call.answer.begin_list("Groups", "Group");
  for (const Group& group : page.groups) {
    call.answer.begin_item();
    write_fields(call.answer, group, true);
    call.answer.end_item();
  }
  call.answer.end_list();
  write_page_end(call, page.next);
  return {};
}

struct Membership {
  GroupRef group;
  std::string_view user;
};

// Both the user and the group are judged (gateway.md §5.2), and recorded.
Result<Membership> judged_membership(Call& call) {
  SR_TRY(const std::string_view user, judged_name(call, "user/", "UserName"));
  call.end_resource();
  SR_TRY(const GroupRef group, judged_group(call));
  call.end_resource();
  return Membership{group, user};
}

Result<void> add_user_to_group(Call& call) {
  SR_TRY(const Membership what, judged_membership(call));
  return call.engines.directory.groups().add_user(*call.transaction, what.group, what.user,
                                                  call.now);
}

Result<void> remove_user_from_group(Call& call) {
  SR_TRY(const Membership what, judged_membership(call));
  return call.engines.directory.groups().remove_user(*call.transaction, what.group, what.user);
}

Result<void> list_groups_for_user(Call& call) {
  SR_TRY(const std::string_view user, judged_name(call, "user/", "UserName"));
  identity::Groups& groups = call.engines.directory.groups();
  SR_TRY(const auto links, groups.groups_of(call.reader, call.account(), user));
  call.answer.begin_list("Groups", "Group");
  for (const identity::Link& link : links) {
    SR_TRY(const Group group, groups.get(call.reader, {call.account(), link.name}));
    call.answer.begin_item();
    call.answer.field("GroupId", group.id);
    call.answer.field("GroupName", group.name);
    call.answer.field("Comments", group.comments);
    call.answer.field("JoinDate", format_utc(link.since));
    call.answer.end_item();
  }
  call.answer.end_list();
  return {};
}

Result<void> list_users_for_group(Call& call) {
  SR_TRY(const GroupRef ref, judged_group(call));
  SR_TRY(const std::size_t max, max_items(call));
  SR_TRY(const identity::LinkPage page, call.engines.directory.groups().members(
                                            call.reader, ref, call.parameters.text("Marker"), max));
  call.answer.begin_list("Users", "User");
  for (const identity::Link& link : page.links) {
    SR_TRY(const identity::User user,
           call.engines.directory.get_user(call.reader, call.account(), link.name));
    call.answer.begin_item();
    call.answer.field("UserName", user.name);
    call.answer.field("DisplayName", user.display_name);
    call.answer.field("JoinDate", format_utc(link.since));
    call.answer.end_item();
  }
  call.answer.end_list();
  write_page_end(call, page.next);
  return {};
}

constexpr Operation kOperations[] = {
    ram_by_handler("CreateGroup", kMutation, create_group),
    ram_by_handler("GetGroup", kSlowRead, get_group),
    ram_by_handler("UpdateGroup", kMutation, update_group),
    ram_by_handler("DeleteGroup", kMutation, delete_group),
    ram_by_handler("ListGroups", kSlowRead, list_groups),
    ram_by_handler("AddUserToGroup", kMutation, add_user_to_group),
    ram_by_handler("RemoveUserFromGroup", kMutation, remove_user_from_group),
    ram_by_handler("ListGroupsForUser", kSlowRead, list_groups_for_user),
    ram_by_handler("ListUsersForGroup", kSlowRead, list_users_for_group),
};

}  // namespace

std::span<const Operation> ram_group_operations() {
  return kOperations;
}

}  // namespace strongroom::service
