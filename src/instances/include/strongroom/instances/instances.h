#pragma once
// KMS instances: found, made, changed, released (openapi.md §12).
//
// Every method works inside the reader or transaction it is given and commits nothing. Nothing here
// judges permissions or counts what an instance holds: `service` asks `keys` and `secrets`.
// Thread-safe: the object holds the name index and a number only.

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/name_index.h"
#include "strongroom/base/random.h"
#include "strongroom/crypto/x509.h"
#include "strongroom/due/due.h"
#include "strongroom/instances/model.h"

namespace strongroom::instances {

struct NewInstance {
  AccountId account;
  std::string name;  // empty: the id
  Charge charge = Charge::kPostpay;
  std::string product_type = "kms_ddi_public_cn";
  Specification specification;
  Instant end = {};  // zero: never
  std::string renewal = "ManualRenewal";
  std::uint32_t renewal_months = 0;  // as in Instance
};

class Instances {
 public:
  /// Store and random must outlive this. `region` is for ARNs.
  Instances(barrier::SealedStore& store, Random& random, std::string region)
      : store_(store), random_(random), region_(std::move(region)) {}

  /// acs:kms:<region>:<account>:keystore/<id>
  std::string arn(AccountId account, std::string_view id) const;
  /// <id>.cryptoservice.kms.aliyuncs.com, the name in its certificate.
  static std::string endpoint_name(std::string_view id);

  /// 403 Forbidden.DKMSInstanceNotFound if there is none. Reader errors pass through.
  Result<Instance> find(barrier::Reader& reader, AccountId account, std::string_view id) const;
  /// Whether keys and secrets of the instance can be used now; the empty id is the shared service
  /// and always can. On an I/O thread without allocation. Errors of find() and
  /// instances::require_usable().
  Result<void> require_usable(barrier::Reader& reader, AccountId account, std::string_view id,
                              Instant now) const;

  /// The published class of its specification. On an I/O thread without allocation. Errors of
  /// find().
  Result<std::uint32_t> operations_per_second(barrier::Reader& reader, AccountId account,
                                              std::string_view id) const;

  /// Makes an Uninitialized instance with its own CA. 400 InvalidParameter, Rejected.LimitExceeded
  /// beyond limits::kInstancesPerAccountMax.
  Result<Instance> create(barrier::Transaction& transaction, NewInstance asked, Instant now);
  /// Writes a changed instance that this transaction read.
  void save(barrier::Transaction& transaction, const Instance& instance) const;
  /// Gone: its keys and secrets answer Forbidden.DKMSInstanceNotFound from the commit on. 409
  /// Rejected.StateModifiedFailed while deletion protection is on.
  Result<void> release(barrier::Transaction& transaction, const Instance& instance, Instant now);

  /// Saves `instance` and records an event if `used` of `limit` passes 70 or 90 %; writes nothing
  /// else.
  void note_usage(barrier::Transaction& transaction, Instance instance, Quota quota,
                  std::uint64_t used, Instant now) const;

  /// To be called with every change of an instance's term or of its renewal, which the caller
  /// saves.
  static void schedule_reminders(barrier::Transaction& transaction, const Instance& instance,
                                 Instant now);
  /// The work of a due::Kind::kRemindInstance row: records Instance:Expiration:Reminder. False if
  /// the instance is gone, was renewed, or its owner was reminded.
  Result<bool> remind_due(barrier::Transaction& transaction, const due::Task& task,
                          Instant now) const;

  /// The PEM chain that clients must trust.
  Result<std::string> ca_chain(barrier::Reader& reader, AccountId account,
                               std::string_view id) const;
  /// A TLS certificate for the instance's listener: its endpoint name and `names`.
  Result<crypto::IssuedCertificate> issue_server_certificate(barrier::Reader& reader,
                                                             AccountId account, std::string_view id,
                                                             crypto::ServerNames names,
                                                             Instant now) const;

  /// Makes the certificate of the instance's CA anew, under the same key, if it nears its end
  /// (crypto::is_authority_due), and records an event. False: it does not.
  Result<bool> renew_authority(barrier::Transaction& transaction, AccountId account,
                               std::string_view id, Instant now) const;

  /// Reads the roster of instances, before the first request. A store from before there was one is
  /// walked through, and gets it.
  Result<void> build_index();
  /// Ids by account, in byte order.
  const NameIndex& index() const { return index_; }
  /// Grows whenever an instance was made or released, after its commit.
  std::uint64_t changes() const { return changes_.load(); }
  /// Those of every account, oldest first.
  Result<std::vector<Enrolled>> all(barrier::Reader& reader) const;
  /// The account's oldest connected instance, or nothing.
  Result<std::optional<Instance>> default_instance(barrier::Reader& reader,
                                                   AccountId account) const;

 private:
  barrier::SealedStore& store_;
  Random& random_;
  const std::string region_;
  NameIndex index_;
  std::atomic<std::uint64_t> changes_{0};
};

}  // namespace strongroom::instances
