#pragma once
// Groups of users (gateway.md §5.1). A user's permissions are its own policies and those of its
// groups. Works in the caller's Transaction or Reader and keeps no state; checks no permissions.
// Thread-safe. Errors are RAM's own codes (EntityNotExist.Group, DeleteConflict.Group.User …).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::identity {

struct Group {
  std::string id = {};    // "g-" and 16 characters
  std::string name = {};  // 1-64 of [A-Za-z0-9._-]
  std::string comments = {};
  Instant created = {};
  Instant updated = {};
};

/// What UpdateGroup changes: absent fields stay as they are.
struct GroupChange {
  std::optional<std::string_view> new_name = {};
  std::optional<std::string_view> comments = {};
};

/// One end of a membership.
struct Link {
  std::string name;
  Instant since;
};

struct GroupPage {
  std::vector<Group> groups;  // by name
  std::string next;           // Marker of the next page; empty: this was the last
};
struct LinkPage {
  std::vector<Link> links;  // by name
  std::string next;
};

/// One group of an account.
struct GroupRef {
  AccountId account;
  std::string_view name;
};

class Groups {
 public:
  explicit Groups(Random& random) : random_(random) {}

  /// EntityAlreadyExists.Group, LimitExceeded.Group, InvalidParameter.GroupName.….
  Result<Group> create(barrier::Transaction& txn, AccountId account, Group group, Instant now);
  /// EntityNotExist.Group.
  Result<Group> get(barrier::Reader& reader, const GroupRef& ref);
  /// Also renames, a group of at most limits::kRenamedGroupMembersMax users
  /// (LimitExceeded.Group.User): members and policies move along.
  Result<Group> update(barrier::Transaction& txn, const GroupRef& ref, const GroupChange& change,
                       Instant now);
  /// Only an empty group without policies: DeleteConflict.Group.User, DeleteConflict.Group.Policy.
  Result<void> remove(barrier::Transaction& txn, const GroupRef& ref);
  Result<GroupPage> list(barrier::Reader& reader, AccountId account, std::string_view marker,
                         std::size_t max);

  /// EntityNotExist.User, EntityNotExist.Group, EntityAlreadyExists.User.Group,
  /// LimitExceeded.User.Group.
  Result<void> add_user(barrier::Transaction& txn, const GroupRef& ref, std::string_view user,
                        Instant now);
  /// EntityNotExist.User.Group.
  Result<void> remove_user(barrier::Transaction& txn, const GroupRef& ref, std::string_view user);
  /// The groups of a user. EntityNotExist.User.
  Result<std::vector<Link>> groups_of(barrier::Reader& reader, AccountId account,
                                      std::string_view user);
  Result<LinkPage> members(barrier::Reader& reader, const GroupRef& ref, std::string_view marker,
                           std::size_t max);

 private:
  Random& random_;
};

}  // namespace strongroom::identity
