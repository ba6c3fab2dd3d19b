// The credential that all records of a key add up to.

#include "group_rows.h"
#include "last_use.h"
#include "policy_rows.h"
#include "role_rows.h"
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

std::unexpected<Error> revoked() {
  return fail(
      ErrorKind::kUnauthenticated, "InvalidSecurityToken.Expired",
      "Specified SecurityToken is expired. The session was revoked; assume the role again.");
}

// Whether the role still stands behind the session.
Result<void> check_standing(barrier::Reader& reader, const Session& session) {
  const auto held = read_role(reader, {session.account, session.role_name});
  if (!held && held.error().kind() == ErrorKind::kNotFound) return revoked();
  if (!held) return std::unexpected(held.error());
  SR_TRY(const Holder account, read_holder(reader, {session.account, ""}));
  const Role& role = held->role;
  if (role.id != session.role_id || session.issued <= role.revoked_before ||
      session.issued <= account.account.revoked_before) {
    return revoked();
  }
  return {};
}

Result<Principal> session_principal(barrier::Reader& reader, const Session& session) {
  std::vector<policy::Policy> policies;
  SR_CHECK_OK(
      Policies::collect(reader, {EntityKind::kRole, session.account, session.role_name}, policies));
  Principal principal{.kind = PrincipalKind::kRole,
                      .account = session.account,
                      .id = session.role_id + ":" + session.name,
                      .name = session.role_name + ":" + session.name,
                      .arn = "acs:ram::" + session.account.text() + ":assumed-role/" +
                             session.role_name + "/" + session.name,
                      .access_key_id = session.access_key_id,
                      .session = true,
                      .policies = policy::PolicySet::compile(std::move(policies))};
  principal.mfa_present = session.mfa_present;
  if (!session.policy.empty()) {
    auto document = policy::parse_stored_document(session.policy, policy::DocumentKind::kSession);
    if (!document) return revoked();  // a newer server reads policies otherwise
    std::vector<policy::Policy> own;
    own.push_back({.name = "SessionPolicy", .type = "Session", .document = std::move(*document)});
    principal.session_policy = policy::PolicySet::compile(std::move(own));
  }
  return principal;
}

}  // namespace

Result<Credential> keyed_credential(SecretBytes secret) {
  using crypto::HmacKey;
  using crypto::MacHash;
  SR_TRY(HmacKey rpc_sha1, HmacKey::make(MacHash::kSha1, secret, "&"));
  SR_TRY(HmacKey rpc_sha256, HmacKey::make(MacHash::kSha256, secret, "&"));
  SR_TRY(HmacKey acs3_sha256, HmacKey::make(MacHash::kSha256, secret));
  SR_TRY(HmacKey acs3_sm3, HmacKey::make(MacHash::kSm3, secret));
  return Credential{.principal = nullptr,
                    .active = true,
                    .rpc_sha1 = std::move(rpc_sha1),
                    .rpc_sha256 = std::move(rpc_sha256),
                    .acs3_sha256 = std::move(acs3_sha256),
                    .acs3_sm3 = std::move(acs3_sm3),
                    .secret = std::move(secret),
                    .use = nullptr};
}

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
  SR_TRY(Credential credential, keyed_credential(std::move(key.secret)));
  credential.principal = std::make_shared<const Principal>(std::move(principal));
  credential.active = key.active;
  credential.use = last_use_->cell(key_id);
  return std::make_shared<const Credential>(std::move(credential));
}

Result<CredentialRef> Directory::load_session(barrier::Reader& reader, Session session,
                                              std::string_view token) {
  SR_CHECK_OK(check_standing(reader, session));
  SR_TRY(Principal principal, session_principal(reader, session));
  if (client_keys_ != nullptr) {
    SR_TRY(principal.grants,
           client_keys_->grants_of_role(reader, session.account, session.role_name));
  }
  SR_TRY(Credential credential, keyed_credential(std::move(session.access_key_secret)));
  credential.principal = std::make_shared<const Principal>(std::move(principal));
  credential.security_token = token;
  credential.expires = session.expires;
  return std::make_shared<const Credential>(std::move(credential));
}

}  // namespace strongroom::identity
