// Client keys: made, deleted, reminded of, and what gateways check them with.

#include <algorithm>
#include <array>

#include "errors.h"
#include "record.h"
#include "reveal.h"
#include "strongroom/aap/access_points.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/client_key.h"

namespace strongroom::aap {
namespace {

using barrier::RecordType;

constexpr std::array<int, 4> kReminderDays{180, 90, 30, 7};
constexpr int kForget = 0;               // in place of the days of a reminder
constexpr std::int64_t kKnownDays = 90;  // to records, after the deletion

barrier::Address key_address(std::string_view id) {
  return {RecordType::kClientKey, AccountId(), id};
}

std::unexpected<Error> no_such_key() {
  return resource_not_found("client key");
}

struct Window {
  Instant not_before;
  Instant not_after;
};
Result<Window> window_of(const NewClientKey& asked, Instant now) {
  const bool starts = asked.not_before != Instant{};
  const bool ends = asked.not_after != Instant{};
  if (starts != ends)
    return invalid_parameter("NotBefore", "Give NotBefore and NotAfter, or neither.");
  if (!starts) {
    const Instant second = Instant::from_seconds(now.unix_seconds());
    return Window{second, latest_end(second)};
  }
  SR_CHECK_OK(check_validity(asked.not_before, asked.not_after, now));
  return Window{asked.not_before, asked.not_after};
}

void schedule_reminders(barrier::Transaction& transaction, const ClientKeyInfo& key, Instant now) {
  for (const int days : kReminderDays) {
    const Instant when{key.not_after.unix_ms - days * kMillisPerDay};
    if (when <= now) continue;
    due::schedule(transaction, when,
                  {due::Kind::kRemindClientKey, key.account, key.id, key.uuid, days});
  }
}

Result<SecretBytes> base64_of(const SecretBytes& bytes) {
  std::string text = base64_encode(AccessPointReveal::bytes(bytes));
  return SecretBytes::take({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

// A credential has HMAC keys; nobody knows these, so whatever a signature claims, only RSA can
// verify.
Result<identity::Credential> unusable_keys(Random& random) {
  std::array<std::uint8_t, 32> bytes;
  random.fill(bytes);
  SR_TRY(SecretBytes secret, SecretBytes::take(bytes));
  return identity::keyed_credential(std::move(secret));
}

}  // namespace

Result<IssuedClientKey> AccessPoints::create_client_key(barrier::Transaction& transaction,
                                                        const NewClientKey& asked, Instant now) {
  SR_CHECK_OK(check_password(asked.password));
  SR_TRY(const Window window, window_of(asked, now));
  SR_TRY(AccessPoint point, find_point(transaction, asked.account, asked.access_point));
  if (point.authentication != Authentication::kClientKey)
    return invalid_parameter("AapName", "This access point is for sessions of a RAM role.");
  if (point.client_keys.size() >= limits::kClientKeysPerAccessPointMax)
    return limit_exceeded("an access point can have 3 client keys. Delete an old one first.");
  IssuedClientKey issued;
  ClientKeyInfo& key = issued.info;
  key.account = asked.account;
  key.uuid = Uuid::generate(random_);
  key.id = std::string(identity::kClientKeyPrefix) + Uuid::generate(random_).lower();
  key.access_point = point.name;
  key.created = now;
  key.not_before = window.not_before;
  key.not_after = window.not_after;
  SR_TRY(crypto::ClientKey made,
         crypto::make_client_key(key.id, {key.not_before, key.not_after}, asked.password, random_));
  key.certificate_pem = std::move(made.certificate_pem);
  key.public_key_der = std::move(made.public_key_der);
  SR_TRY(issued.pkcs12_base64, base64_of(made.pkcs12));
  transaction.put(key_address(key.id), key.uuid, as_bytes(encode(key)));
  point.client_keys.push_back(key.id);
  SR_CHECK_OK(update_point(transaction, point));
  schedule_reminders(transaction, key, now);
  return issued;
}

Result<ClientKeyInfo> AccessPoints::find_client_key(barrier::Reader& reader, AccountId account,
                                                    std::string_view id) const {
  if (id.empty() || id.size() > limits::kAccessNameCharsMax) return no_such_key();
  const auto record = reader.read(key_address(id));
  if (!record) {
    if (record.error().kind() == ErrorKind::kNotFound) return no_such_key();
    return std::unexpected(record.error());
  }
  SR_TRY(const bool deleted, is_deleted(*record));
  if (deleted) return no_such_key();
  SR_TRY(ClientKeyInfo key, decode_client_key(*record));
  if (key.account != account) return no_such_key();
  return key;
}

Result<void> AccessPoints::bury(barrier::Transaction& transaction, const ClientKeyInfo& key,
                                Instant now) {
  SR_CHECK_OK(transaction.read(key_address(key.id)));  // a precondition of the write
  transaction.put(key_address(key.id), key.uuid, as_bytes(encode_deleted(key, now)));
  due::schedule(transaction, {now.unix_ms + kKnownDays * kMillisPerDay},
                {due::Kind::kRemindClientKey, key.account, key.id, key.uuid, kForget});
  return {};
}

Result<void> AccessPoints::remove_client_key(barrier::Transaction& transaction,
                                             const ClientKeyInfo& key, Instant now) {
  SR_CHECK_OK(bury(transaction, key, now));
  SR_TRY(AccessPoint point, find_point(transaction, key.account, key.access_point));
  std::erase(point.client_keys, key.id);
  return update_point(transaction, point);
}

// Deleted long enough ago.
Result<bool> AccessPoints::forget_due(barrier::Transaction& transaction, const due::Task& task) {
  const auto record = transaction.read(key_address(task.name));
  if (!record && record.error().kind() == ErrorKind::kNotFound) return false;
  if (!record) return std::unexpected(record.error());
  SR_TRY(const bool deleted, is_deleted(*record));
  if (!deleted || (*record)->resource() != task.resource) return false;
  transaction.remove(key_address(task.name));
  return true;
}

Result<bool> AccessPoints::remind_due(barrier::Transaction& transaction, const due::Task& task,
                                      Instant now) {
  if (task.attempts == kForget) return forget_due(transaction, task);
  const auto key = find_client_key(transaction, task.account, task.name);
  if (!key) {
    if (key.error().kind() == ErrorKind::kNotFound) return false;
    return std::unexpected(key.error());
  }
  if (key->uuid != task.resource) return false;
  due::record(
      transaction, now,
      {"ClientKey:Expiration:Reminder", key->account, point_arn(key->account, key->access_point),
       R"({"level":"CRITICAL","clientKeyId":")" + key->id + R"(","daysBefore":)" +
           std::to_string(task.attempts) + R"(,"notAfter":")" + format_utc(key->not_after) +
           "\"}"});
  return true;
}

// --- For gateways ---

Result<policy::AccessPolicy> AccessPoints::grant_of(barrier::Reader& reader, AccountId account,
                                                    std::string_view policy_name) const {
  policy::AccessPolicy grant;
  const auto found = find_policy(reader, account, policy_name);
  if (!found) {
    if (found.error().kind() == ErrorKind::kNotFound) return grant;  // no scope: grants nothing
    return std::unexpected(found.error());
  }
  grant.name = found->name;
  grant.scope = found->scope;
  grant.roles = roles_of(found->permissions);
  grant.resources = found->resources;
  grant.restricted = !found->rules.empty();
  for (const std::string& name : found->rules) {
    auto rule = find_rule(reader, account, name);
    if (rule) {
      grant.networks.push_back({rule->type, std::move(rule->sources)});
    } else if (rule.error().kind() != ErrorKind::kNotFound) {
      return std::unexpected(rule.error());
    }
  }
  return grant;
}

Result<std::vector<policy::AccessPolicy>> AccessPoints::grants_of(barrier::Reader& reader,
                                                                  const AccessPoint& point) const {
  std::vector<policy::AccessPolicy> grants;
  for (const std::string& name : point.policies) {
    SR_TRY(policy::AccessPolicy grant, grant_of(reader, point.account, name));
    grants.push_back(std::move(grant));
  }
  return grants;
}

Result<identity::CredentialRef> AccessPoints::load(barrier::Reader& reader,
                                                   std::string_view key_id) {
  if (key_id.size() > limits::kAccessNameCharsMax) return no_such_key();
  const auto record = reader.read(key_address(key_id));
  if (!record) return std::unexpected(record.error());
  SR_TRY(const ClientKeyInfo key, decode_client_key(*record));
  SR_TRY(const bool deleted, is_deleted(*record));
  auto principal = std::make_shared<identity::Principal>();
  principal->kind = identity::PrincipalKind::kClientKey;
  principal->account = key.account;
  principal->id = key.id;
  principal->name = key.access_point;
  principal->arn = point_arn(key.account, key.access_point);
  principal->access_key_id = key.id;
  principal->key_fingerprint = hex_encode(crypto::sha256(as_bytes(key.public_key_der)));
  if (deleted) {
    SR_TRY(identity::Credential gone, unusable_keys(random_));
    gone.active = false;
    gone.principal = std::move(principal);
    return std::make_shared<const identity::Credential>(std::move(gone));
  }
  SR_TRY(const AccessPoint point, find_point(reader, key.account, key.access_point));
  if (std::ranges::find(point.client_keys, key.id) == point.client_keys.end()) return no_such_key();
  SR_TRY(std::vector<policy::AccessPolicy> grants, grants_of(reader, point));
  SR_TRY(crypto::RsaPublicKey public_key,
         crypto::RsaPublicKey::from_der(as_bytes(key.public_key_der)));
  principal->grants = policy::AccessGrants::compile(std::move(grants));
  principal->not_before = key.not_before;
  principal->not_after = key.not_after;
  SR_TRY(identity::Credential credential, unusable_keys(random_));
  credential.principal = std::move(principal);
  credential.client = identity::ClientKeyFacts{
      .key = std::move(public_key), .not_before = key.not_before, .not_after = key.not_after};
  return std::make_shared<const identity::Credential>(std::move(credential));
}

Result<std::shared_ptr<const policy::AccessGrants>> AccessPoints::grants_of_role(
    barrier::Reader& reader, AccountId account, std::string_view role) {
  std::shared_ptr<const policy::AccessGrants> none;
  if (role.empty() || role.size() > limits::kAccessNameCharsMax) return none;
  const auto record = reader.read({RecordType::kRoleAccessPoint, account, role});
  if (!record) {
    if (record.error().kind() == ErrorKind::kNotFound) return none;
    return std::unexpected(record.error());
  }
  SR_TRY(const std::vector<std::string> names, decode_role(*record));
  std::vector<policy::AccessPolicy> all;
  for (const std::string& name : names) {
    SR_TRY(const AccessPoint point, find_point(reader, account, name));
    SR_TRY(std::vector<policy::AccessPolicy> grants, grants_of(reader, point));
    std::ranges::move(grants, std::back_inserter(all));
  }
  return policy::AccessGrants::compile(std::move(all));
}

}  // namespace strongroom::aap
