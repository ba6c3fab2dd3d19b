#pragma once
// From an operation's row and a request's parameters to the ARN that is judged. Pure.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "strongroom/access/access.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

struct Target {
  std::array<std::string, 2> arns;  // accepted spellings of one resource
  std::size_t arn_count = 0;        // 0 if nothing is judged
  std::string_view name;            // bare name or id, a view into the request
  AccountId account;                // who owns it, by its own ARN or else the caller
};

/// 400 MissingParameter if the row's parameter is absent; 404 with the resource's code for an ARN
/// of another service.
Result<Target> resolve_target(const Call& call);

/// acs:<service>:<region>:<account>:<resource>; the resource may hold further colons.
struct Arn {
  std::string_view service, region, account, resource;
};
std::optional<Arn> split_arn(std::string_view text);

/// Whose resource of KMS an ARN of this region names ("key/", "secret/"), and its bare name; the
/// caller's own of no name if it is no such ARN.
Named named_in_arn(const Call& call, std::string_view kind, std::string_view arn);

/// The account field of an ARN, or nothing if it is none.
std::optional<AccountId> account_of_arn(std::string_view arn);

}  // namespace strongroom::service
