// Attached policies, and the credential that all records of a key add up to.

#include <algorithm>

#include "last_use.h"
#include "rows.h"
#include "strongroom/base/limits.h"
#include "strongroom/identity/directory.h"

namespace strongroom::identity {
namespace {

using barrier::RecordRef;
using barrier::Transaction;

Error no_such_policy(std::string_view name) {
  std::string known;
  for (const policy::Policy& policy : policy::system_policies()) known += ' ' + policy.name;
  return Error(ErrorKind::kNotFound, "EntityNotExist.Policy",
               "The policy does not exist. PolicyName: " + std::string(name) +
                   ". Custom policies are not supported yet; the system policies are:" + known);
}

Result<const policy::Policy*> find_policy(std::string_view type, std::string_view name) {
  if (type != "System" && type != "Custom") {
    return fail(ErrorKind::kInvalidInput, "InvalidParameter.PolicyType",
                "The parameter - \"PolicyType\" must be \"System\" or \"Custom\".");
  }
  const policy::Policy* policy = type == "System" ? policy::find_system_policy(name) : nullptr;
  if (policy == nullptr) return std::unexpected(no_such_policy(name));
  return policy;
}

// What is attached to a user, with the resource id of its record.
struct Attachments {
  RecordRef record;  // null: nothing was ever attached
  std::vector<AttachedPolicy> policies;
};

Result<Attachments> read_attachments(barrier::Reader& reader, const Owner& user) {
  Attachments out;
  SR_TRY(out.record, read_if_there(reader, policies_address(user)));
  if (!out.record) return out;
  SR_TRY(out.policies, decode_policies(*out.record));
  return out;
}

void put_attachments(Transaction& txn, const Owner& user, const Attachments& held, Uuid fresh) {
  const Uuid resource = held.record ? held.record->resource() : fresh;
  encode_policies(held.policies,
                  [&](ByteView body) { txn.put(policies_address(user), resource, body); });
}

auto find_attached(std::vector<AttachedPolicy>& policies, std::string_view type,
                   std::string_view name) {
  return std::ranges::find_if(policies, [&](const AttachedPolicy& policy) {
    return policy.type == type && policy.name == name;
  });
}

Principal root_principal(AccountId account, std::string_view key_id) {
  return {.kind = PrincipalKind::kRoot,
          .account = account,
          .id = account.text(),
          .name = "root",
          .arn = "acs:ram::" + account.text() + ":root",
          .access_key_id = std::string(key_id),
          .session = false,
          .policies = policy::PolicySet::compile({})};
}

Result<Principal> user_principal(barrier::Reader& reader, const Owner& owner,
                                 std::string_view key_id) {
  SR_TRY(const UserRecord user, read_user(reader, owner));
  SR_TRY(const Attachments attached, read_attachments(reader, owner));
  std::vector<policy::Policy> policies;
  for (const AttachedPolicy& one : attached.policies) {
    // A policy that this build does not know grants nothing.
    const policy::Policy* policy = policy::find_system_policy(one.name);
    if (policy != nullptr && one.type == policy->type) policies.push_back(*policy);
  }
  return Principal{.kind = PrincipalKind::kUser,
                   .account = owner.account,
                   .id = user.user.id,
                   .name = user.user.name,
                   .arn = "acs:ram::" + owner.account.text() + ":user/" + user.user.name,
                   .access_key_id = std::string(key_id),
                   .session = false,
                   .policies = policy::PolicySet::compile(std::move(policies))};
}

}  // namespace

Result<void> Directory::attach_policy(Transaction& txn, const Owner& user, std::string_view type,
                                      std::string_view name, Instant now) {
  SR_TRY(const policy::Policy* policy, find_policy(type, name));
  SR_TRY(const UserRecord record, read_user(txn, user));
  SR_TRY(Attachments held, read_attachments(txn, user));
  if (find_attached(held.policies, type, name) != held.policies.end()) {
    return fail(ErrorKind::kConflict, "EntityAlreadyExists.User.Policy",
                "The policy is attached to the user already.");
  }
  if (held.policies.size() >= limits::kSystemPoliciesPerUserMax) {
    return fail(ErrorKind::kExhausted, "LimitExceeded.User.Policy",
                "The count of policies attached to the user beyond the current limits of " +
                    std::to_string(limits::kSystemPoliciesPerUserMax) + ".");
  }
  held.policies.push_back({.name = policy->name, .type = policy->type, .attached = now});
  put_attachments(txn, user, held, Uuid::generate(random_));
  return {};
}

Result<void> Directory::detach_policy(Transaction& txn, const Owner& user, std::string_view type,
                                      std::string_view name) {
  SR_CHECK_OK(find_policy(type, name));
  SR_TRY(const UserRecord record, read_user(txn, user));
  SR_TRY(Attachments held, read_attachments(txn, user));
  const auto attached = find_attached(held.policies, type, name);
  if (attached == held.policies.end()) {
    return fail(ErrorKind::kNotFound, "EntityNotExist.User.Policy",
                "The policy is not attached to the user. PolicyName: " + std::string(name));
  }
  held.policies.erase(attached);
  put_attachments(txn, user, held, Uuid::generate(random_));
  return {};
}

Result<std::vector<AttachedPolicy>> Directory::list_policies(barrier::Reader& reader,
                                                             const Owner& user) {
  SR_TRY(const UserRecord record, read_user(reader, user));
  SR_TRY(Attachments held, read_attachments(reader, user));
  return std::move(held.policies);
}

Result<CredentialRef> Directory::load_credential(barrier::Reader& reader, std::string_view key_id) {
  SR_TRY(const RecordRef record, reader.read(key_address(key_id)));
  SR_TRY(AccessKeyRecord key, decode_access_key(*record));
  Principal principal = root_principal(key.account, key_id);
  if (!key.user_name.empty()) {
    SR_TRY(principal, user_principal(reader, {key.account, key.user_name}, key_id));
  }
  using crypto::HmacKey;
  using crypto::MacHash;
  SR_TRY(HmacKey rpc_sha1, HmacKey::make(MacHash::kSha1, key.secret, "&"));
  SR_TRY(HmacKey rpc_sha256, HmacKey::make(MacHash::kSha256, key.secret, "&"));
  SR_TRY(HmacKey acs3_sha256, HmacKey::make(MacHash::kSha256, key.secret));
  SR_TRY(HmacKey acs3_sm3, HmacKey::make(MacHash::kSm3, key.secret));
  return std::make_shared<const Credential>(
      Credential{.principal = std::make_shared<const Principal>(std::move(principal)),
                 .active = key.active,
                 .rpc_sha1 = std::move(rpc_sha1),
                 .rpc_sha256 = std::move(rpc_sha256),
                 .acs3_sha256 = std::move(acs3_sha256),
                 .acs3_sm3 = std::move(acs3_sm3),
                 .secret = std::move(key.secret),
                 .use = last_use_->cell(key_id)});
}

}  // namespace strongroom::identity
