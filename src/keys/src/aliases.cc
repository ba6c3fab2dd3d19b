// Other names of keys (openapi.md §7.5). Row and head change together, so each knows of the other.

#include <algorithm>

#include "errors.h"
#include "record.h"
#include "strongroom/base/limits.h"
#include "strongroom/keys/keys.h"

namespace strongroom::keys {
namespace {

using barrier::RecordType;

Result<Alias> read_alias(barrier::Reader& reader, AccountId account, std::string_view alias) {
  // Names beyond what an alias can be are nobody's.
  if (alias.size() > limits::kAliasCharsMax) return alias_not_found();
  auto record = reader.read({RecordType::kAlias, account, alias});
  if (!record && record.error().kind() == ErrorKind::kNotFound) return alias_not_found();
  if (!record) return std::unexpected(record.error());
  return decode_alias(*record);
}

}  // namespace

std::string Keys::alias_arn(AccountId account, std::string_view alias) const {
  return "acs:kms:" + region_ + ":" + account.text() + ":" + std::string(alias);
}

Result<std::string> Keys::key_of_alias(barrier::Reader& reader, AccountId account,
                                       std::string_view alias) const {
  SR_TRY(Alias found, read_alias(reader, account, alias));
  return std::move(found.key_id);
}

void Keys::write_alias(barrier::Transaction& transaction, const Key& key, std::string_view alias,
                       Instant created) const {
  const std::string body = encode(Alias{key.account, std::string(alias), key.id, created});
  transaction.put({RecordType::kAlias, key.account, alias}, Uuid(), as_bytes(body));
}

Result<void> Keys::create_alias(barrier::Transaction& transaction, Key key, std::string_view alias,
                                Instant now) {
  SR_CHECK_OK(check_alias(alias));
  const auto existing = read_alias(transaction, key.account, alias);
  if (existing) {
    return fail(ErrorKind::kInvalidInput, "AliasAlreadyExists",
                "AliasName Already Exists. Choose another name, or move it with UpdateAlias.");
  }
  if (existing.error().kind() != ErrorKind::kNotFound) return std::unexpected(existing.error());
  SR_CHECK_OK(permit(KeyAction::kCreateAlias, key.state));
  if (key.aliases.size() >= limits::kAliasesPerKeyMax ||
      alias_index_.count(key.account) >= limits::kAliasesPerAccountMax) {
    return fail(ErrorKind::kExhausted, "Rejected.LimitExceeded",
                "The request was rejected because user create resource limit was exceeded: a key "
                "can have 50 aliases, an account 10000.");
  }
  write_alias(transaction, key, alias, now);
  key.aliases.emplace_back(alias);
  save(transaction, key);
  transaction.after_commit([this, account = key.account, name = std::string(alias)] {
    alias_index_.add(account, name);
  });
  return {};
}

Result<void> Keys::update_alias(barrier::Transaction& transaction, std::string_view alias,
                                Key target) {
  SR_TRY(const Alias existing, read_alias(transaction, target.account, alias));
  SR_CHECK_OK(permit(KeyAction::kTakeAlias, target.state));
  if (existing.key_id == target.id) return {};
  if (target.aliases.size() >= limits::kAliasesPerKeyMax) {
    return fail(ErrorKind::kExhausted, "Rejected.LimitExceeded",
                "The request was rejected because user create resource limit was exceeded: a key "
                "can have 50 aliases.");
  }
  SR_TRY(Key before, find(transaction, target.account, existing.key_id));
  std::erase(before.aliases, alias);
  save(transaction, before);
  target.aliases.emplace_back(alias);
  save(transaction, target);
  write_alias(transaction, target, alias, existing.created);
  return {};
}

Result<void> Keys::delete_alias(barrier::Transaction& transaction, AccountId account,
                                std::string_view alias) {
  SR_TRY(const Alias existing, read_alias(transaction, account, alias));
  SR_TRY(Key key, find(transaction, account, existing.key_id));
  std::erase(key.aliases, alias);
  save(transaction, key);
  transaction.remove({RecordType::kAlias, account, alias});
  transaction.after_commit(
      [this, account, name = std::string(alias)] { alias_index_.remove(account, name); });
  return {};
}

}  // namespace strongroom::keys
