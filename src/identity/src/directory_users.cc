// Accounts and users.

#include <algorithm>

#include "console_rows.h"
#include "group_rows.h"
#include "last_use.h"
#include "name_list.h"
#include "new_key.h"
#include "policy_rows.h"
#include "ram_rules.h"
#include "strongroom/base/limits.h"
#include "strongroom/identity/directory.h"
#include "user_rules.h"

namespace strongroom::identity {
namespace {

using barrier::RecordRef;
using barrier::Transaction;

Error user_exists(std::string_view name) {
  return Error(ErrorKind::kConflict, "EntityAlreadyExists.User",
               "The user does already exist. UserName: " + std::string(name));
}

void put_user(Transaction& txn, const UserRecord& record, Uuid resource) {
  const Owner owner{record.account, record.user.name};
  encode(record, [&](ByteView body) { txn.put(user_address(owner), resource, body); });
}

// Everything that is filed under the user's name, filed under the new one instead.
Result<void> move_rows(Transaction& txn, const Holder& holder, std::string_view new_name,
                       Random& random) {
  const Owner from = holder.owner;
  txn.remove(user_address(from));
  SR_CHECK_OK(
      move_attachments(txn, {EntityKind::kUser, from.account, from.user_name}, new_name, random));
  SR_CHECK_OK(move_memberships(txn, from, new_name, random));
  SR_CHECK_OK(move_login(txn, from, new_name, random));
  for (const std::string& key_id : holder.user.access_key_ids) {
    SR_TRY(HeldKey held, read_held_key(txn, from, key_id));
    held.key.user_name = new_name;
    encode(fields_of(held.key),
           [&](ByteView body) { txn.put(key_address(key_id), held.record->resource(), body); });
  }
  return {};
}

}  // namespace

Directory::Directory(Random& random)
    : random_(random),
      groups_(random),
      policies_(random),
      roles_(random),
      oidc_providers_(random),
      console_(random),
      last_use_(std::make_unique<LastUse>()) {}

Directory::~Directory() = default;

Result<IssuedAccessKey> Directory::create_account(Transaction& txn, AccountId id, Instant now) {
  SR_TRY(const bool taken, has_account(txn, id));
  if (taken) {
    return fail(ErrorKind::kConflict, "EntityAlreadyExists.Account",
                "The account " + id.text() + " exists already.");
  }
  SR_CHECK_OK(add_name(txn, {AccountId(), kAccountList}, id.text(),
                       {limits::kAccountsMax, "Account"}, random_));
  SR_TRY(IssuedAccessKey issued, issue_key(random_, now));
  const AccountRecord account{.created = now, .access_key_ids = {issued.id}};
  encode(account,
         [&](ByteView body) { txn.put(account_address(id), Uuid::generate(random_), body); });
  SR_CHECK_OK(put_new_key(txn, {id, ""}, {issued.id, issued.secret}, {now, random_}));
  return issued;
}

Result<Instant> Directory::revoke_sessions(Transaction& txn, AccountId account, Instant until) {
  SR_TRY(Holder holder, read_holder(txn, {account, ""}));
  holder.account.revoked_before = std::max(holder.account.revoked_before, until);
  put_holder(txn, holder);
  return holder.account.revoked_before;
}

Result<std::vector<std::string>> Directory::list_accounts(barrier::Reader& reader) {
  SR_TRY(NameList list, read_names(reader, AccountId(), kAccountList));
  return std::move(list.names);
}

Result<bool> Directory::has_account(barrier::Reader& reader, AccountId id) {
  SR_TRY(const RecordRef record, read_if_there(reader, account_address(id)));
  return record != nullptr;
}

Result<User> Directory::create_user(Transaction& txn, AccountId account, User user, Instant now) {
  SR_CHECK_OK(check_user_name(user.name, "UserName"));
  SR_CHECK_OK(check_user_fields(user));
  SR_TRY(const RecordRef taken, read_if_there(txn, user_address({account, user.name})));
  if (taken) return std::unexpected(user_exists(user.name));
  SR_CHECK_OK(add_name(txn, {account, kUserList}, user.name, {limits::kUsersPerAccountMax, "User"},
                       random_));
  user.id = random_digits("2", 17, random_);
  user.created = now;
  user.updated = now;
  const UserRecord record{.account = account, .user = std::move(user), .access_key_ids = {}};
  put_user(txn, record, Uuid::generate(random_));
  return record.user;
}

Result<User> Directory::get_user(barrier::Reader& reader, AccountId account,
                                 std::string_view name) {
  SR_TRY(UserRecord record, read_user(reader, {account, name}));
  return std::move(record.user);
}

Result<User> Directory::update_user(Transaction& txn, const Owner& owner, const UserChange& change,
                                    Instant now) {
  SR_TRY(Holder holder, read_holder(txn, owner));
  User& user = holder.user.user;
  user.updated = now;
  user.display_name = change.display_name.value_or(user.display_name);
  user.mobile_phone = change.mobile_phone.value_or(user.mobile_phone);
  user.email = change.email.value_or(user.email);
  user.comments = change.comments.value_or(user.comments);
  SR_CHECK_OK(check_user_fields(user));
  const std::string_view new_name = change.new_name.value_or(owner.user_name);
  if (new_name != owner.user_name) {
    SR_CHECK_OK(check_user_name(new_name, "NewUserName"));
    SR_TRY(const RecordRef taken, read_if_there(txn, user_address({owner.account, new_name})));
    if (taken) return std::unexpected(user_exists(new_name));
    SR_CHECK_OK(move_rows(txn, holder, new_name, random_));
    SR_CHECK_OK(rename_name(txn, {owner.account, kUserList}, owner.user_name, new_name, random_));
    user.name = new_name;
  }
  put_user(txn, holder.user, holder.record->resource());
  return user;
}

Result<void> Directory::delete_user(Transaction& txn, const Owner& owner) {
  SR_TRY(const UserRecord record, read_user(txn, owner));
  if (!record.access_key_ids.empty()) {
    return fail(
        ErrorKind::kConflict, "DeleteConflict.User.AccessKey",
        "The user can not has any access key while deleting. Delete its access keys first.");
  }
  SR_CHECK_OK(remove_attachments(txn, {EntityKind::kUser, owner.account, owner.user_name}));
  SR_TRY(const auto login, read_login(txn, owner));
  if (login.record) SR_CHECK_OK(console_.delete_login(txn, owner));
  SR_TRY(const LinkList groups, read_links(txn, user_groups_address(owner)));
  if (!groups.links.empty()) {
    return fail(ErrorKind::kConflict, "DeleteConflict.User.Group",
                "The user can not has any group while deleting. Remove it from its groups first.");
  }
  SR_CHECK_OK(remove_name(txn, {owner.account, kUserList}, owner.user_name, random_));
  txn.remove(user_address(owner));
  return {};
}

Result<UserPage> Directory::list_users(barrier::Reader& reader, AccountId account,
                                       std::string_view marker, std::size_t max) {
  SR_TRY(NamePage names, read_page(reader, {account, kUserList}, marker, max));
  UserPage page{.users = {}, .next = std::move(names.next)};
  for (const std::string& name : names.names) {
    SR_TRY(User user, get_user(reader, account, name));
    page.users.push_back(std::move(user));
  }
  return page;
}

}  // namespace strongroom::identity
