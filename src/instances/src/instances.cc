#include "strongroom/instances/instances.h"

#include <algorithm>
#include <array>
#include <optional>

#include "errors.h"
#include "record.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/random_text.h"
#include "strongroom/crypto/certificate_life.h"

namespace strongroom::instances {
namespace {

using barrier::RecordType;

constexpr std::size_t kIdTail = 20;
constexpr std::string_view kEndpointSuffix = ".cryptoservice.kms.aliyuncs.com";

Result<barrier::RecordRef> read(barrier::Reader& reader, const barrier::Address& address) {
  if (address.name.empty() || address.name.size() > limits::kInstanceIdBytesMax)
    return instance_not_found();
  auto record = reader.read(address);
  if (!record && record.error().kind() == ErrorKind::kNotFound) return instance_not_found();
  return record;
}

// The roster lists all instances of the server, so that a start need not look for them.
const barrier::Address kRoster{RecordType::kSystem, AccountId(), "instances"};
constexpr std::size_t kRosterEntriesMax = 10'000;  // of up to 100 bytes: fits a record

// Nothing: there is none yet.
Result<std::optional<std::vector<Enrolled>>> read_roster(barrier::Reader& reader) {
  const auto record = reader.read(kRoster);
  if (!record && record.error().kind() == ErrorKind::kNotFound) return std::nullopt;
  if (!record) return std::unexpected(record.error());
  return decode_roster(*record);
}

void put_roster(barrier::Transaction& transaction, const std::vector<Enrolled>& roster) {
  const std::string body = encode_roster(roster);
  transaction.put(kRoster, {}, as_bytes(body));
}

// A store written before there was a roster is walked through once.
Result<std::vector<Enrolled>> make_roster(barrier::SealedStore& store) {
  std::vector<Enrolled> roster;
  const barrier::Visit all[] = {{RecordType::kInstance,
                                 [&roster](const barrier::RecordRef& record) -> Result<void> {
                                   SR_TRY(const Instance instance, decode(record));
                                   roster.push_back({instance.account, instance.id});
                                   return {};
                                 },
                                 nullptr}};
  SR_CHECK_OK(store.visit_all(all));
  SR_TRY(const auto transaction, store.begin());
  put_roster(*transaction, roster);
  SR_TRY([[maybe_unused]] const auto revision, transaction->commit());
  return roster;
}

Result<void> enroll(barrier::Transaction& transaction, Enrolled one) {
  SR_TRY(const auto before, read_roster(transaction));
  std::vector<Enrolled> roster = before.value_or(std::vector<Enrolled>());
  if (roster.size() >= kRosterEntriesMax) {
    return fail(ErrorKind::kExhausted, "Rejected.LimitExceeded",
                "The request was rejected because user create resource limit was exceeded: this "
                "server can have 10,000 KMS instances.");
  }
  roster.push_back(std::move(one));
  put_roster(transaction, roster);
  return {};
}

Result<void> strike(barrier::Transaction& transaction, const Enrolled& one) {
  SR_TRY(const auto before, read_roster(transaction));
  std::vector<Enrolled> roster = before.value_or(std::vector<Enrolled>());
  std::erase(roster, one);
  put_roster(transaction, roster);
  return {};
}

std::string_view event_name(Quota quota) {
  switch (quota) {
    case Quota::kKeys:
      return "Instance:KeyUsage:Warning";
    case Quota::kSecrets:
      return "Instance:SecretUsage:Warning";
    case Quota::kAccessManagement:
      return "Instance:AccessManagementUsage:Warning";
  }
  return "Instance:Usage:Warning";
}

std::uint32_t limit_of(const Instance& instance, Quota quota) {
  switch (quota) {
    case Quota::kKeys:
      return instance.specification.key_num;
    case Quota::kSecrets:
      return instance.specification.secret_num;
    case Quota::kAccessManagement:
      return instance.specification.vpc_num;
  }
  return 0;
}

}  // namespace

std::string Instances::arn(AccountId account, std::string_view id) const {
  return "acs:kms:" + region_ + ":" + account.text() + ":keystore/" + std::string(id);
}

std::string Instances::endpoint_name(std::string_view id) {
  return std::string(id) + std::string(kEndpointSuffix);
}

Result<Instance> Instances::find(barrier::Reader& reader, AccountId account,
                                 std::string_view id) const {
  SR_TRY(const barrier::RecordRef record, read(reader, {RecordType::kInstance, account, id}));
  return decode(record);
}

Result<void> Instances::require_usable(barrier::Reader& reader, AccountId account,
                                       std::string_view id, Instant now) const {
  if (id.empty()) return {};
  SR_TRY(const barrier::RecordRef record, read(reader, {RecordType::kInstance, account, id}));
  SR_TRY(const Usability usability, decode_usability(record));
  Instance facts;
  facts.status = usability.status;
  facts.end = usability.end;
  facts.renewal_months = usability.renewal_months;
  return instances::require_usable(facts, now);
}

Result<std::uint32_t> Instances::operations_per_second(barrier::Reader& reader, AccountId account,
                                                       std::string_view id) const {
  SR_TRY(const barrier::RecordRef record, read(reader, {RecordType::kInstance, account, id}));
  SR_TRY(const Usability usability, decode_usability(record));
  return usability.spec;
}

Result<Instance> Instances::create(barrier::Transaction& transaction, NewInstance asked,
                                   Instant now) {
  SR_CHECK_OK(check(asked.specification));
  if (index_.count(asked.account) >= limits::kInstancesPerAccountMax) {
    return fail(ErrorKind::kExhausted, "Rejected.LimitExceeded",
                "The request was rejected because user create resource limit was exceeded: an "
                "account can have 100 KMS instances.");
  }
  Instance instance;
  instance.id = random_id(random_, "kst-", kIdTail);
  instance.uuid = Uuid::generate(random_);
  instance.account = asked.account;
  instance.charge = asked.charge;
  instance.product_type = std::move(asked.product_type);
  instance.specification = asked.specification;
  instance.created = now;
  instance.end = asked.end;
  instance.renewal = std::move(asked.renewal);
  instance.renewal_months = asked.renewal_months;
  const std::string name = asked.name.empty() ? instance.id : asked.name;
  SR_TRY(instance, rename(std::move(instance), name));
  SR_TRY(const crypto::IssuedCertificate authority,
         crypto::make_private_ca("PrivateKmsCA_" + instance.id, crypto::authority_validity(now),
                                 random_));
  SR_CHECK_OK(enroll(transaction, {instance.account, instance.id}));
  save(transaction, instance);
  schedule_reminders(transaction, instance, now);
  put_authority(transaction, instance, authority);
  transaction.after_commit([this, account = instance.account, id = instance.id] {
    index_.add(account, id);
    ++changes_;
  });
  return instance;
}

void Instances::save(barrier::Transaction& transaction, const Instance& instance) const {
  const std::string body = encode(instance);
  transaction.put({RecordType::kInstance, instance.account, instance.id}, instance.uuid,
                  as_bytes(body));
}

Result<void> Instances::release(barrier::Transaction& transaction, const Instance& instance,
                                Instant now) {
  if (instance.deletion_protection) {
    return fail(ErrorKind::kConflict, "Rejected.StateModifiedFailed",
                "Deletion protection is on for this instance; turn it off with "
                "SetDeletionProtection first.");
  }
  SR_CHECK_OK(strike(transaction, {instance.account, instance.id}));
  transaction.remove({RecordType::kInstance, instance.account, instance.id});
  transaction.remove({RecordType::kInstanceCa, instance.account, instance.id});
  due::record(transaction, now,
              {"Instance:ReleaseKmsInstance:Success", instance.account,
               arn(instance.account, instance.id)});
  transaction.after_commit([this, account = instance.account, id = instance.id] {
    index_.remove(account, id);
    ++changes_;
  });
  return {};
}

void Instances::note_usage(barrier::Transaction& transaction, Instance instance, Quota quota,
                           std::uint64_t used, Instant now) const {
  const std::uint32_t before = instance.told;
  const std::uint32_t limit = limit_of(instance, quota);
  const int mark = limit == 0 ? 0 : pass_mark(instance, quota, used, limit);
  if (instance.told == before) return;
  save(transaction, instance);
  if (mark == 0) return;
  due::record(transaction, now,
              {std::string(event_name(quota)), instance.account, arn(instance.account, instance.id),
               R"({"level":")" + std::string(mark >= 90 ? "WARN" : "INFO") + R"(","percent":)" +
                   std::to_string(mark) + R"(,"used":)" + std::to_string(used) + R"(,"quota":)" +
                   std::to_string(limit) + "}"});
}

Result<std::string> Instances::ca_chain(barrier::Reader& reader, AccountId account,
                                        std::string_view id) const {
  SR_TRY(const barrier::RecordRef record, read(reader, {RecordType::kInstanceCa, account, id}));
  return decode_authority_certificate(record);
}

Result<crypto::IssuedCertificate> Instances::issue_server_certificate(barrier::Reader& reader,
                                                                      AccountId account,
                                                                      std::string_view id,
                                                                      crypto::ServerNames names,
                                                                      Instant now) const {
  SR_TRY(const barrier::RecordRef record, read(reader, {RecordType::kInstanceCa, account, id}));
  SR_TRY(const crypto::IssuedCertificate authority, decode_authority(record));
  names.dns.insert(names.dns.begin(), endpoint_name(id));
  return crypto::issue_server_certificate(authority, names,
                                          crypto::server_certificate_validity(now), random_);
}

Result<bool> Instances::renew_authority(barrier::Transaction& transaction, AccountId account,
                                        std::string_view id, Instant now) const {
  SR_TRY(const barrier::RecordRef record,
         read(transaction, {RecordType::kInstanceCa, account, id}));
  SR_TRY(crypto::IssuedCertificate authority, decode_authority(record));
  SR_TRY(const crypto::Validity before, crypto::validity_of(authority.certificate_pem));
  if (!crypto::is_authority_due(before, now)) return false;
  SR_TRY(const Instance instance, find(transaction, account, id));
  SR_TRY(authority.certificate_pem,
         crypto::renew_private_ca(authority, crypto::authority_validity(now).not_after, random_));
  put_authority(transaction, instance, authority);
  due::record(transaction, now,
              {"Instance:CaCertificate:Renewed", account, arn(account, id),
               R"({"level":"WARN","oldCertificateEnds":")" + format_utc(before.not_after) + "\"}"});
  return true;
}

Result<void> Instances::build_index() {
  SR_TRY(const auto reader, store_.reader());
  SR_TRY(auto roster, read_roster(*reader));
  if (!roster) {
    SR_TRY(roster, make_roster(store_));
  }
  for (const Enrolled& one : *roster) index_.add_while_building(one.account, one.id);
  index_.finish_building();
  return {};
}

Result<std::vector<Enrolled>> Instances::all(barrier::Reader& reader) const {
  SR_TRY(auto roster, read_roster(reader));
  return std::move(roster).value_or(std::vector<Enrolled>());
}

Result<std::optional<Instance>> Instances::default_instance(barrier::Reader& reader,
                                                            AccountId account) const {
  std::optional<Instance> oldest;
  for (const std::string& id : index_.page(account, 0, limits::kInstancesPerAccountMax)) {
    auto instance = find(reader, account, id);
    if (!instance && instance.error().kind() == ErrorKind::kDenied) continue;  // released meanwhile
    if (!instance) return std::unexpected(instance.error());
    if (instance->status != Status::kConnected) continue;
    if (!oldest || instance->created < oldest->created) oldest = std::move(*instance);
  }
  return oldest;
}

}  // namespace strongroom::instances
