#pragma once
// The rows of groups and of memberships, which both groups and users keep in step.

#include <string_view>
#include <vector>

#include "records_ram.h"
#include "rows.h"

namespace strongroom::identity {

barrier::Address group_address(const GroupRef& ref);

/// One side of memberships: the members of a group, or the groups of a user.
struct LinkList {
  barrier::Address address;
  barrier::RecordRef record;
  std::vector<Link> links;

  const Link* find(std::string_view name) const;
  void add(Link link);
  void remove(std::string_view name);
};
/// `address` names a string that outlives the list.
Result<LinkList> read_links(barrier::Reader& reader, const barrier::Address& address);
/// An empty list has no row.
void put_links(barrier::Transaction& txn, const LinkList& list, Random& random);

barrier::Address members_address(const GroupRef& ref);
barrier::Address user_groups_address(const Owner& user);

/// A user's memberships under another name, in the groups as well.
Result<void> move_memberships(barrier::Transaction& txn, const Owner& from,
                              std::string_view new_name, Random& random);

}  // namespace strongroom::identity
