#pragma once
// The second right: on the key behind a secret (openapi.md §1.1, semantics.md §1.1, gateway.md
// §6.4), and keys named by a parameter.

#include <string>
#include <string_view>

#include "strongroom/keys/keys.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

/// A key as a parameter names it: an id, or an ARN. `id` is empty for an ARN of another account or
/// region: nothing of ours.
struct KeyName {
  std::string arn;  // what is judged
  std::string_view id;
};
KeyName key_named(const Call& call, std::string_view text);

/// Judges `action` (kms:Decrypt, kms:GenerateDataKey) on the key. Not for a key that the service
/// made as the account's default: it is no customer key and needs no right of its own, "encrypted
/// with a customer key also needs kms:Decrypt" (gateway.md §6.4).
Result<void> authorize_key(Call& call, std::string_view action, const Named& key);

}  // namespace strongroom::service
