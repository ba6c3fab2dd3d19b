#pragma once
// Accounts, users and access keys as barrier records: what RAM manages (gateway.md §5.1-§5.3) and
// what a signature is checked against. Groups, policies and roles have headers of their own; the
// directory holds them all.
//
// Every method works in the caller's Transaction or Reader and keeps no state but the last-used
// facts, so it may run again from the start after a conflict. Nothing here checks permissions.
// Thread-safe. Errors are RAM's own codes (EntityNotExist.User, DeleteConflict.User.AccessKey,
// LimitExceeded.User.AccessKey …); reads may also answer what Reader::read answers, kNotCached
// among it.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/identity/client_keys.h"
#include "strongroom/identity/console.h"
#include "strongroom/identity/credential.h"
#include "strongroom/identity/groups.h"
#include "strongroom/identity/oidc_providers.h"
#include "strongroom/identity/policies.h"
#include "strongroom/identity/roles.h"
#include "strongroom/identity/sessions.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::identity {

class LastUse;

/// The facts of a user; also what CreateUser takes (its own `id` and times are then ignored).
struct User {
  std::string id = {};    // 18 digits
  std::string name = {};  // 1-64 of [A-Za-z0-9._-], the first not '-'
  std::string display_name = {};
  std::string mobile_phone = {};
  std::string email = {};
  std::string comments = {};
  Instant created = {};
  Instant updated = {};
};

/// What UpdateUser changes: absent fields stay as they are.
struct UserChange {
  std::optional<std::string_view> new_name = {};
  std::optional<std::string_view> display_name = {};
  std::optional<std::string_view> mobile_phone = {};
  std::optional<std::string_view> email = {};
  std::optional<std::string_view> comments = {};
};

/// One account, or one user in it: whose access keys or policies are meant.
struct Owner {
  AccountId account;
  std::string_view user_name;  // empty: the account itself (root)
};

struct AccessKeyInfo {
  std::string id;
  bool active = true;
  Instant created;
};

/// A key at the one moment its secret is shown.
struct IssuedAccessKey {
  std::string id;      // "LTAI5t" and 18 of [A-Za-z0-9]
  SecretBytes secret;  // 30 of [A-Za-z0-9]
  Instant created;
};

/// A key that exists already: brought along from elsewhere, or fixed by a test.
struct GivenAccessKey {
  std::string_view id;        // 16-64 of [A-Za-z0-9], starting with "LTAI"
  const SecretBytes& secret;  // 16-128 bytes
};

struct UserPage {
  std::vector<User> users;  // by name
  std::string next;         // Marker of the next page; empty: this was the last
};

class Directory {
 public:
  explicit Directory(Random& random);
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  // Accounts.

  /// Creates an account and its first root key. EntityAlreadyExists.Account.
  Result<IssuedAccessKey> create_account(barrier::Transaction& txn, AccountId id, Instant now);
  /// The accounts of this server, as 16 digits, sorted; one made before the list was kept is
  /// absent.
  Result<std::vector<std::string>> list_accounts(barrier::Reader& reader);
  /// True if the account is there.
  Result<bool> has_account(barrier::Reader& reader, AccountId id);

  // Users. Names are looked up as written; EntityNotExist.User if there is none.

  /// Creates `user.name`. EntityAlreadyExists.User, LimitExceeded.User,
  /// InvalidParameter.UserName.….
  Result<User> create_user(barrier::Transaction& txn, AccountId account, User user, Instant now);
  Result<User> get_user(barrier::Reader& reader, AccountId account, std::string_view name);
  /// Also renames: keys and policies move along. EntityAlreadyExists.User if the new name is taken.
  Result<User> update_user(barrier::Transaction& txn, const Owner& user, const UserChange& change,
                           Instant now);
  /// Only a user without keys, policies and groups: DeleteConflict.User.AccessKey,
  /// DeleteConflict.User.Policy, DeleteConflict.User.Group.
  Result<void> delete_user(barrier::Transaction& txn, const Owner& user);
  /// At most `max` users after the name in `marker`. InvalidParameter.Marker.
  Result<UserPage> list_users(barrier::Reader& reader, AccountId account, std::string_view marker,
                              std::size_t max);

  // Access keys. EntityNotExist.User.AccessKey if the key is absent or another owner's.

  /// LimitExceeded.User.AccessKey beyond limits::kAccessKeysPerUserMax, inactive ones counted.
  Result<IssuedAccessKey> create_access_key(barrier::Transaction& txn, const Owner& owner,
                                            Instant now);
  /// The same with a given id and secret. EntityAlreadyExists.User.AccessKey.
  Result<void> import_access_key(barrier::Transaction& txn, const Owner& owner,
                                 const GivenAccessKey& key, Instant now);
  Result<std::vector<AccessKeyInfo>> list_access_keys(barrier::Reader& reader, const Owner& owner);
  Result<void> set_access_key_active(barrier::Transaction& txn, const Owner& owner,
                                     std::string_view key_id, bool active);
  Result<void> delete_access_key(barrier::Transaction& txn, const Owner& owner,
                                 std::string_view key_id);
  /// When it last signed a call, from memory or as flushed; nothing if never.
  Result<std::optional<Instant>> access_key_last_used(barrier::Reader& reader, const Owner& owner,
                                                      std::string_view key_id);

  // The rest of RAM.

  Groups& groups() { return groups_; }
  Policies& policies() { return policies_; }
  Roles& roles() { return roles_; }
  OidcProviders& oidc_providers() { return oidc_providers_; }
  Console& console() { return console_; }

  /// Policies::attach for a user.
  Result<void> attach_policy(barrier::Transaction& txn, const Owner& user, std::string_view type,
                             std::string_view name, Instant now);

  // For the authenticator.

  /// Sessions of roles are bounded by the role's access points from now on; before the first call.
  void set_client_keys(ClientKeySource* source) { client_keys_ = source; }

  /// Everything that a signature by `key_id` is checked and decided with. kNotFound if there is no
  /// such key; kNotCached on an I/O thread whose cache lacks a part of it.
  Result<CredentialRef> load_credential(barrier::Reader& reader, std::string_view key_id);

  /// The same for a session. kUnauthenticated (InvalidSecurityToken.Expired) if its role is gone,
  /// another one of that name, or revoked the session. `token` is kept to compare.
  Result<CredentialRef> load_session(barrier::Reader& reader, Session session,
                                     std::string_view token);

  /// Roles::revoke_sessions for all roles of the account, those made later among them.
  /// EntityNotExist.Account.
  Result<Instant> revoke_sessions(barrier::Transaction& txn, AccountId account, Instant until);

  /// Writes the last-used facts that changed since the last call, in batches; for a worker, about
  /// once a minute. Returns how many were written. A fact that meets a conflict waits for the next
  /// call.
  Result<std::size_t> flush_last_use(barrier::SealedStore& store);

 private:
  Random& random_;
  Groups groups_;
  Policies policies_;
  Roles roles_;
  OidcProviders oidc_providers_;
  Console console_;
  std::unique_ptr<LastUse> last_use_;
  ClientKeySource* client_keys_ = nullptr;
};

}  // namespace strongroom::identity
