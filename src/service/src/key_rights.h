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

/// Whether a parameter names a key by an alias: alias/<name>, or the ARN of one.
bool names_alias(std::string_view text);
/// 400 Unsupported.Alias, where an action takes none.
std::unexpected<Error> alias_refused();

/// The key that the pipeline resolved and judged. 400 Unsupported.Alias for an alias where the
/// action takes none, 404 Forbidden.AliasNotFound or Forbidden.KeyNotFound.
Result<keys::Key> named_key(Call& call);
/// The same for actions that use the key, which may be of another account: whose it is, its id and
/// its spec, with the instance it lives in usable.
struct UsableKey : Named {
  keys::KeySpec spec;
};
Result<UsableKey> named_usable_key(Call& call);

struct JudgedKey {
  AccountId owner;
  std::string id;
};
/// A key named by a parameter that is not the row's own: id, ARN or alias, judged for `action`,
/// with the instance it lives in usable. One of another account is named by its ARN, and that
/// account's policy on the key must let the caller in. 404 Forbidden.AliasNotFound,
/// Forbidden.KeyNotFound.
Result<JudgedKey> judged_key(Call& call, std::string_view action, std::string_view text);
/// The instance of a key must be usable, and be the one whose endpoint was asked; errors of
/// require_instance(), 404 Forbidden.KeyNotFound.
Result<keys::UseStatus> require_usable_place(Call& call, const Named& key);

/// Judges `action` (kms:Decrypt, kms:GenerateDataKey) on the key. Not for a key that the service
/// made as the account's default: it is no customer key and needs no right of its own, "encrypted
/// with a customer key also needs kms:Decrypt" (gateway.md §6.4).
Result<void> authorize_key(Call& call, std::string_view action, const Named& key);

}  // namespace strongroom::service
