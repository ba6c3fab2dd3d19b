#include "strongroom/keys/keys.h"

#include <array>

#include "errors.h"
#include "record.h"
#include "reveal.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/random_text.h"
#include "strongroom/crypto/kdf.h"

namespace strongroom::keys {
namespace {

using barrier::RecordType;

constexpr std::size_t kInstanceKeyIdTail = 17;  // openapi.md §3.2

Result<barrier::RecordRef> read(barrier::Reader& reader, const barrier::Address& address) {
  auto record = reader.read(address);
  if (!record && record.error().kind() == ErrorKind::kNotFound) return key_not_found();
  return record;
}

/// What wraps data keys of secrets: 32 bytes whatever the spec (docs/formats/key.md).
Result<SecretBytes> wrapping_bytes(Material material) {
  if (material.bytes.size() == material_bytes(KeySpec::kAes256)) return std::move(material.bytes);
  const std::string context = material.key_id + '\0' + material.version_id;
  return crypto::kbkdf(material.bytes, "SRWRAP1", as_bytes(context),
                       material_bytes(KeySpec::kAes256));
}

Result<void> require_symmetric(KeySpec spec) {
  if (is_symmetric(spec)) return {};
  return unsupported_spec("The key is of spec " + std::string(to_text(spec)) +
                          "; this needs a symmetric key.");
}

}  // namespace

void Keys::forget_parsed_keys() {
  static std::atomic<std::uint64_t> next{1};
  parsed_generation_.store(next.fetch_add(1));
}

std::string Keys::arn(AccountId account, std::string_view id) const {
  constexpr std::size_t kRest = 32;  // "acs:kms:", an account, ":key/" and a colon
  std::string arn;
  arn.reserve(region_.size() + id.size() + kRest);  // one allocation: each Decrypt comes here
  arn.append("acs:kms:").append(region_).append(":").append(account.text());
  return arn.append(":key/").append(id);
}

Result<Key> Keys::find(barrier::Reader& reader, AccountId account, std::string_view id) const {
  SR_TRY(const barrier::RecordRef record, read(reader, {RecordType::kKey, account, id}));
  return decode(record);
}

Result<UseStatus> Keys::status(barrier::Reader& reader, AccountId account,
                               std::string_view id) const {
  SR_TRY(const barrier::RecordRef record, read(reader, {RecordType::kKey, account, id}));
  return decode_status(record, clock_);
}

Result<std::string> Keys::key_of_version(barrier::Reader& reader, AccountId account,
                                         std::string_view version_id) const {
  SR_TRY(const barrier::RecordRef record,
         read(reader, {RecordType::kKeyMaterial, account, version_id}));
  return decode_material_key_id(record);
}

Result<UsableVersion> Keys::usable(barrier::Reader& reader, AccountId account,
                                   std::string_view key_id, std::string_view version_id) const {
  SR_TRY(const barrier::RecordRef head, read(reader, {RecordType::kKey, account, key_id}));
  SR_TRY(const UseStatus use, decode_status(head, clock_));
  UsableVersion version{.key_id = std::string(key_id),
                        .version_id = {},
                        .spec = use.spec,
                        .usage = use.usage,
                        .record = nullptr};
  SR_TRY(version.version_id, decode_version_id(head, version_id));
  SR_CHECK_OK(permit(KeyAction::kUse, use.state));
  SR_TRY(version.record, read(reader, {RecordType::kKeyMaterial, account, version.version_id}));
  SR_TRY(const bool fits, belongs_to(version.record, key_id));
  if (!fits) return key_not_found();
  return version;
}

Result<std::string> Keys::first_version(barrier::Reader& reader, AccountId account,
                                        std::string_view key_id) const {
  SR_TRY(const barrier::RecordRef head, read(reader, {RecordType::kKey, account, key_id}));
  return decode_first_version_id(head);
}

Result<SecretBytes> Keys::material(barrier::Reader& reader, AccountId account,
                                   std::string_view key_id, std::string_view version_id) const {
  SR_TRY(const barrier::RecordRef record,
         read(reader, {RecordType::kKeyMaterial, account, version_id}));
  SR_TRY(Material material, decode_material(record));
  if (material.key_id != key_id || material.version_id != version_id) return key_not_found();
  if (material.bytes.empty()) return key_not_found();  // imported, and deleted
  return wrapping_bytes(std::move(material));
}

Result<SecretBytes> Keys::add_version(barrier::Transaction& transaction, Key& key,
                                      Instant now) const {
  key.versions.push_back(
      {Uuid::generate(random_).lower(), static_cast<std::uint32_t>(key.versions.size() + 1), now});
  // Callers of key pairs name the version they mean; the first stays what it was.
  if (key.has_primary()) key.primary = key.versions.back().serial;
  if (key.origin == KeyOrigin::kExternal) return SecretBytes();
  return make_material(transaction, key, key.versions.back());
}

Result<SecretBytes> Keys::make_material(barrier::Transaction& transaction, const Key& key,
                                        const KeyVersion& version) const {
  SecretBytes bytes;
  if (is_asymmetric(key.spec)) {
    SR_TRY(const crypto::PrivateKey pair, crypto::PrivateKey::generate(kind_of(key.spec)));
    SR_TRY(bytes, pair.to_pkcs8());
  } else {
    SR_TRY(bytes, random_bytes(material_bytes(key.spec)));
  }
  put_material(transaction, key, version, KeysReveal::view(bytes));
  return bytes;
}

Result<Key> Keys::create(barrier::Transaction& transaction, NewKey asked, Instant now) {
  if (index_.count(asked.account) >= limits::kKeysPerAccountMax) {
    return fail(ErrorKind::kExhausted, "Rejected.LimitExceeded",
                "The request was rejected because user create resource limit was exceeded: an "
                "account can have 10000 keys.");
  }
  SR_TRY(Created created, make(transaction, std::move(asked), now));
  return std::move(created.key);
}

Result<Keys::Created> Keys::make(barrier::Transaction& transaction, NewKey asked, Instant now) {
  Key key;
  key.uuid = Uuid::generate(random_);
  key.id =
      asked.instance_id.empty() ? key.uuid.lower() : random_id(random_, "key-", kInstanceKeyIdTail);
  key.account = asked.account;
  key.creator = std::move(asked.creator);
  key.created = now;
  key.last_rotation = now;
  key.tags = std::move(asked.tags);
  key.spec = asked.spec;
  key.usage = asked.usage;
  key.origin = asked.origin;
  key.protection = asked.protection;
  key.service_default = asked.service_default;
  key.instance_id = std::move(asked.instance_id);
  key.policy = std::move(asked.policy);
  SR_TRY(key, describe(std::move(key), asked.description));
  SR_TRY(SecretBytes material, add_version(transaction, key, now));
  if (key.origin == KeyOrigin::kExternal) {
    key.state = KeyState::kPendingImport;
    key.material_absent = true;
  }
  if (asked.rotation_interval_seconds != 0) {
    SR_TRY(key, set_rotation(std::move(key), asked.rotation_interval_seconds));
    schedule_rotation(transaction, key, now);
  }
  save(transaction, key);
  transaction.after_commit(
      [this, account = key.account, id = key.id, place = std::move(asked.place)] {
        if (place) place->confirm();
        index_.add(account, id);
      });
  return Created{std::move(key), std::move(material)};
}

void Keys::save(barrier::Transaction& transaction, const Key& key) const {
  const std::string body = encode(key);
  transaction.put({RecordType::kKey, key.account, key.id}, key.uuid, as_bytes(body));
}

Result<void> Keys::schedule_deletion(barrier::Transaction& transaction, Key key,
                                     Instant when) const {
  SR_TRY(key, keys::schedule_deletion(std::move(key), when));
  save(transaction, key);
  due::schedule(transaction, when, {due::Kind::kDeleteKey, key.account, key.id, key.uuid});
  return {};
}

Result<bool> Keys::delete_due(barrier::Transaction& transaction, const due::Task& task,
                              Instant now) {
  auto found = find(transaction, task.account, task.name);
  if (!found) {
    if (found.error().kind() == ErrorKind::kNotFound) return false;
    return std::unexpected(found.error());
  }
  const Key& key = *found;
  if (key.uuid != task.resource || key.state != KeyState::kPendingDeletion || key.delete_date > now)
    return false;
  const bool never_imported = key.origin == KeyOrigin::kExternal && key.imports == 0;
  for (const KeyVersion& version : key.versions) {
    if (never_imported) continue;  // it has no row
    transaction.remove({RecordType::kKeyMaterial, key.account, version.id});
  }
  for (const std::string& alias : key.aliases) {
    transaction.remove({RecordType::kAlias, key.account, alias});
  }
  transaction.remove({RecordType::kKey, key.account, key.id});
  due::record(transaction, now, {"Key:DeleteKey:Success", key.account, arn(key.account, key.id)});
  transaction.after_commit([this, account = key.account, id = key.id, instance = key.instance_id,
                            versions = key.versions.size(), aliases = key.aliases] {
    for (const std::string& alias : aliases) alias_index_.remove(account, alias);
    forget_parsed_keys();
    if (index_.remove(account, id)) usage_.remove(account, instance, versions);
  });
  return true;
}

Result<WrappingKey> Keys::wrapping_key(barrier::Reader& reader, AccountId account,
                                       std::string_view id) const {
  SR_TRY(const Key key, find(reader, account, id));
  const Instant now = clock_ == nullptr ? Instant{} : clock_->now();
  SR_CHECK_OK(permit(KeyAction::kUse, state_at(key.state, key.material_expires, now)));
  SR_CHECK_OK(require_symmetric(key.spec));
  const std::string& version_id = key.primary_version().id;
  SR_TRY(SecretBytes bytes, material(reader, account, key.id, version_id));
  return WrappingKey{key.id, version_id, key.service_default, key.instance_id, std::move(bytes)};
}

Result<std::optional<std::string>> Keys::default_key_id(barrier::Reader& reader,
                                                        AccountId account) const {
  const auto record = reader.read({RecordType::kDefaultKey, account, ""});
  if (!record) {
    if (record.error().kind() == ErrorKind::kNotFound) return std::optional<std::string>();
    return std::unexpected(record.error());
  }
  SR_TRY(std::string id, decode_default(*record));
  return std::optional(std::move(id));
}

Result<WrappingKey> Keys::default_wrapping_key(barrier::Transaction& transaction, AccountId account,
                                               Instant now) {
  SR_TRY(const std::optional<std::string> id, default_key_id(transaction, account));
  if (!id) return create_default(transaction, account, now);
  auto existing = wrapping_key(transaction, account, *id);
  if (!existing && existing.error().kind() == ErrorKind::kNotFound)
    return create_default(transaction, account, now);
  return existing;
}

Result<WrappingKey> Keys::create_default(barrier::Transaction& transaction, AccountId account,
                                         Instant now) {
  SR_TRY(Created made, make(transaction,
                            {.account = account,
                             .creator = account.text(),
                             .description = "Default key of this account for secrets",
                             .tags = {},
                             .protection = Protection::kSoftware,
                             .service_default = true},
                            now));
  const std::string pointer = encode_default(made.key.id);
  transaction.put({RecordType::kDefaultKey, account, ""}, Uuid(), as_bytes(pointer));
  return WrappingKey{
      made.key.id, made.key.primary_version().id, true, {}, std::move(made.material)};
}

std::vector<barrier::Visit> Keys::index_visits() {
  const auto visit = [this](const barrier::RecordRef& record) -> Result<void> {
    SR_TRY(const Key key, decode(record));
    if (index_.add_while_building(key.account, key.id)) {
      usage_.add(key.account, key.instance_id, key.versions.size());
    }
    return {};
  };
  const auto visit_alias = [this](const barrier::RecordRef& record) -> Result<void> {
    SR_TRY(const Alias alias, decode_alias(record));
    alias_index_.add_while_building(alias.account, alias.name);
    return {};
  };
  return {{RecordType::kKey, visit, [this] { index_.finish_building(); }},
          {RecordType::kAlias, visit_alias, [this] { alias_index_.finish_building(); }}};
}

}  // namespace strongroom::keys
