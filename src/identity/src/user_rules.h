#pragma once
// What the fields of a RAM user may look like (gateway.md §5.1, §5.3). Pure.

#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/identity/directory.h"

namespace strongroom::identity {

/// 1-64 of [A-Za-z0-9._-]; `parameter` names it in the error.
Result<void> check_user_name(std::string_view name, std::string_view parameter);
/// DisplayName 1-128 characters, Comments at most 128, Email and MobilePhone by form; empty:
/// absent.
Result<void> check_user_fields(const User& user);

}  // namespace strongroom::identity
