#include "strongroom/aap/access_points.h"

#include <algorithm>

#include "errors.h"
#include "record.h"
#include "strongroom/base/limits.h"

namespace strongroom::aap {
namespace {

using barrier::RecordType;

std::string_view text_of(RecordType type) {
  if (type == RecordType::kNetworkRule) return "network rule";
  return type == RecordType::kAccessPolicy ? "permission policy" : "access point";
}

Result<barrier::RecordRef> read(barrier::Reader& reader, const barrier::Address& address) {
  if (address.name.empty() || address.name.size() > limits::kAccessNameCharsMax)
    return resource_not_found(text_of(address.type));
  auto record = reader.read(address);
  if (!record && record.error().kind() == ErrorKind::kNotFound)
    return resource_not_found(text_of(address.type));
  return record;
}

Result<void> require_free(barrier::Reader& reader, const barrier::Address& address) {
  const auto record = reader.read(address);
  if (record) return resource_exists();
  if (record.error().kind() == ErrorKind::kNotFound) return {};
  return std::unexpected(record.error());
}

Result<void> require_room(const NameIndex& index, AccountId account) {
  if (index.count(account) < limits::kAccessPointsPerAccountMax) return {};
  return limit_exceeded("an account can have 10000 of them.");
}

template <class T>
void put(barrier::Transaction& transaction, RecordType type, const T& object) {
  transaction.put({type, object.account, object.name}, object.uuid, as_bytes(encode(object)));
}

}  // namespace

std::string AccessPoints::rule_arn(AccountId account, std::string_view name) const {
  return "acs:kms:" + region_ + ":" + account.text() + ":network/" + std::string(name);
}
std::string AccessPoints::policy_arn(AccountId account, std::string_view name) const {
  return "acs:kms:" + region_ + ":" + account.text() + ":policy/" + std::string(name);
}
std::string AccessPoints::point_arn(AccountId account, std::string_view name) const {
  return "acs:kms:" + region_ + ":" + account.text() + ":applicationaccesspoint/" +
         std::string(name);
}

// --- Network rules ---

Result<NetworkRule> AccessPoints::find_rule(barrier::Reader& reader, AccountId account,
                                            std::string_view name) const {
  SR_TRY(const barrier::RecordRef record, read(reader, {RecordType::kNetworkRule, account, name}));
  return decode_rule(record);
}

Result<void> AccessPoints::create_rule(barrier::Transaction& transaction, NetworkRule rule,
                                       Instant now) {
  SR_CHECK_OK(check_name("Name", rule.name));
  SR_CHECK_OK(require_room(rules_, rule.account));
  SR_CHECK_OK(require_free(transaction, {RecordType::kNetworkRule, rule.account, rule.name}));
  rule.created = now;
  rule.uuid = Uuid::generate(random_);
  SR_CHECK_OK(update_rule(transaction, rule));
  transaction.after_commit(
      [this, account = rule.account, name = rule.name] { rules_.add(account, name); });
  return {};
}

Result<void> AccessPoints::update_rule(barrier::Transaction& transaction,
                                       const NetworkRule& rule) const {
  SR_CHECK_OK(check_sources(rule.sources));
  SR_CHECK_OK(check_description(rule.description));
  put(transaction, RecordType::kNetworkRule, rule);
  return {};
}

void AccessPoints::remove_rule(barrier::Transaction& transaction, const NetworkRule& rule) {
  transaction.remove({RecordType::kNetworkRule, rule.account, rule.name});
  transaction.after_commit(
      [this, account = rule.account, name = rule.name] { rules_.remove(account, name); });
}

// --- Permission policies ---

Result<AccessPolicy> AccessPoints::find_policy(barrier::Reader& reader, AccountId account,
                                               std::string_view name) const {
  SR_TRY(const barrier::RecordRef record, read(reader, {RecordType::kAccessPolicy, account, name}));
  return decode_policy(record);
}

Result<void> AccessPoints::create_policy(barrier::Transaction& transaction, AccessPolicy policy,
                                         Instant now) {
  SR_CHECK_OK(check_name("Name", policy.name));
  SR_CHECK_OK(check_name("KmsInstance", policy.scope));
  SR_CHECK_OK(require_room(policies_, policy.account));
  SR_CHECK_OK(require_free(transaction, {RecordType::kAccessPolicy, policy.account, policy.name}));
  policy.created = now;
  policy.uuid = Uuid::generate(random_);
  SR_CHECK_OK(update_policy(transaction, policy));
  transaction.after_commit(
      [this, account = policy.account, name = policy.name] { policies_.add(account, name); });
  return {};
}

Result<void> AccessPoints::update_policy(barrier::Transaction& transaction,
                                         const AccessPolicy& policy) const {
  SR_CHECK_OK(check_permissions(policy.permissions));
  SR_CHECK_OK(check_resources(policy.resources));
  SR_CHECK_OK(check_description(policy.description));
  put(transaction, RecordType::kAccessPolicy, policy);
  return {};
}

void AccessPoints::remove_policy(barrier::Transaction& transaction, const AccessPolicy& policy) {
  transaction.remove({RecordType::kAccessPolicy, policy.account, policy.name});
  transaction.after_commit(
      [this, account = policy.account, name = policy.name] { policies_.remove(account, name); });
}

// --- Access points ---

Result<AccessPoint> AccessPoints::find_point(barrier::Reader& reader, AccountId account,
                                             std::string_view name) const {
  SR_TRY(const barrier::RecordRef record, read(reader, {RecordType::kAccessPoint, account, name}));
  return decode_point(record);
}

Result<void> AccessPoints::create_point(barrier::Transaction& transaction, AccessPoint point,
                                        Instant now) {
  SR_CHECK_OK(check_name("Name", point.name));
  SR_CHECK_OK(require_room(points_, point.account));
  SR_CHECK_OK(require_free(transaction, {RecordType::kAccessPoint, point.account, point.name}));
  point.created = now;
  point.uuid = Uuid::generate(random_);
  SR_CHECK_OK(update_point(transaction, point));
  SR_CHECK_OK(bind_role(transaction, point, true));
  transaction.after_commit(
      [this, account = point.account, name = point.name] { points_.add(account, name); });
  return {};
}

Result<void> AccessPoints::update_point(barrier::Transaction& transaction,
                                        const AccessPoint& point) const {
  SR_CHECK_OK(check_policies(point.policies));
  SR_CHECK_OK(check_description(point.description));
  put(transaction, RecordType::kAccessPoint, point);
  return {};
}

Result<void> AccessPoints::remove_point(barrier::Transaction& transaction, const AccessPoint& point,
                                        Instant now) {
  SR_CHECK_OK(bind_role(transaction, point, false));
  for (const std::string& id : point.client_keys) {
    const auto key = find_client_key(transaction, point.account, id);
    if (!key && key.error().kind() == ErrorKind::kNotFound) continue;
    if (!key) return std::unexpected(key.error());
    SR_CHECK_OK(bury(transaction, *key, now));
  }
  transaction.remove({RecordType::kAccessPoint, point.account, point.name});
  transaction.after_commit(
      [this, account = point.account, name = point.name] { points_.remove(account, name); });
  return {};
}

Result<void> AccessPoints::bind_role(barrier::Transaction& transaction, const AccessPoint& point,
                                     bool bound) {
  if (point.authentication != Authentication::kRamRole) return {};
  const barrier::Address address{RecordType::kRoleAccessPoint, point.account, point.role};
  const auto record = transaction.read(address);
  std::vector<std::string> names;
  if (record) {
    SR_TRY(names, decode_role(*record));
  } else if (record.error().kind() != ErrorKind::kNotFound) {
    return std::unexpected(record.error());
  }
  std::erase(names, point.name);
  if (bound) names.push_back(point.name);
  if (names.size() > limits::kAccessPointsPerRoleMax)
    return limit_exceeded("a role can have 20 access points.");
  if (names.empty()) {
    transaction.remove(address);
  } else {
    const Uuid uuid = record ? (*record)->resource() : Uuid::generate(random_);
    transaction.put(address, uuid, as_bytes(encode_role(names)));
  }
  return {};
}

std::vector<barrier::Visit> AccessPoints::index_visits() {
  const auto into = [](RecordType type, NameIndex& index, auto decode) -> barrier::Visit {
    return {type,
            [&index, decode](const barrier::RecordRef& record) -> Result<void> {
              SR_TRY(const auto object, decode(record));
              index.add_while_building(object.account, object.name);
              return {};
            },
            [&index] { index.finish_building(); }};
  };
  return {into(RecordType::kNetworkRule, rules_, decode_rule),
          into(RecordType::kAccessPolicy, policies_, decode_policy),
          into(RecordType::kAccessPoint, points_, decode_point)};
}

}  // namespace strongroom::aap
