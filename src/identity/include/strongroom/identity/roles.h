#pragma once
// Roles: what users, and identities from outside, may become for a while (gateway.md §5.2, §5.4).
// Works in the caller's Transaction or Reader and keeps no state; checks no permissions.
// Thread-safe. Errors are RAM's own codes (EntityNotExist.Role, DeleteConflict.Role.Policy …).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/identity/policies.h"

namespace strongroom::identity {

inline constexpr std::int64_t kSessionSecondsMin = 900;
inline constexpr std::int64_t kRoleSessionSecondsMin = 3'600;  // of MaxSessionDuration
inline constexpr std::int64_t kRoleSessionSecondsMax = 43'200;

struct Role {
  AccountId account = {};
  std::string id = {};    // 18 digits
  std::string name = {};  // 1-64 of [A-Za-z0-9.-]
  std::string description = {};
  std::string trust_document = {};
  std::int64_t max_session_seconds = kRoleSessionSecondsMin;
  Instant revoked_before = {};  // sessions issued up to then are void
  std::vector<Tag> tags = {};
  Instant created = {};
  Instant updated = {};

  /// acs:ram::<account>:role/<name>
  std::string arn() const { return "acs:ram::" + account.text() + ":role/" + name; }
};

/// What UpdateRole changes: absent fields stay as they are.
struct RoleChange {
  std::optional<std::string_view> trust_document = {};
  std::optional<std::string_view> description = {};
  std::optional<std::int64_t> max_session_seconds = {};
};

struct RolePage {
  std::vector<Role> roles;  // by name
  std::string next;         // Marker of the next page; empty: this was the last
};

/// One role of an account.
struct RoleRef {
  AccountId account;
  std::string_view name;
};

class Roles {
 public:
  explicit Roles(Random& random) : random_(random) {}

  /// Checks name, description, trust document and longest session. EntityAlreadyExists.Role,
  /// LimitExceeded.Role, InvalidParameter.…, MalformedPolicyDocument.
  Result<Role> create(barrier::Transaction& txn, Role wanted, Instant now);
  /// EntityNotExist.Role.
  Result<Role> get(barrier::Reader& reader, const RoleRef& ref);
  Result<Role> update(barrier::Transaction& txn, const RoleRef& ref, const RoleChange& change,
                      Instant now);
  Result<void> set_tags(barrier::Transaction& txn, const RoleRef& ref, std::vector<Tag> tags);
  /// Voids every session that was issued up to `until`. An earlier call that went further holds;
  /// returned is up to when they are void now. EntityNotExist.Role.
  Result<Instant> revoke_sessions(barrier::Transaction& txn, const RoleRef& ref, Instant until);
  /// Only a role without policies: DeleteConflict.Role.Policy. Its sessions end with it.
  Result<void> remove(barrier::Transaction& txn, const RoleRef& ref);
  Result<RolePage> list(barrier::Reader& reader, AccountId account, std::string_view marker,
                        std::size_t max);

 private:
  Random& random_;
};

}  // namespace strongroom::identity
