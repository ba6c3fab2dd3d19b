#pragma once
// Secrets: stored heads and sealed versions, read and changed inside the reader or transaction that
// is given.
//
// Nothing here judges permissions or commits. A caller that must judge the right on the key behind
// a secret looks at the view first, then opens or puts. Thread-safe: the object itself holds the
// name index only.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/name_index.h"
#include "strongroom/base/random.h"
#include "strongroom/base/usage_table.h"
#include "strongroom/due/due.h"
#include "strongroom/keys/keys.h"
#include "strongroom/secmem/secret_bytes.h"
#include "strongroom/secrets/model.h"
#include "strongroom/secrets/view.h"

namespace strongroom::secrets {

struct NewSecret {
  AccountId account;
  std::string name;
  std::string version_id;
  std::string description;
  std::vector<keys::Tag> tags = {};
  std::string creator;  // ARN
  DataType data_type = DataType::kText;
  bool key_named = false;        // by the caller; then DescribeSecret tells it
  std::string instance_id = {};  // empty: the shared service
  std::shared_ptr<UsageTable::Reservation> place = {};  // of the instance's quota, if in one
  std::string policy = {};                              // as in Secret
  std::string owing_service = {};  // as in Secret; then the name may have ! in it, too
  // Managed types.
  SecretType type = SecretType::kGeneric;
  std::string extended_config = {};
  Rotation rotation = {};
  std::string previous_id = {};                 // of the version that gets ACSPrevious …
  const SecretBytes* previous_value = nullptr;  // … if there is one
};

struct NewVersion {
  std::string version_id;
  DataType data_type = DataType::kText;
  std::vector<std::string_view> labels;  // from put_labels()
};

/// One filter of ListSecrets: the field must equal one of the values (openapi.md §4.6).
struct Filter {
  enum class Field : std::uint8_t {
    kName,
    kDescription,
    kTagKey,
    kTagValue,
    kInstance,
    kType,
    kCreator,
    kRotates  // managed, or with a function; takes no values
  };
  Field field;
  std::vector<std::string> values;
};
/// True if every filter matches. TagKey and TagValue together ask for one tag that has both.
bool matches(const Secret& secret, std::span<const Filter> filters);

struct ListPage {
  std::vector<Secret> items;
  std::size_t total = 0;  // of all pages
};

class Secrets {
 public:
  /// Store, keys and random must outlive this. `region` is for ARNs.
  Secrets(barrier::SealedStore& store, keys::Keys& keys, Random& random, std::string region)
      : store_(store), keys_(keys), random_(random), region_(std::move(region)) {}

  /// acs:kms:<region>:<account>:secret/<name>
  std::string arn(AccountId account, std::string_view name) const;

  /// 404 Forbidden.ResourceNotFound if there is none. Errors of the reader pass through.
  Result<SecretView> view(barrier::Reader& reader, AccountId account, std::string_view name) const;
  /// The same, 409 Rejected.ResourceInDeleteWindow if it waits for deletion.
  Result<SecretView> live_view(barrier::Reader& reader, AccountId account,
                               std::string_view name) const;
  /// `secret` itself, or the same 409.
  static Result<SecretView> live_only(SecretView secret);

  /// The value of a version of `secret`, for a caller whose rights were judged; `key` is the status
  /// of the version's key. 409 Rejected.<State> by that; 404 Forbidden.KeyNotFound; kCorrupt if the
  /// row is not the one the head commits to.
  Result<SecretBytes> open(barrier::Reader& reader, const SecretView& secret,
                           const VersionView& version, const keys::UseStatus& key) const;

  /// 409 Rejected.ResourceExist or Rejected.ResourceInDeleteWindow if the name is taken.
  Result<void> require_free(barrier::Transaction& transaction, AccountId account,
                            std::string_view name) const;
  /// Makes a secret with one version, ACSCurrent, under `key`. 400 InvalidParameter for what
  /// NewSecret must not hold, Rejected.LimitExceeded beyond limits::kSecretsPerAccountMax. The name
  /// must be free.
  Result<Secret> create(barrier::Transaction& transaction, NewSecret asked,
                        const SecretBytes& value, const keys::WrappingKey& key, Instant now);
  /// PutSecretValue. The labels of the version afterwards. An id that is there with the same value
  /// and type changes nothing; with another, 409 Rejected.ResourceExist. Errors of add_version()
  /// and open().
  Result<std::vector<std::string>> put(barrier::Transaction& transaction, const SecretView& secret,
                                       const NewVersion& asked, const SecretBytes& value,
                                       Instant now);
  /// Managed types: the secret with the version that a rotation is about to make, ACSPending, whose
  /// row is in the transaction; the caller saves the head. A pending version of the same id gets
  /// this value instead. Errors of add_pending() and of the key, which must be able to encrypt.
  Result<Secret> put_pending(barrier::Transaction& transaction, Secret secret,
                             std::string_view version_id, const SecretBytes& value, Instant now);
  /// Managed types: without the pending version; the caller saves the head.
  Secret drop_pending(barrier::Transaction& transaction, Secret secret) const;
  /// Writes a changed head that this transaction read.
  void save(barrier::Transaction& transaction, const Secret& secret) const;

  /// DeleteSecret with a window: head and due row. 409 Rejected.ResourceInDeleteWindow if already
  /// planned.
  Result<void> plan_deletion(barrier::Transaction& transaction, Secret secret, Instant when) const;
  /// Gone at once, values and all; the name is free after the commit.
  void remove(barrier::Transaction& transaction, const Secret& secret, Instant now);
  /// The work of a due::Kind::kPurgeSecret row. True if it removed the secret; false if that was
  /// restored, replaced or replanned. The caller removes the due row in the same transaction.
  Result<bool> purge_due(barrier::Transaction& transaction, const due::Task& task, Instant now);

  /// One page in order of names. 503 ServiceUnavailableTemporary until the index is built. Filters
  /// open every head of the account, limits::kListScanBatch a snapshot.
  Result<ListPage> list(barrier::Reader& reader, AccountId account, std::span<const Filter> filters,
                        std::size_t offset, std::size_t limit) const;

  /// What a walk over the store after start must show it, for listing. index().total() tells how
  /// far it is. The visits refer to this object.
  std::vector<barrier::Visit> index_visits();
  const NameIndex& index() const { return index_; }
  /// Secrets per KMS instance; complete once index().ready().
  UsageTable& usage() { return usage_; }

 private:
  struct Sealed {
    std::string row;
    std::array<std::uint8_t, 32> commitment;
  };
  struct Wanted {
    std::string id;
    DataType data_type = DataType::kText;
    Instant created;
  };
  struct SealedVersion {
    Version version;
    std::string row;
  };
  Result<SealedVersion> make_version(const Secret& secret, Wanted wanted,
                                     const keys::WrappingKey& key, const SecretBytes& value) const;
  void put_row(barrier::Transaction& transaction, const Secret& secret, std::string row) const;
  void remove_rows(barrier::Transaction& transaction, const Secret& secret,
                   std::span<const std::uint32_t> serials) const;
  Result<Sealed> seal(const Secret& secret, const Version& version, const keys::WrappingKey& key,
                      const SecretBytes& value) const;
  Result<SecretBytes> open_row(barrier::Reader& reader, const SecretView& secret,
                               const VersionView& version) const;
  Result<void> require_index() const;
  std::vector<std::string> candidates(AccountId account, std::span<const Filter> filters,
                                      std::string_view after) const;
  Result<ListPage> list_filtered(AccountId account, std::span<const Filter> filters,
                                 std::size_t offset, std::size_t limit) const;

  barrier::SealedStore& store_;
  keys::Keys& keys_;
  Random& random_;
  const std::string region_;
  NameIndex index_;
  UsageTable usage_;
};

}  // namespace strongroom::secrets
