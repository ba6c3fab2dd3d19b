#include "strongroom/identity/groups.h"

#include <algorithm>

#include "group_rows.h"
#include "name_list.h"
#include "policy_rows.h"
#include "ram_rules.h"
#include "strongroom/base/limits.h"

namespace strongroom::identity {

using barrier::Address;
using barrier::RecordRef;
using barrier::RecordType;
using barrier::Transaction;

Address group_address(const GroupRef& ref) {
  return {.type = RecordType::kGroup, .account = ref.account, .name = ref.name};
}
Address members_address(const GroupRef& ref) {
  return {.type = RecordType::kGroupMembers, .account = ref.account, .name = ref.name};
}
Address user_groups_address(const Owner& user) {
  return {.type = RecordType::kUserGroups, .account = user.account, .name = user.user_name};
}

const Link* LinkList::find(std::string_view name) const {
  const auto found = std::ranges::find(links, name, &Link::name);
  return found == links.end() ? nullptr : &*found;
}

void LinkList::add(Link link) {
  links.insert(std::ranges::lower_bound(links, link.name, {}, &Link::name), std::move(link));
}

void LinkList::remove(std::string_view name) {
  std::erase_if(links, [&](const Link& link) { return link.name == name; });
}

Result<LinkList> read_links(barrier::Reader& reader, const Address& address) {
  LinkList list{.address = address, .record = {}, .links = {}};
  SR_TRY(list.record, read_if_there(reader, address));
  if (!list.record) return list;
  SR_TRY(list.links, decode_links(*list.record));
  return list;
}

void put_links(Transaction& txn, const LinkList& list, Random& random) {
  if (list.links.empty()) {
    if (list.record) txn.remove(list.address);
    return;
  }
  const Uuid resource = list.record ? list.record->resource() : Uuid::generate(random);
  encode(list.links, [&](ByteView body) { txn.put(list.address, resource, body); });
}

namespace {

struct HeldGroup {
  RecordRef record;
  Group group;
};

Result<HeldGroup> read_group(barrier::Reader& reader, const GroupRef& ref) {
  HeldGroup held;
  SR_TRY(held.record, read_if_there(reader, group_address(ref)));
  if (!held.record) {
    return fail(ErrorKind::kNotFound, "EntityNotExist.Group",
                "The group does not exist. GroupName: " + std::string(ref.name));
  }
  SR_TRY(held.group, decode_group(*held.record));
  return held;
}

std::unexpected<Error> group_exists(std::string_view name) {
  return fail(ErrorKind::kConflict, "EntityAlreadyExists.Group",
              "The group does already EXIST. GroupName: " + std::string(name));
}

std::string new_group_id(Random& random) {
  std::array<std::uint8_t, 16> tail;
  fill_alphanumeric(random, tail);
  return "g-" + std::string(as_chars(tail));
}

// A group's members under another name: its own row, and its name in the row of each user.
Result<void> move_members(Transaction& txn, const GroupRef& from, const GroupRef& to,
                          Random& random) {
  SR_TRY(LinkList members, read_links(txn, members_address(from)));
  if (members.links.size() > limits::kRenamedGroupMembersMax) {
    return fail(ErrorKind::kExhausted, "LimitExceeded.Group.User",
                "A group is renamed with at most " +
                    std::to_string(limits::kRenamedGroupMembersMax) +
                    " users. Make a new group instead.");
  }
  for (const Link& member : members.links) {
    SR_TRY(LinkList groups, read_links(txn, user_groups_address({from.account, member.name})));
    groups.remove(from.name);
    groups.add({std::string(to.name), member.since});
    put_links(txn, groups, random);
  }
  if (!members.record) return {};
  LinkList moved{.address = members_address(to), .record = {}, .links = members.links};
  SR_TRY(const RecordRef taken, read_if_there(txn, moved.address));
  if (taken) return internal_error("members without a group");
  put_links(txn, moved, random);
  txn.remove(members.address);
  return {};
}

}  // namespace

Result<void> move_memberships(Transaction& txn, const Owner& from, std::string_view new_name,
                              Random& random) {
  SR_TRY(LinkList groups, read_links(txn, user_groups_address(from)));
  if (!groups.record) return {};
  for (const Link& group : groups.links) {
    SR_TRY(LinkList members, read_links(txn, members_address({from.account, group.name})));
    members.remove(from.user_name);
    members.add({std::string(new_name), group.since});
    put_links(txn, members, random);
  }
  LinkList moved{.address = user_groups_address({from.account, new_name}),
                 .record = {},
                 .links = groups.links};
  SR_TRY(const RecordRef taken, read_if_there(txn, moved.address));
  if (taken) return internal_error("groups without a user");
  put_links(txn, moved, random);
  txn.remove(groups.address);
  return {};
}

Result<Group> Groups::create(Transaction& txn, AccountId account, Group group, Instant now) {
  SR_CHECK_OK(check_group_name(group.name, "GroupName"));
  SR_CHECK_OK(check_comments(group.comments, "Comments"));
  SR_TRY(const RecordRef taken, read_if_there(txn, group_address({account, group.name})));
  if (taken) return group_exists(group.name);
  SR_CHECK_OK(add_name(txn, {account, kGroupList}, group.name,
                       {limits::kGroupsPerAccountMax, "Group"}, random_));
  group.id = new_group_id(random_);
  group.created = now;
  group.updated = now;
  encode(group, [&](ByteView body) {
    txn.put(group_address({account, group.name}), Uuid::generate(random_), body);
  });
  return group;
}

Result<Group> Groups::get(barrier::Reader& reader, const GroupRef& ref) {
  SR_TRY(HeldGroup held, read_group(reader, ref));
  return std::move(held.group);
}

Result<Group> Groups::update(Transaction& txn, const GroupRef& ref, const GroupChange& change,
                             Instant now) {
  SR_TRY(HeldGroup held, read_group(txn, ref));
  Group& group = held.group;
  group.updated = now;
  group.comments = change.comments.value_or(group.comments);
  SR_CHECK_OK(check_comments(group.comments, "NewComments"));
  const GroupRef to{ref.account, change.new_name.value_or(ref.name)};
  if (to.name != ref.name) {
    SR_CHECK_OK(check_group_name(to.name, "NewGroupName"));
    SR_TRY(const RecordRef taken, read_if_there(txn, group_address(to)));
    if (taken) return group_exists(to.name);
    SR_CHECK_OK(rename_name(txn, {ref.account, kGroupList}, ref.name, to.name, random_));
    SR_CHECK_OK(
        move_attachments(txn, {EntityKind::kGroup, ref.account, ref.name}, to.name, random_));
    SR_CHECK_OK(move_members(txn, ref, to, random_));
    txn.remove(group_address(ref));
    group.name = to.name;
  }
  encode(group, [&](ByteView body) { txn.put(group_address(to), held.record->resource(), body); });
  return group;
}

Result<void> Groups::remove(Transaction& txn, const GroupRef& ref) {
  SR_CHECK_OK(read_group(txn, ref));
  SR_TRY(const LinkList members, read_links(txn, members_address(ref)));
  if (!members.links.empty()) {
    return fail(ErrorKind::kConflict, "DeleteConflict.Group.User",
                "The group can not has any user while deleting. Remove its users first.");
  }
  SR_CHECK_OK(remove_attachments(txn, {EntityKind::kGroup, ref.account, ref.name}));
  SR_CHECK_OK(remove_name(txn, {ref.account, kGroupList}, ref.name, random_));
  txn.remove(group_address(ref));
  return {};
}

Result<GroupPage> Groups::list(barrier::Reader& reader, AccountId account, std::string_view marker,
                               std::size_t max) {
  SR_TRY(NamePage names, read_page(reader, {account, kGroupList}, marker, max));
  GroupPage page{.groups = {}, .next = std::move(names.next)};
  for (const std::string& name : names.names) {
    SR_TRY(HeldGroup held, read_group(reader, {account, name}));
    page.groups.push_back(std::move(held.group));
  }
  return page;
}

Result<void> Groups::add_user(Transaction& txn, const GroupRef& ref, std::string_view user,
                              Instant now) {
  SR_CHECK_OK(read_user(txn, {ref.account, user}));
  SR_CHECK_OK(read_group(txn, ref));
  SR_TRY(LinkList groups, read_links(txn, user_groups_address({ref.account, user})));
  if (groups.find(ref.name) != nullptr) {
    return fail(ErrorKind::kConflict, "EntityAlreadyExists.User.Group",
                "The user is in the group already.");
  }
  if (groups.links.size() >= limits::kGroupsPerUserMax) {
    return fail(ErrorKind::kExhausted, "LimitExceeded.User.Group",
                "The count of groups of the user beyond the current limits of " +
                    std::to_string(limits::kGroupsPerUserMax) + ".");
  }
  groups.add({std::string(ref.name), now});
  put_links(txn, groups, random_);
  SR_TRY(LinkList members, read_links(txn, members_address(ref)));
  members.add({std::string(user), now});
  put_links(txn, members, random_);
  return {};
}

Result<void> Groups::remove_user(Transaction& txn, const GroupRef& ref, std::string_view user) {
  SR_CHECK_OK(read_user(txn, {ref.account, user}));
  SR_CHECK_OK(read_group(txn, ref));
  SR_TRY(LinkList groups, read_links(txn, user_groups_address({ref.account, user})));
  if (groups.find(ref.name) == nullptr) {
    return fail(ErrorKind::kNotFound, "EntityNotExist.User.Group",
                "The user is not in the group. UserName: " + std::string(user));
  }
  groups.remove(ref.name);
  put_links(txn, groups, random_);
  SR_TRY(LinkList members, read_links(txn, members_address(ref)));
  members.remove(user);
  put_links(txn, members, random_);
  return {};
}

Result<std::vector<Link>> Groups::groups_of(barrier::Reader& reader, AccountId account,
                                            std::string_view user) {
  SR_CHECK_OK(read_user(reader, {account, user}));
  SR_TRY(LinkList list, read_links(reader, user_groups_address({account, user})));
  return std::move(list.links);
}

Result<LinkPage> Groups::members(barrier::Reader& reader, const GroupRef& ref,
                                 std::string_view marker, std::size_t max) {
  SR_CHECK_OK(check_marker(marker));
  SR_CHECK_OK(read_group(reader, ref));
  SR_TRY(LinkList list, read_links(reader, members_address(ref)));
  LinkPage page;
  for (const Link& link : list.links) {
    if (link.name <= marker) continue;
    if (page.links.size() == max) {
      page.next = page.links.back().name;
      break;
    }
    page.links.push_back(link);
  }
  return page;
}

}  // namespace strongroom::identity
