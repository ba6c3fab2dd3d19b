// Access keys and their last-used facts.

#include <algorithm>
#include <array>

#include "last_use.h"
#include "new_key.h"
#include "rows.h"
#include "strongroom/base/limits.h"
#include "strongroom/identity/directory.h"

namespace strongroom::identity {
namespace {

using barrier::RecordRef;
using barrier::Transaction;

constexpr std::string_view kKeyIdPrefix = "LTAI5t";
constexpr std::size_t kKeyIdRandomChars = 18;
constexpr std::size_t kSecretChars = 30;
constexpr std::size_t kFlushBatch = limits::kCommitOperationsMax / 3;  // two reads and a put each

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Result<void> check_given_key(const GivenAccessKey& key) {
  const bool id_ok = key.id.starts_with("LTAI") && key.id.size() >= 16 && key.id.size() <= 64 &&
                     std::ranges::all_of(key.id, is_alphanumeric);
  if (!id_ok) {
    return fail(ErrorKind::kInvalidInput, "InvalidParameter.AccessKeyId",
                "An AccessKeyId is \"LTAI\" followed by 12 to 60 letters and digits.");
  }
  if (key.secret.size() < 16 || key.secret.size() > 128) {
    return fail(ErrorKind::kInvalidInput, "InvalidParameter.AccessKeySecret",
                "An AccessKeySecret has 16 to 128 characters.");
  }
  return {};
}

// Adds a key to its owner: the owner's list and the key's record.
Result<void> add_key(Transaction& txn, const Owner& owner, const GivenAccessKey& key,
                     const Birth& birth) {
  SR_TRY(Holder holder, read_holder(txn, owner));
  if (holder.key_ids().size() >= limits::kAccessKeysPerUserMax) {
    return fail(ErrorKind::kExhausted, "LimitExceeded.User.AccessKey",
                "The count of access keys beyond the current limits of " +
                    std::to_string(limits::kAccessKeysPerUserMax) +
                    ". Delete one that is no longer used.");
  }
  SR_CHECK_OK(put_new_key(txn, owner, key, birth));
  holder.key_ids().emplace_back(key.id);
  put_holder(txn, holder);
  return {};
}

// Puts what the cells say into one transaction. A key that is gone has no fact to keep.
Result<void> put_uses(Transaction& txn, std::span<const std::shared_ptr<UseCell>> cells,
                      std::span<const std::int64_t> times) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string& key_id = cells[i]->key_id;
    SR_TRY(const RecordRef key, read_if_there(txn, key_address(key_id)));
    if (!key) continue;
    SR_TRY(const RecordRef use, read_if_there(txn, use_address(key_id)));
    encode_use({times[i]},
               [&](ByteView body) { txn.put(use_address(key_id), key->resource(), body); });
  }
  return {};
}

}  // namespace

Result<IssuedAccessKey> issue_key(Random& random, Instant now) {
  std::array<std::uint8_t, kKeyIdRandomChars> tail;
  fill_alphanumeric(random, tail);
  std::array<std::uint8_t, kSecretChars> secret;
  fill_alphanumeric(random, secret);
  SR_TRY(SecretBytes held, SecretBytes::take(secret));
  return IssuedAccessKey{.id = std::string(kKeyIdPrefix) + std::string(as_chars(tail)),
                         .secret = std::move(held),
                         .created = now};
}

Result<void> put_new_key(Transaction& txn, const Owner& owner, const GivenAccessKey& key,
                         const Birth& birth) {
  SR_TRY(const RecordRef taken, read_if_there(txn, key_address(key.id)));
  if (taken) {
    return fail(ErrorKind::kConflict, "EntityAlreadyExists.User.AccessKey",
                "The access key " + std::string(key.id) + " exists already.");
  }
  const AccessKeyFields fields{owner.account, owner.user_name, key.secret, true, birth.now};
  encode(fields,
         [&](ByteView body) { txn.put(key_address(key.id), Uuid::generate(birth.random), body); });
  return {};
}

Result<IssuedAccessKey> Directory::create_access_key(Transaction& txn, const Owner& owner,
                                                     Instant now) {
  SR_TRY(IssuedAccessKey issued, issue_key(random_, now));
  SR_CHECK_OK(add_key(txn, owner, {issued.id, issued.secret}, {now, random_}));
  return issued;
}

Result<void> Directory::import_access_key(Transaction& txn, const Owner& owner,
                                          const GivenAccessKey& key, Instant now) {
  SR_CHECK_OK(check_given_key(key));
  return add_key(txn, owner, key, {now, random_});
}

Result<std::vector<AccessKeyInfo>> Directory::list_access_keys(barrier::Reader& reader,
                                                               const Owner& owner) {
  SR_TRY(Holder holder, read_holder(reader, owner));
  std::vector<AccessKeyInfo> keys;
  for (const std::string& key_id : holder.key_ids()) {
    SR_TRY(const HeldKey held, read_held_key(reader, owner, key_id));
    keys.push_back({.id = key_id, .active = held.key.active, .created = held.key.created});
  }
  return keys;
}

Result<void> Directory::set_access_key_active(Transaction& txn, const Owner& owner,
                                              std::string_view key_id, bool active) {
  SR_TRY(const Holder holder, read_holder(txn, owner));
  SR_TRY(HeldKey held, read_held_key(txn, owner, key_id));
  held.key.active = active;
  encode(fields_of(held.key),
         [&](ByteView body) { txn.put(key_address(key_id), held.record->resource(), body); });
  return {};
}

Result<void> Directory::delete_access_key(Transaction& txn, const Owner& owner,
                                          std::string_view key_id) {
  SR_TRY(Holder holder, read_holder(txn, owner));
  SR_CHECK_OK(read_held_key(txn, owner, key_id));
  txn.remove(key_address(key_id));
  SR_TRY(const RecordRef use, read_if_there(txn, use_address(key_id)));
  if (use) txn.remove(use_address(key_id));
  std::erase(holder.key_ids(), key_id);
  put_holder(txn, holder);
  return {};
}

Result<std::optional<Instant>> Directory::access_key_last_used(barrier::Reader& reader,
                                                               const Owner& owner,
                                                               std::string_view key_id) {
  SR_TRY(const Holder holder, read_holder(reader, owner));
  SR_TRY(const HeldKey held, read_held_key(reader, owner, key_id));
  std::int64_t last_ms = 0;
  if (const auto cell = last_use_->find(key_id)) last_ms = cell->last_ms.load();
  SR_TRY(const RecordRef use, read_if_there(reader, use_address(key_id)));
  if (use) {
    SR_TRY(const Instant stored, decode_use(*use));
    last_ms = std::max(last_ms, stored.unix_ms);
  }
  if (last_ms == 0) return std::nullopt;
  return Instant{last_ms};
}

Result<std::size_t> Directory::flush_last_use(barrier::SealedStore& store) {
  const std::vector<std::shared_ptr<UseCell>> all = last_use_->unflushed();
  std::size_t written = 0;
  for (std::size_t first = 0; first < all.size(); first += kFlushBatch) {
    const auto cells = std::span(all).subspan(first, std::min(kFlushBatch, all.size() - first));
    std::vector<std::int64_t> times;
    for (const auto& cell : cells) times.push_back(cell->last_ms.load());
    SR_TRY(const auto txn, store.begin());
    SR_CHECK_OK(put_uses(*txn, cells, times));
    const auto committed = txn->commit();
    if (!committed && committed.error().kind() == ErrorKind::kConflict) continue;
    SR_CHECK_OK(committed);
    for (std::size_t i = 0; i < cells.size(); ++i) cells[i]->flushed_ms.store(times[i]);
    written += cells.size();
  }
  return written;
}

}  // namespace strongroom::identity
