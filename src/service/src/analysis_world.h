#pragma once
// All principals and resources of an account, as analyses of its policies see them.

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/access/analysis.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

/// Root, every user with its groups' policies, and a session of every role.
Result<std::vector<identity::Principal>> principals_of_account(Call& call);

/// The one whose ARN or user name is `text`; "role/<name>" for a role. 404 EntityNotExist.User,
/// EntityNotExist.Role; 400 InvalidParameter for another account's.
Result<identity::Principal> principal_named(Call& call, std::string_view text);

/// The secret or key that `text` names: an ARN of the account, or a secret's name. An absent one is
/// untagged and has the default policy.
Result<access::Resource> resource_named(Call& call, std::string_view text);

/// Every secret, or every key. 503 until the index is built; 400 InvalidParameter beyond
/// limits::kAnalysisResourcesMax.
enum class Held : std::uint8_t { kSecrets, kKeys };
Result<std::vector<access::Resource>> resources_of_account(Call& call, Held what);

/// Principals of other accounts that the resource's policy names, each as far as the resource's
/// side goes: their own accounts' policies are not looked at.
std::vector<identity::Principal> named_strangers(const access::Resource& resource);

}  // namespace strongroom::service
