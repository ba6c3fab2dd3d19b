// Accounts and users.

#include <algorithm>

#include "last_use.h"
#include "new_key.h"
#include "rows.h"
#include "strongroom/base/limits.h"
#include "strongroom/identity/directory.h"
#include "user_rules.h"

namespace strongroom::identity {
namespace {

using barrier::RecordRef;
using barrier::Transaction;

// The sorted names of an account's users, with the resource id their record keeps.
struct NameList {
  Uuid resource;
  std::vector<std::string> names;
};

Result<NameList> read_names(barrier::Reader& reader, AccountId account, Random& random) {
  SR_TRY(const RecordRef record, read_if_there(reader, account_users_address(account)));
  if (!record) return NameList{.resource = Uuid::generate(random), .names = {}};
  SR_TRY(std::vector<std::string> names, decode_names(*record));
  return NameList{.resource = record->resource(), .names = std::move(names)};
}

void put_names(Transaction& txn, AccountId account, const NameList& list) {
  encode_names(list.names, [&](ByteView body) {
    txn.put(account_users_address(account), list.resource, body);
  });
}

void add_name(NameList& list, std::string_view name) {
  list.names.insert(std::ranges::lower_bound(list.names, name), std::string(name));
}

void remove_name(NameList& list, std::string_view name) {
  std::erase(list.names, name);
}

Error user_exists(std::string_view name) {
  return Error(ErrorKind::kConflict, "EntityAlreadyExists.User",
               "The user does already exist. UserName: " + std::string(name));
}

void put_user(Transaction& txn, const UserRecord& record, Uuid resource) {
  const Owner owner{record.account, record.user.name};
  encode(record, [&](ByteView body) { txn.put(user_address(owner), resource, body); });
}

std::string new_user_id(Random& random) {
  constexpr std::uint64_t kLow = 200'000'000'000'000'000;  // 18 digits
  constexpr std::uint64_t kSpan = 100'000'000'000'000'000;
  std::uint8_t bytes[8];
  random.fill(bytes);
  return std::to_string(kLow + load_u64(reinterpret_cast<const char*>(bytes)) % kSpan);
}

// Everything that is filed under the user's name, filed under the new one instead.
Result<void> move_rows(Transaction& txn, const Holder& holder, std::string_view new_name) {
  const Owner from = holder.owner;
  const Owner to{from.account, new_name};
  txn.remove(user_address(from));
  SR_TRY(const RecordRef policies, read_if_there(txn, policies_address(from)));
  if (policies) {
    SR_TRY(const auto attached, decode_policies(*policies));
    SR_TRY(const RecordRef taken, read_if_there(txn, policies_address(to)));
    if (taken) return internal_error("policies without a user");
    encode_policies(attached, [&](ByteView body) {
      txn.put(policies_address(to), policies->resource(), body);
    });
    txn.remove(policies_address(from));
  }
  for (const std::string& key_id : holder.user.access_key_ids) {
    SR_TRY(HeldKey held, read_held_key(txn, from, key_id));
    held.key.user_name = new_name;
    encode(fields_of(held.key),
           [&](ByteView body) { txn.put(key_address(key_id), held.record->resource(), body); });
  }
  return {};
}

}  // namespace

Directory::Directory(Random& random) : random_(random), last_use_(std::make_unique<LastUse>()) {}

Directory::~Directory() = default;

Result<IssuedAccessKey> Directory::create_account(Transaction& txn, AccountId id, Instant now) {
  SR_TRY(const bool taken, has_account(txn, id));
  if (taken) {
    return fail(ErrorKind::kConflict, "EntityAlreadyExists.Account",
                "The account " + id.text() + " exists already.");
  }
  SR_TRY(IssuedAccessKey issued, issue_key(random_, now));
  const AccountRecord account{.created = now, .access_key_ids = {issued.id}};
  encode(account,
         [&](ByteView body) { txn.put(account_address(id), Uuid::generate(random_), body); });
  SR_CHECK_OK(put_new_key(txn, {id, ""}, {issued.id, issued.secret}, {now, random_}));
  return issued;
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
  SR_TRY(NameList list, read_names(txn, account, random_));
  if (list.names.size() >= limits::kUsersPerAccountMax) {
    return fail(ErrorKind::kExhausted, "LimitExceeded.User",
                "The count of users beyond the current limits of " +
                    std::to_string(limits::kUsersPerAccountMax) +
                    ". Delete a user that is no longer needed.");
  }
  user.id = new_user_id(random_);
  user.created = now;
  user.updated = now;
  const UserRecord record{.account = account, .user = std::move(user), .access_key_ids = {}};
  put_user(txn, record, Uuid::generate(random_));
  add_name(list, record.user.name);
  put_names(txn, account, list);
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
    SR_CHECK_OK(move_rows(txn, holder, new_name));
    SR_TRY(NameList list, read_names(txn, owner.account, random_));
    remove_name(list, owner.user_name);
    add_name(list, new_name);
    put_names(txn, owner.account, list);
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
  SR_TRY(const RecordRef policies, read_if_there(txn, policies_address(owner)));
  if (policies) {
    SR_TRY(const auto attached, decode_policies(*policies));
    if (!attached.empty()) {
      return fail(ErrorKind::kConflict, "DeleteConflict.User.Policy",
                  "The user can not has any policy while deleting. Detach its policies first.");
    }
    txn.remove(policies_address(owner));
  }
  SR_TRY(NameList list, read_names(txn, owner.account, random_));
  remove_name(list, owner.user_name);
  put_names(txn, owner.account, list);
  txn.remove(user_address(owner));
  return {};
}

Result<UserPage> Directory::list_users(barrier::Reader& reader, AccountId account,
                                       std::string_view marker, std::size_t max) {
  if (!marker.empty() && !check_user_name(marker, "Marker")) {
    return fail(ErrorKind::kInvalidInput, "InvalidParameter.Marker",
                "The parameter - \"Marker\" is not one that ListUsers returned.");
  }
  SR_TRY(const NameList list, read_names(reader, account, random_));
  UserPage page;
  for (auto name = std::ranges::upper_bound(list.names, marker); name != list.names.end(); ++name) {
    if (page.users.size() == max) {
      page.next = page.users.back().name;
      break;
    }
    SR_TRY(User user, get_user(reader, account, *name));
    page.users.push_back(std::move(user));
  }
  return page;
}

}  // namespace strongroom::identity
