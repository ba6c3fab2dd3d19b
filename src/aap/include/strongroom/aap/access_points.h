#pragma once
// Application access points: found, made, changed, deleted (openapi.md §11); and what gateways
// check client keys with.
//
// Every method works inside the reader or transaction it is given and commits nothing. Nothing here
// judges the caller's permissions. Changes take effect with their commit: credentials built from
// these records are dropped by every I/O thread then (barrier::CachedReader::identity_generation).
// Thread-safe: the object holds name indexes only.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/aap/model.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/name_index.h"
#include "strongroom/base/random.h"
#include "strongroom/due/due.h"
#include "strongroom/identity/client_keys.h"

namespace strongroom::aap {

struct NewClientKey {
  AccountId account;
  std::string_view access_point;
  const SecretBytes& password;
  Instant not_before = {};  // both zero: now and five years
  Instant not_after = {};
};

class AccessPoints final : public identity::ClientKeySource {
 public:
  /// Store and random must outlive this. `region` is for ARNs.
  AccessPoints(barrier::SealedStore& store, Random& random, std::string region)
      : store_(store), random_(random), region_(std::move(region)) {}

  /// acs:kms:<region>:<account>:network/<name> | policy/<name> | applicationaccesspoint/<name>
  std::string rule_arn(AccountId account, std::string_view name) const;
  std::string policy_arn(AccountId account, std::string_view name) const;
  std::string point_arn(AccountId account, std::string_view name) const;

  // 404 Forbidden.ResourceNotFound if there is none; create: 409 Rejected.ResourceExist if the name
  // is taken, and the errors of the check_… functions. update writes what this transaction read.

  Result<NetworkRule> find_rule(barrier::Reader& reader, AccountId account,
                                std::string_view name) const;
  Result<void> create_rule(barrier::Transaction& transaction, NetworkRule rule, Instant now);
  Result<void> update_rule(barrier::Transaction& transaction, const NetworkRule& rule) const;
  /// Not refused while policies name it: they then match no address.
  void remove_rule(barrier::Transaction& transaction, const NetworkRule& rule);

  Result<AccessPolicy> find_policy(barrier::Reader& reader, AccountId account,
                                   std::string_view name) const;
  Result<void> create_policy(barrier::Transaction& transaction, AccessPolicy policy, Instant now);
  Result<void> update_policy(barrier::Transaction& transaction, const AccessPolicy& policy) const;
  void remove_policy(barrier::Transaction& transaction, const AccessPolicy& policy);

  Result<AccessPoint> find_point(barrier::Reader& reader, AccountId account,
                                 std::string_view name) const;
  Result<void> create_point(barrier::Transaction& transaction, AccessPoint point, Instant now);
  Result<void> update_point(barrier::Transaction& transaction, const AccessPoint& point) const;
  /// Its client keys go with it.
  Result<void> remove_point(barrier::Transaction& transaction, const AccessPoint& point,
                            Instant now);

  /// Makes a key of an access point and schedules its reminders. 400 Rejected.LimitExceeded for a
  /// fourth, InvalidParameter for password, validity or an access point of RAM roles. Slow: an RSA
  /// key is made.
  Result<IssuedClientKey> create_client_key(barrier::Transaction& transaction,
                                            const NewClientKey& asked, Instant now);
  /// Also 404 for another account's key.
  Result<ClientKeyInfo> find_client_key(barrier::Reader& reader, AccountId account,
                                        std::string_view id) const;
  Result<void> remove_client_key(barrier::Transaction& transaction, const ClientKeyInfo& key,
                                 Instant now);
  /// The work of a due::Kind::kRemindClientKey row: records ClientKey:Expiration:Reminder. False if
  /// the key is gone.
  Result<bool> remind_due(barrier::Transaction& transaction, const due::Task& task, Instant now);

  // For gateways. On an I/O thread from cached records; kNotCached if one is missing there.

  /// Everything that a request signed by the client key is checked with: public key, validity and
  /// compiled grants (identity::Credential::client, Principal::grants). Keep it in the thread's
  /// identity::PrincipalCache. kNotFound if there is no such key or its access point is gone.
  Result<identity::CredentialRef> load(barrier::Reader& reader, std::string_view key_id) override;
  /// What access points of RAMRole leave to sessions of a role; null if none names the role.
  Result<std::shared_ptr<const policy::AccessGrants>> grants_of_role(
      barrier::Reader& reader, AccountId account, std::string_view role) override;

  /// What a walk over the store after start must show it, for listing. The visits refer to this
  /// object.
  std::vector<barrier::Visit> index_visits();
  const NameIndex& rules() const { return rules_; }
  const NameIndex& policies() const { return policies_; }
  const NameIndex& points() const { return points_; }

 private:
  Result<policy::AccessPolicy> grant_of(barrier::Reader& reader, AccountId account,
                                        std::string_view policy_name) const;
  Result<std::vector<policy::AccessPolicy>> grants_of(barrier::Reader& reader,
                                                      const AccessPoint& point) const;
  Result<void> bind_role(barrier::Transaction& transaction, const AccessPoint& point, bool bound);
  static Result<void> bury(barrier::Transaction& transaction, const ClientKeyInfo& key,
                           Instant now);
  static Result<bool> forget_due(barrier::Transaction& transaction, const due::Task& task);

  barrier::SealedStore& store_;
  Random& random_;
  const std::string region_;
  NameIndex rules_;
  NameIndex policies_;
  NameIndex points_;
};

}  // namespace strongroom::aap
