#include "strongroom/identity/roles.h"

#include <algorithm>

#include "name_list.h"
#include "policy_rows.h"
#include "ram_rules.h"
#include "role_rows.h"
#include "strongroom/base/limits.h"

namespace strongroom::identity {

using barrier::RecordRef;
using barrier::RecordType;
using barrier::Transaction;

barrier::Address role_address(const RoleRef& ref) {
  return {.type = RecordType::kRole, .account = ref.account, .name = ref.name};
}

Result<HeldRole> read_role(barrier::Reader& reader, const RoleRef& ref) {
  HeldRole held;
  SR_TRY(held.record, read_if_there(reader, role_address(ref)));
  if (!held.record) {
    return fail(ErrorKind::kNotFound, "EntityNotExist.Role",
                "The role does not exist. RoleName: " + std::string(ref.name));
  }
  SR_TRY(held.role, decode_role(*held.record));
  return held;
}

namespace {

void put_role(Transaction& txn, const Role& role, Uuid resource) {
  encode(role,
         [&](ByteView body) { txn.put(role_address({role.account, role.name}), resource, body); });
}

Result<void> check_role(const Role& role) {
  SR_CHECK_OK(check_description(role.description));
  SR_CHECK_OK(policy::parse_document(role.trust_document, policy::DocumentKind::kTrust));
  if (role.max_session_seconds < kRoleSessionSecondsMin ||
      role.max_session_seconds > kRoleSessionSecondsMax) {
    return fail(ErrorKind::kInvalidInput, "InvalidParameter.MaxSessionDuration",
                "The parameter - \"MaxSessionDuration\" must be between 3600 and 43200 seconds.");
  }
  return {};
}

}  // namespace

Result<Role> Roles::create(Transaction& txn, Role wanted, Instant now) {
  SR_CHECK_OK(check_role_name(wanted.name));
  SR_CHECK_OK(check_role(wanted));
  const RoleRef ref{wanted.account, wanted.name};
  SR_TRY(const RecordRef taken, read_if_there(txn, role_address(ref)));
  if (taken) {
    return fail(ErrorKind::kConflict, "EntityAlreadyExists.Role",
                "The role does already EXIST. RoleName: " + wanted.name);
  }
  SR_CHECK_OK(add_name(txn, {ref.account, kRoleList}, wanted.name,
                       {limits::kRolesPerAccountMax, "Role"}, random_));
  wanted.id = random_digits("3", 17, random_);
  wanted.created = now;
  wanted.updated = now;
  put_role(txn, wanted, Uuid::generate(random_));
  return wanted;
}

Result<Role> Roles::get(barrier::Reader& reader, const RoleRef& ref) {
  SR_TRY(HeldRole held, read_role(reader, ref));
  return std::move(held.role);
}

Result<Role> Roles::update(Transaction& txn, const RoleRef& ref, const RoleChange& change,
                           Instant now) {
  SR_TRY(HeldRole held, read_role(txn, ref));
  Role& role = held.role;
  role.trust_document = change.trust_document.value_or(role.trust_document);
  role.description = change.description.value_or(role.description);
  role.max_session_seconds = change.max_session_seconds.value_or(role.max_session_seconds);
  role.updated = now;
  SR_CHECK_OK(check_role(role));
  put_role(txn, role, held.record->resource());
  return role;
}

Result<void> Roles::set_tags(Transaction& txn, const RoleRef& ref, std::vector<Tag> tags) {
  SR_TRY(HeldRole held, read_role(txn, ref));
  held.role.tags = std::move(tags);
  put_role(txn, held.role, held.record->resource());
  return {};
}

Result<Instant> Roles::revoke_sessions(Transaction& txn, const RoleRef& ref, Instant until) {
  SR_TRY(HeldRole held, read_role(txn, ref));
  held.role.revoked_before = std::max(held.role.revoked_before, until);
  put_role(txn, held.role, held.record->resource());
  return held.role.revoked_before;
}

Result<void> Roles::remove(Transaction& txn, const RoleRef& ref) {
  SR_CHECK_OK(read_role(txn, ref));
  SR_CHECK_OK(remove_attachments(txn, {EntityKind::kRole, ref.account, ref.name}));
  SR_CHECK_OK(remove_name(txn, {ref.account, kRoleList}, ref.name, random_));
  txn.remove(role_address(ref));
  return {};
}

Result<RolePage> Roles::list(barrier::Reader& reader, AccountId account, std::string_view marker,
                             std::size_t max) {
  SR_TRY(NamePage names, read_page(reader, {account, kRoleList}, marker, max));
  RolePage page{.roles = {}, .next = std::move(names.next)};
  for (const std::string& name : names.names) {
    SR_TRY(HeldRole held, read_role(reader, {account, name}));
    page.roles.push_back(std::move(held.role));
  }
  return page;
}

}  // namespace strongroom::identity
