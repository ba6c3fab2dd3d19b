#pragma once
// What names and texts of groups, roles and policies may look like (gateway.md §5.2, §5.3). Pure.

#include <string_view>
#include <vector>

#include "strongroom/base/result.h"
#include "strongroom/identity/policies.h"

namespace strongroom::identity {

/// InvalidParameter.<parameter>.<what>, with RAM's opening words.
std::unexpected<Error> invalid_field(std::string_view parameter, std::string_view what,
                                     std::string message);

/// 1-64 of [A-Za-z0-9._-].
Result<void> check_group_name(std::string_view name, std::string_view parameter);
/// 1-64 of [A-Za-z0-9.-].
Result<void> check_role_name(std::string_view name);
/// 1-128 of [A-Za-z0-9-].
Result<void> check_policy_name(std::string_view name);
/// 1-128 of [A-Za-z0-9._-].
Result<void> check_provider_name(std::string_view name);
/// At most 1,024 characters.
Result<void> check_description(std::string_view text);
/// At most 128 characters.
Result<void> check_comments(std::string_view text, std::string_view parameter);

/// A marker is a name that an earlier page ended with: InvalidParameter.Marker for anything that
/// cannot be one.
Result<void> check_marker(std::string_view marker);

/// `count` random decimal digits after `first`.
std::string random_digits(std::string_view first, std::size_t count, Random& random);

}  // namespace strongroom::identity
