#include "rows.h"

#include "strongroom/base/random_text.h"

namespace strongroom::identity {

using barrier::Address;
using barrier::RecordRef;
using barrier::RecordType;

Address account_address(AccountId account) {
  return {.type = RecordType::kAccount, .account = account, .name = ""};
}
Address account_users_address(AccountId account) {
  return {.type = RecordType::kAccountUsers, .account = account, .name = ""};
}
Address user_address(const Owner& user) {
  return {.type = RecordType::kUser, .account = user.account, .name = user.user_name};
}
Address key_address(std::string_view key_id) {
  return {.type = RecordType::kAccessKey, .account = AccountId(), .name = key_id};
}
Address use_address(std::string_view key_id) {
  return {.type = RecordType::kAccessKeyUse, .account = AccountId(), .name = key_id};
}

Error no_such_user(std::string_view name) {
  return Error(ErrorKind::kNotFound, "EntityNotExist.User",
               "The user does not exist. UserName: " + std::string(name));
}

Error no_such_key(std::string_view key_id) {
  return Error(ErrorKind::kNotFound, "EntityNotExist.User.AccessKey",
               "The user does not have the access key. UserAccessKeyId: " + std::string(key_id));
}

Result<RecordRef> read_if_there(barrier::Reader& reader, const Address& address) {
  auto record = reader.read(address);
  if (!record && record.error().kind() == ErrorKind::kNotFound) return RecordRef();
  return record;
}

Result<UserRecord> read_user(barrier::Reader& reader, const Owner& user) {
  SR_TRY(Holder holder, read_holder(reader, user));
  return std::move(holder.user);
}

Result<Holder> read_holder(barrier::Reader& reader, const Owner& owner) {
  Holder holder{.owner = owner, .record = {}, .account = {}, .user = {}};
  const Address address = holder.is_root() ? account_address(owner.account) : user_address(owner);
  SR_TRY(holder.record, read_if_there(reader, address));
  if (holder.is_root()) {
    if (!holder.record) {
      return fail(ErrorKind::kNotFound, "EntityNotExist.Account", "The account does not exist.");
    }
    SR_TRY(holder.account, decode_account(*holder.record));
    return holder;
  }
  if (!holder.record) return std::unexpected(no_such_user(owner.user_name));
  SR_TRY(holder.user, decode_user(*holder.record));
  return holder;
}

void put_holder(barrier::Transaction& txn, const Holder& holder) {
  const Uuid resource = holder.record->resource();
  if (holder.is_root()) {
    encode(holder.account,
           [&](ByteView body) { txn.put(account_address(holder.owner.account), resource, body); });
  } else {
    encode(holder.user,
           [&](ByteView body) { txn.put(user_address(holder.owner), resource, body); });
  }
}

Result<HeldKey> read_held_key(barrier::Reader& reader, const Owner& owner,
                              std::string_view key_id) {
  HeldKey held;
  SR_TRY(held.record, read_if_there(reader, key_address(key_id)));
  if (!held.record) return std::unexpected(no_such_key(key_id));
  SR_TRY(held.key, decode_access_key(*held.record));
  if (held.key.account != owner.account || held.key.user_name != owner.user_name) {
    return std::unexpected(no_such_key(key_id));
  }
  return held;
}

void fill_alphanumeric(Random& random, std::span<std::uint8_t> out) {
  fill_from_alphabet(random, kAlphanumeric, out);
}

}  // namespace strongroom::identity
