#pragma once
// Where identity's records lie, and the small steps that every operation of the directory repeats.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records.h"
#include "strongroom/barrier/sealed_store.h"

namespace strongroom::identity {

barrier::Address account_address(AccountId account);
barrier::Address account_users_address(AccountId account);
barrier::Address user_address(const Owner& user);
barrier::Address key_address(std::string_view key_id);
barrier::Address use_address(std::string_view key_id);

/// The record, or null if it is absent.
Result<barrier::RecordRef> read_if_there(barrier::Reader& reader, const barrier::Address& address);

/// An owner of access keys, read from its record.
struct Holder {
  Owner owner;
  barrier::RecordRef record;
  AccountRecord account;  // if owner.user_name is empty
  UserRecord user;        // else

  bool is_root() const { return owner.user_name.empty(); }
  std::vector<std::string>& key_ids() {
    return is_root() ? account.access_key_ids : user.access_key_ids;
  }
};
/// EntityNotExist.User, EntityNotExist.Account.
Result<Holder> read_holder(barrier::Reader& reader, const Owner& owner);
void put_holder(barrier::Transaction& txn, const Holder& holder);

/// The user's record. EntityNotExist.User.
Result<UserRecord> read_user(barrier::Reader& reader, const Owner& user);

/// A key of this owner with its record. EntityNotExist.User.AccessKey.
struct HeldKey {
  barrier::RecordRef record;
  AccessKeyRecord key;
};
Result<HeldKey> read_held_key(barrier::Reader& reader, const Owner& owner, std::string_view key_id);

Error no_such_user(std::string_view name);
Error no_such_key(std::string_view key_id);

/// `size` random characters of [A-Za-z0-9], evenly distributed.
void fill_alphanumeric(Random& random, std::span<std::uint8_t> out);

}  // namespace strongroom::identity
