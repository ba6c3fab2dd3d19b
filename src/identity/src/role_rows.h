#pragma once
// The row of a role.

#include "records_ram.h"
#include "rows.h"

namespace strongroom::identity {

barrier::Address role_address(const RoleRef& ref);

struct HeldRole {
  barrier::RecordRef record;
  Role role;
};
/// EntityNotExist.Role.
Result<HeldRole> read_role(barrier::Reader& reader, const RoleRef& ref);

}  // namespace strongroom::identity
