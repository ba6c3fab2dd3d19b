#pragma once
// Key management: heads, versions, the account's default key, and what keys do (openapi.md §7, §8).
//
// Every method works inside the reader or transaction it is given and commits nothing. Key material
// leaves only as SecretBytes, to `secrets` and to the cryptographic operations here. Thread-safe:
// the object holds the name index only.

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
#include "strongroom/base/usage_table.h"
#include "strongroom/due/due.h"
#include "strongroom/keys/model.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::keys {

struct NewKey {
  AccountId account;
  std::string creator;  // the account's id as text
  std::string description;
  std::vector<Tag> tags = {};
  Protection protection = Protection::kSoftware;
  bool service_default = false;
  std::string instance_id = {};                         // empty: the shared service
  std::shared_ptr<UsageTable::Reservation> place = {};  // of the instance's quota, if in one
};

/// The key version that new data is encrypted under, with its material.
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

/// The pairs of an EncryptionContext as the AAD of openapi.md §8: SHA-256 of "k1=v1&k2=v2" sorted
/// by key; empty for none.
std::string encryption_context_aad(std::vector<NameValue> pairs);

class Keys {
 public:
  /// Store and random must outlive this. `region` is for ARNs.
  Keys(barrier::SealedStore& store, Random& random, std::string region)
      : store_(store), random_(random), region_(std::move(region)) {}

  /// acs:kms:<region>:<account>:key/<id>
  std::string arn(AccountId account, std::string_view id) const;

  /// 404 Forbidden.KeyNotFound if there is none. Reader errors pass through.
  Result<Key> find(barrier::Reader& reader, AccountId account, std::string_view id) const;
  Result<UseStatus> status(barrier::Reader& reader, AccountId account, std::string_view id) const;
  /// The key that a key version belongs to. 404 Forbidden.KeyNotFound.
  Result<std::string> key_of_version(barrier::Reader& reader, AccountId account,
                                     std::string_view version_id) const;
  /// The material of one version; 404 Forbidden.KeyNotFound if it is gone or belongs to another
  /// key. The caller has judged the key's state.
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

  /// An existing key, usable now: 404 Forbidden.KeyNotFound or the 409s of permit().
  Result<WrappingKey> wrapping_key(barrier::Reader& reader, AccountId account,
                                   std::string_view id) const;
  /// The account's default key, made in this transaction if there is none (or it was deleted).
  Result<WrappingKey> default_wrapping_key(barrier::Transaction& transaction, AccountId account,
                                           Instant now);
  /// Its id, or nothing before its first use.
  Result<std::optional<std::string>> default_key_id(barrier::Reader& reader,
                                                    AccountId account) const;

  /// `aad` from encryption_context_aad. 404 and 409 as wrapping_key.
  Result<Encrypted> encrypt(barrier::Reader& reader, AccountId account, std::string_view key_id,
                            const SecretBytes& plaintext, std::string_view aad) const;
  /// The version id at the front of a blob: 400 InvalidParameter if the blob is too short or has
  /// none.
  static Result<std::string_view> version_of_blob(std::string_view blob);
  /// Decrypt, for a key whose right was judged. 409 as permit(), 404; 400 InvalidParameter with one
  /// text for every reason why a blob does not open.
  Result<Decrypted> decrypt(barrier::Reader& reader, AccountId account, std::string_view blob,
                            std::string_view aad) const;
  /// A data key as GenerateDataKey answers it: Base64 text of `bytes` random bytes, and that text
  /// encrypted.
  struct DataKey {
    SecretBytes base64;
    Encrypted encrypted;
  };
  Result<DataKey> generate_data_key(barrier::Reader& reader, AccountId account,
                                    std::string_view key_id, std::size_t bytes,
                                    std::string_view aad) const;

  /// Reads every key once, for listing; run on a thread of its own after start. Until it is done
  /// index().ready() is false.
  Result<void> build_index();
  const NameIndex& index() const { return index_; }
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

  barrier::SealedStore& store_;
  Random& random_;
  const std::string region_;
  NameIndex index_;
  UsageTable usage_;
};

}  // namespace strongroom::keys
