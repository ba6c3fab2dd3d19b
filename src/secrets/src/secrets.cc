#include "strongroom/secrets/secrets.h"

#include <algorithm>

#include "errors.h"
#include "strongroom/barrier/aad.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/ct_equal.h"
#include "strongroom/secrets/transition.h"

namespace strongroom::secrets {

using barrier::RecordType;

std::string Secrets::arn(AccountId account, std::string_view name) const {
  return "acs:kms:" + region_ + ":" + account.text() + ":secret/" + std::string(name);
}

Result<SecretView> Secrets::view(barrier::Reader& reader, AccountId account,
                                 std::string_view name) const {
  if (name.empty() || name.size() > limits::kSecretNameCharsMax) return no_such_secret();
  auto record = reader.read({RecordType::kSecret, account, name});
  if (!record) {
    if (record.error().kind() == ErrorKind::kNotFound) return no_such_secret();
    return std::unexpected(record.error());
  }
  SR_TRY(SecretView secret, SecretView::of(std::move(*record)));
  if (secret.account() != account || secret.name() != name) {
    return fail(ErrorKind::kCorrupt, "CorruptRecord", "A secret's record names another secret.");
  }
  return secret;
}

Result<SecretView> Secrets::live_view(barrier::Reader& reader, AccountId account,
                                      std::string_view name) const {
  SR_TRY(SecretView secret, view(reader, account, name));
  return live_only(std::move(secret));
}

Result<SecretView> Secrets::live_only(SecretView secret) {
  if (secret.planned_delete() != Instant{}) return in_delete_window();
  return secret;
}

Result<void> Secrets::require_free(barrier::Transaction& transaction, AccountId account,
                                   std::string_view name) const {
  const auto existing = view(transaction, account, name);
  if (!existing) {
    if (existing.error().kind() == ErrorKind::kNotFound) return {};
    return std::unexpected(existing.error());
  }
  if (existing->planned_delete() != Instant{}) {
    return fail(ErrorKind::kConflict, "Rejected.ResourceInDeleteWindow",
                "The secret is planned to be deleted. Restore it, or delete it with "
                "ForceDeleteWithoutRecovery to use its "
                "name again.");
  }
  return fail(ErrorKind::kConflict, "Rejected.ResourceExist",
              "The resource already exists. Put a new version into it with PutSecretValue.");
}

Result<Secrets::SealedVersion> Secrets::make_version(const Secret& secret, Wanted wanted,
                                                     const keys::WrappingKey& key,
                                                     const SecretBytes& value) const {
  Version version;
  version.id = std::move(wanted.id);
  version.created = wanted.created;
  version.data_type = wanted.data_type;
  version.key_id = key.key_id;
  version.key_version = key.version_id;
  SR_TRY(Sealed sealed, seal(secret, version, key, value));
  version.commitment = sealed.commitment;
  return SealedVersion{std::move(version), std::move(sealed.row)};
}

// Of the version that was added last.
void Secrets::put_row(barrier::Transaction& transaction, const Secret& secret,
                      std::string row) const {
  transaction.put_raw(
      {RecordType::kSecretVersion, secret.account, secret.name, secret.versions.back().serial},
      std::move(row));
}

void Secrets::remove_rows(barrier::Transaction& transaction, const Secret& secret,
                          std::span<const std::uint32_t> serials) const {
  for (const std::uint32_t serial : serials)
    transaction.remove({RecordType::kSecretVersion, secret.account, secret.name, serial});
}

Result<Secret> Secrets::create(barrier::Transaction& transaction, NewSecret asked,
                               const SecretBytes& value, const keys::WrappingKey& key,
                               Instant now) {
  SR_CHECK_OK(asked.owing_service.empty() ? check_name(asked.name, asked.type)
                                          : check_own_name(asked.name));
  SR_CHECK_OK(check_description(asked.description));
  if (index_.count(asked.account) >= limits::kSecretsPerAccountMax) {
    return fail(
        ErrorKind::kExhausted, "Rejected.LimitExceeded",
        "exceed secret limits error: this account has as many secrets as the server keeps.");
  }
  Secret secret;
  secret.account = asked.account;
  secret.uuid = Uuid::generate(random_);
  secret.name = std::move(asked.name);
  secret.description = std::move(asked.description);
  secret.tags = std::move(asked.tags);
  secret.creator = std::move(asked.creator);
  secret.created = now;
  secret.encryption_key_id = key.key_id;
  secret.default_key = key.service_default && !asked.key_named;
  secret.instance_id = std::move(asked.instance_id);
  secret.policy = std::move(asked.policy);
  secret.owing_service = std::move(asked.owing_service);
  secret.type = asked.type;
  secret.extended_config = std::move(asked.extended_config);
  secret.rotation = asked.rotation;
  SR_TRY(SealedVersion first,
         make_version(secret, {std::move(asked.version_id), asked.data_type, now}, key, value));
  const std::string_view current[] = {kCurrent};
  SR_TRY(VersionAdded added, insert_version(std::move(secret), std::move(first.version), current));
  put_row(transaction, added.after, std::move(first.row));
  if (asked.previous_value != nullptr) {
    SR_TRY(SealedVersion second, make_version(added.after, {std::move(asked.previous_id), {}, now},
                                              key, *asked.previous_value));
    const std::string_view previous[] = {kPrevious};
    SR_TRY(added, insert_version(std::move(added.after), std::move(second.version), previous));
    put_row(transaction, added.after, std::move(second.row));
  }
  save(transaction, added.after);
  transaction.after_commit([this, account = added.after.account, name = added.after.name,
                            place = std::move(asked.place)] {
    if (place) place->confirm();
    index_.add(account, name);
  });
  return std::move(added.after);
}

Result<std::vector<std::string>> Secrets::put(barrier::Transaction& transaction,
                                              const SecretView& view, const NewVersion& asked,
                                              const SecretBytes& value, Instant now) {
  Secret secret = view.decode();
  SR_CHECK_OK(require_live(secret));
  if (const Version* existing = secret.find_version(asked.version_id);
      existing != nullptr && secret.type == SecretType::kGeneric) {
    SR_TRY(const VersionView stored, view.select(asked.version_id, ""));
    SR_TRY(const keys::UseStatus key, keys_.status(transaction, secret.account, existing->key_id));
    SR_TRY(const SecretBytes current, open(transaction, view, stored, key));
    // Labels are not compared (semantics.md §1.3).
    if (crypto::ct_equal(current, value) && existing->data_type == asked.data_type)
      return existing->labels;
  }
  SR_TRY(const keys::WrappingKey key,
         keys_.wrapping_key(transaction, secret.account, secret.encryption_key_id));
  SR_TRY(SealedVersion made,
         make_version(secret, {asked.version_id, asked.data_type, now}, key, value));
  SR_TRY(const VersionAdded added,
         add_version(std::move(secret), std::move(made.version), asked.labels));
  save(transaction, added.after);
  put_row(transaction, added.after, std::move(made.row));
  remove_rows(transaction, added.after, added.evicted);
  return added.after.versions.back().labels;
}

Result<Secret> Secrets::put_pending(barrier::Transaction& transaction, Secret secret,
                                    std::string_view version_id, const SecretBytes& value,
                                    Instant now) {
  SR_TRY(const keys::WrappingKey key,
         keys_.wrapping_key(transaction, secret.account, secret.encryption_key_id));
  SR_TRY(SealedVersion made,
         make_version(secret, {std::string(version_id), DataType::kText, now}, key, value));
  SR_TRY(VersionAdded added, add_pending(std::move(secret), std::move(made.version)));
  put_row(transaction, added.after, std::move(made.row));
  remove_rows(transaction, added.after, added.evicted);
  return std::move(added.after);
}

Secret Secrets::drop_pending(barrier::Transaction& transaction, Secret secret) const {
  VersionAdded dropped = secrets::drop_pending(std::move(secret));
  remove_rows(transaction, dropped.after, dropped.evicted);
  return std::move(dropped.after);
}

void Secrets::save(barrier::Transaction& transaction, const Secret& secret) const {
  const std::string body = encode(secret);
  transaction.put({RecordType::kSecret, secret.account, secret.name}, secret.uuid, as_bytes(body));
}

Result<void> Secrets::plan_deletion(barrier::Transaction& transaction, Secret secret,
                                    Instant when) const {
  SR_TRY(const Secret planned, secrets::plan_deletion(std::move(secret), when));
  save(transaction, planned);
  due::schedule(transaction, when,
                {due::Kind::kPurgeSecret, planned.account, planned.name, planned.uuid});
  return {};
}

void Secrets::remove(barrier::Transaction& transaction, const Secret& secret, Instant now) {
  for (const Version& version : secret.versions) {
    transaction.remove({RecordType::kSecretVersion, secret.account, secret.name, version.serial});
  }
  transaction.remove({RecordType::kSecret, secret.account, secret.name});
  due::record(transaction, now,
              {"Secret:DeleteSecret:Success", secret.account, arn(secret.account, secret.name)});
  transaction.after_commit(
      [this, account = secret.account, name = secret.name, instance = secret.instance_id] {
        if (index_.remove(account, name)) usage_.remove(account, instance, 1);
      });
}

Result<bool> Secrets::purge_due(barrier::Transaction& transaction, const due::Task& task,
                                Instant now) {
  const auto found = view(transaction, task.account, task.name);
  if (!found) {
    if (found.error().kind() == ErrorKind::kNotFound) return false;
    return std::unexpected(found.error());
  }
  const Instant planned = found->planned_delete();
  if (found->uuid() != task.resource || planned == Instant{} || planned > now) return false;
  remove(transaction, found->decode(), now);
  return true;
}

}  // namespace strongroom::secrets
