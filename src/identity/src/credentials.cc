// The credential that all records of a key add up to.

#include "group_rows.h"
#include "last_use.h"
#include "policy_rows.h"
#include "strongroom/identity/directory.h"

namespace strongroom::identity {
namespace {

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

// A user's own policies and those of its groups.
Result<std::shared_ptr<const policy::PolicySet>> policies_of(barrier::Reader& reader,
                                                             const Owner& owner) {
  std::vector<policy::Policy> policies;
  SR_CHECK_OK(
      Policies::collect(reader, {EntityKind::kUser, owner.account, owner.user_name}, policies));
  SR_TRY(const LinkList groups, read_links(reader, user_groups_address(owner)));
  for (const Link& group : groups.links) {
    SR_CHECK_OK(
        Policies::collect(reader, {EntityKind::kGroup, owner.account, group.name}, policies));
  }
  return policy::PolicySet::compile(std::move(policies));
}

Result<Principal> user_principal(barrier::Reader& reader, const Owner& owner,
                                 std::string_view key_id) {
  SR_TRY(const UserRecord user, read_user(reader, owner));
  SR_TRY(auto policies, policies_of(reader, owner));
  return Principal{.kind = PrincipalKind::kUser,
                   .account = owner.account,
                   .id = user.user.id,
                   .name = user.user.name,
                   .arn = "acs:ram::" + owner.account.text() + ":user/" + user.user.name,
                   .access_key_id = std::string(key_id),
                   .session = false,
                   .policies = std::move(policies)};
}

}  // namespace

Result<void> Directory::attach_policy(barrier::Transaction& txn, const Owner& user,
                                      std::string_view type, std::string_view name, Instant now) {
  return policies_.attach(txn, {EntityKind::kUser, user.account, user.user_name},
                          {user.account, type, name}, now);
}

Result<CredentialRef> Directory::load_credential(barrier::Reader& reader, std::string_view key_id) {
  SR_TRY(const barrier::RecordRef record, reader.read(key_address(key_id)));
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
