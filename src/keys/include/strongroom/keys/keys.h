#pragma once
// Key management: heads, versions, aliases, rotation, imported material, the account's default key
// (openapi.md §7). What keys do is in cryptography.h.
//
// Every method works inside the reader or transaction it is given and commits nothing. Key material
// leaves only as SecretBytes, to `secrets` and to `Cryptography`. Thread-safe: the object holds the
// name indexes only.

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/name_index.h"
#include "strongroom/base/name_value.h"
#include "strongroom/base/random.h"
#include "strongroom/base/time.h"
#include "strongroom/base/usage_table.h"
#include "strongroom/due/due.h"
#include "strongroom/keys/blob.h"
#include "strongroom/keys/model.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::keys {

struct NewKey {
  AccountId account;
  std::string creator;  // the account's id as text
  std::string description;
  std::vector<Tag> tags = {};
  KeySpec spec = KeySpec::kAes256;
  KeyUsage usage = KeyUsage::kEncryptDecrypt;  // one that the spec allows
  KeyOrigin origin = KeyOrigin::kService;      // kExternal: symmetric only, waits for its material
  std::int64_t rotation_interval_seconds = 0;  // 0: no automatic rotation
  Protection protection = Protection::kSoftware;
  bool service_default = false;
  std::string instance_id = {};                         // empty: the shared service
  std::shared_ptr<UsageTable::Reservation> place = {};  // of the instance's quota, if in one
  std::string policy = {};                              // checked; empty: the default one
};

/// The key version that a secret's data keys are wrapped under, with 32 bytes for suite 1: the
/// material itself of an AES-256 key, derived from it otherwise (docs/formats/key.md).
struct WrappingKey {
  std::string key_id;
  std::string version_id;
  bool service_default = false;
  std::string instance_id = {};
  SecretBytes material;
};

struct Encrypted {
  std::string key_id;
  std::string version_id;
  std::string blob;  // the layout of openapi.md §8, not yet Base64
};

struct Decrypted {
  std::string key_id;
  std::string version_id;
  SecretBytes plaintext;
};

/// One version of a key that may be used now, its material still in the opened record.
struct UsableVersion {
  std::string key_id;
  std::string version_id;
  KeySpec spec = KeySpec::kAes256;
  KeyUsage usage = KeyUsage::kEncryptDecrypt;
  barrier::RecordRef record;
};

/// What GetParametersForImport answers.
struct ImportParameters {
  std::string public_key;  // SubjectPublicKeyInfo, DER
  std::string token;       // sealed; not yet Base64
  Instant expires;
};

struct ImportedMaterial {
  std::string_view token;
  ByteView wrapped;
  Instant expires;  // zero: never
};

class Keys {
 public:
  /// Store, random and clock must outlive this. `region` is for ARNs. Imported material ends when
  /// it expires by `clock`; without one, when the work that removes it is done.
  Keys(barrier::SealedStore& store, Random& random, std::string region,
       const Clock* clock = nullptr)
      : store_(store), random_(random), region_(std::move(region)), clock_(clock) {
    forget_parsed_keys();
  }

  /// acs:kms:<region>:<account>:key/<id>
  std::string arn(AccountId account, std::string_view id) const;

  /// 404 Forbidden.KeyNotFound if there is none. Reader errors pass through.
  Result<Key> find(barrier::Reader& reader, AccountId account, std::string_view id) const;
  Result<UseStatus> status(barrier::Reader& reader, AccountId account, std::string_view id) const;
  /// The key that a key version belongs to. 404 Forbidden.KeyNotFound.
  Result<std::string> key_of_version(barrier::Reader& reader, AccountId account,
                                     std::string_view version_id) const;
  /// One version of a key, which may be used now: the primary if `version_id` is empty. 404
  /// Forbidden.KeyNotFound, Forbidden.KeyVersionNotFound, or the 409s of permit().
  Result<UsableVersion> usable(barrier::Reader& reader, AccountId account, std::string_view key_id,
                               std::string_view version_id) const;
  /// The id of a key's first version. 404 Forbidden.KeyNotFound.
  Result<std::string> first_version(barrier::Reader& reader, AccountId account,
                                    std::string_view key_id) const;
  /// The 32 bytes that wrap secrets' data keys under one version (WrappingKey); 404
  /// Forbidden.KeyNotFound if it is gone or belongs to another key. The caller has judged the key's
  /// state.
  Result<SecretBytes> material(barrier::Reader& reader, AccountId account, std::string_view key_id,
                               std::string_view version_id) const;

  /// Makes a key with one version. 400 Rejected.LimitExceeded beyond limits::kKeysPerAccountMax.
  Result<Key> create(barrier::Transaction& transaction, NewKey asked, Instant now);
  /// Writes a changed key that this transaction read with find().
  void save(barrier::Transaction& transaction, const Key& key) const;
  /// ScheduleKeyDeletion: state, date and the due row.
  Result<void> schedule_deletion(barrier::Transaction& transaction, Key key, Instant when) const;
  /// The work of a due::Kind::kDeleteKey row: removes the key and its material for good. True if it
  /// did; false if the key was rescued or is another one. The caller removes the due row in the
  /// same transaction.
  Result<bool> delete_due(barrier::Transaction& transaction, const due::Task& task, Instant now);

  // --- versions and rotation (src/rotation.cc) ---

  /// CreateKeyVersion. 409 as kUse; 400 Rejected.UnsupportedOperation for imported keys,
  /// Rejected.LimitExceeded beyond limits::kVersionsPerKeyMax or within 7 days of the last version
  /// that was made by hand. `place` is of the instance's quota, if the key is in one.
  Result<KeyVersion> create_version(barrier::Transaction& transaction, Key key, Instant now,
                                    const std::shared_ptr<UsageTable::Reservation>& place = {});
  /// UpdateRotationPolicy; errors of set_rotation. The due row is written with it.
  Result<void> update_rotation(barrier::Transaction& transaction, Key key,
                               std::int64_t interval_seconds, Instant now) const;
  /// Writes a key that became Enabled again; a rotation that it missed falls due at once.
  void save_resumed(barrier::Transaction& transaction, const Key& key, Instant now) const;
  /// The work of a due::Kind::kRotateKey row; true if there is a new version.
  Result<bool> rotate_due(barrier::Transaction& transaction, const due::Task& task, Instant now);

  // --- aliases (src/aliases.cc) ---

  /// acs:kms:<region>:<account>:alias/<name>; `alias` has its prefix.
  std::string alias_arn(AccountId account, std::string_view alias) const;
  /// The id of the key that an alias names. 404 Forbidden.AliasNotFound.
  Result<std::string> key_of_alias(barrier::Reader& reader, AccountId account,
                                   std::string_view alias) const;
  /// 400 AliasAlreadyExists, InvalidParameter, Rejected.LimitExceeded; 409 of kCreateAlias.
  Result<void> create_alias(barrier::Transaction& transaction, Key key, std::string_view alias,
                            Instant now);
  /// Points an alias to another key. 404 Forbidden.AliasNotFound; 409 of kTakeAlias.
  Result<void> update_alias(barrier::Transaction& transaction, std::string_view alias, Key target);
  /// 404 Forbidden.AliasNotFound.
  Result<void> delete_alias(barrier::Transaction& transaction, AccountId account,
                            std::string_view alias);
  const NameIndex& alias_index() const { return alias_index_; }

  // --- imported material (src/import.cc) ---

  /// 400 Unsupported.Origin unless the key's origin is external, InvalidParameter for a scheme that
  /// does not fit `wrapping`. Makes a key pair: up to a second.
  Result<ImportParameters> import_parameters(const Key& key, crypto::KeyKind wrapping,
                                             crypto::EncryptionScheme scheme, Instant now) const;
  /// Takes the material; the key is Enabled afterwards. 400
  /// Unsupported.Origin, InvalidImportToken, ExpiredImportToken, InvalidKeyMaterial (one text:
  /// wrong padding, wrong size, other bytes than before), InvalidParameter for an expiry that is
  /// past; 409 of kImport.
  Result<void> import_material(barrier::Transaction& transaction, Key key,
                               const ImportedMaterial& material, Instant now);
  /// Removes imported material: PendingImport afterwards, or still PendingDeletion. 400
  /// Unsupported.Origin.
  Result<void> delete_material(barrier::Transaction& transaction, Key key);
  /// The work of a due::Kind::kExpireKeyMaterial row; true if material was removed.
  Result<bool> expire_due(barrier::Transaction& transaction, const due::Task& task, Instant now);

  // --- use ---

  /// An existing symmetric key, usable now: 404 Forbidden.KeyNotFound, the 409s of permit(), 400
  /// UnsupportedOperation for other specs.
  Result<WrappingKey> wrapping_key(barrier::Reader& reader, AccountId account,
                                   std::string_view id) const;
  /// The account's default key, made in this transaction if there is none (or it was deleted).
  Result<WrappingKey> default_wrapping_key(barrier::Transaction& transaction, AccountId account,
                                           Instant now);
  /// Its id, or nothing before its first use.
  Result<std::optional<std::string>> default_key_id(barrier::Reader& reader,
                                                    AccountId account) const;

  /// Under the primary version; `aad` from encryption_context_aad. 404, 409 and 400 as
  /// wrapping_key.
  Result<Encrypted> encrypt(barrier::Reader& reader, AccountId account, std::string_view key_id,
                            const SecretBytes& plaintext, std::string_view aad) const;
  /// Fresh random bytes, for a key.
  Result<SecretBytes> random_bytes(std::size_t size) const;
  /// A data key as GenerateDataKey answers it: Base64 text of `bytes` random bytes, and that text
  /// encrypted.
  struct DataKey {
    SecretBytes raw;
    SecretBytes base64;
    Encrypted encrypted;
  };
  Result<DataKey> generate_data_key(barrier::Reader& reader, AccountId account,
                                    std::string_view key_id, std::size_t bytes,
                                    std::string_view aad) const;

  /// What a walk over the store after start must show it, for listing. Until the walk is done
  /// index().ready() is false. The visits refer to this object.
  std::vector<barrier::Visit> index_visits();
  const NameIndex& index() const { return index_; }

  /// Changes whenever parsed keys that threads keep must not be used any more; no two objects share
  /// a value.
  std::uint64_t parsed_generation() const { return parsed_generation_.load(); }
  /// Key versions per KMS instance, as its quota counts them; complete once index().ready().
  UsageTable& usage() { return usage_; }

 private:
  struct Created {
    Key key;
    SecretBytes material;
  };
  Result<Created> make(barrier::Transaction& transaction, NewKey asked, Instant now);
  Result<WrappingKey> create_default(barrier::Transaction& transaction, AccountId account,
                                     Instant now);
  Result<SecretBytes> add_version(barrier::Transaction& transaction, Key& key, Instant now) const;
  Result<SecretBytes> make_material(barrier::Transaction& transaction, const Key& key,
                                    const KeyVersion& version) const;
  /// The key that a due row is about, or nothing if it is gone or another one.
  Result<std::optional<Key>> key_of_task(barrier::Transaction& transaction,
                                         const due::Task& task) const;
  void schedule_rotation(barrier::Transaction& transaction, const Key& key, Instant now) const;
  void write_alias(barrier::Transaction& transaction, const Key& key, std::string_view alias,
                   Instant created) const;
  void drop_material(barrier::Transaction& transaction, Key key);
  Result<SecretBytes> import_sealing_key() const;
  void forget_parsed_keys();

  barrier::SealedStore& store_;
  Random& random_;
  const std::string region_;
  const Clock* clock_;
  NameIndex index_;
  NameIndex alias_index_;
  std::atomic<std::uint64_t> parsed_generation_{0};
  UsageTable usage_;
};

}  // namespace strongroom::keys
