#pragma once
// The handlers of key_operations() and crypto_operations() (openapi.md §7), spread over
// ops_keys*.cc and ops_crypto*.cc. Each answers its own action; see operation.h for what a handler
// may rely on.

#include "strongroom/keys/keys.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

Result<void> list_keys(Call& call);  // ops_keys_list.cc

Result<void> create_key_version(Call& call);  // ops_keys_versions.cc
Result<void> list_key_versions(Call& call);
Result<void> describe_key_version(Call& call);
Result<void> update_rotation_policy(Call& call);
/// RotationInterval of a rotation that is on, in seconds. 400 MissingParameter without it,
/// InvalidParameter for one of no time at all, which would turn it off.
Result<std::int64_t> key_rotation_interval(const Parameters& p);

Result<void> get_parameters_for_import(Call& call);  // ops_keys_import.cc
Result<void> import_key_material(Call& call);
Result<void> delete_key_material(Call& call);

Result<void> create_alias(Call& call);  // ops_keys_aliases.cc
Result<void> update_alias(Call& call);
Result<void> delete_alias(Call& call);
Result<void> list_aliases(Call& call);
Result<void> list_aliases_by_key_id(Call& call);

/// Which secrets a key that is about to be deleted takes with it: an event with their names, and,
/// if there are any, a `Warning` in the answer. ops_keys_dependents.cc
Result<void> warn_of_dependents(Call& call, const keys::Key& key, Instant when);

Result<void> asymmetric_encrypt(Call& call);  // ops_crypto_asymmetric.cc
Result<void> asymmetric_decrypt(Call& call);
Result<void> asymmetric_sign(Call& call);
Result<void> asymmetric_verify(Call& call);
Result<void> get_public_key(Call& call);
Result<void> generate_mac(Call& call);
Result<void> verify_mac(Call& call);

}  // namespace strongroom::service
