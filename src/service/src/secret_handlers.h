#pragma once
// The handlers of secret_operations() (openapi.md §4), spread over ops_secret_*.cc. Each answers
// its own action; see operation.h for what a handler may rely on.

#include "strongroom/keys/keys.h"
#include "strongroom/service/operation.h"

namespace strongroom::service {

Result<void> create_secret(Call& call);  // ops_secret_life.cc
Result<void> update_secret(Call& call);
Result<void> delete_secret(Call& call);
Result<void> restore_secret(Call& call);
Result<void> get_secret_value(Call& call);  // ops_secret_values.cc
Result<void> batch_get_secret_value(Call& call);
Result<void> put_secret_value(Call& call);
Result<void> update_secret_version_stage(Call& call);
Result<void> describe_secret(Call& call);  // ops_secret_reads.cc
Result<void> list_secrets(Call& call);
Result<void> list_secret_version_ids(Call& call);
Result<void> get_random_password(Call& call);            // ops_random_password.cc
Result<void> update_secret_rotation_policy(Call& call);  // ops_rotation.cc
Result<void> rotate_secret(Call& call);

/// The key that a new secret's values are to be encrypted under, its right judged: `asked`, or the
/// account's default key. 400 MissingParameter in an instance without one, InvalidParameter for a
/// key of elsewhere, 404 Forbidden.ResourceNotFound. ops_secret_life.cc
Result<keys::WrappingKey> wrapping_key_for(Call& call, std::string_view asked,
                                           std::string_view instance_id);
/// The current value of a secret whose right was judged; the right on its key is judged here.
/// Errors of GetSecretValue. ops_secret_values.cc
Result<SecretBytes> value_of_secret(Call& call, const Named& named);
/// Secrets that the service keeps for a feature of its own have one version for ever: 400
/// Rejected.UnsupportedOperation. ops_secret_values.cc
Result<void> refuse_own_secret(const secrets::SecretView& secret);

/// Of the engines; 400 Rejected.UnsupportedOperation without one.
Result<rotation::Rotations*> rotations_of(const Call& call);
/// Whether the caller may make a version under the secret's key, which is noted for the record.
Result<void> judge_rotation_key(Call& call, const secrets::SecretView& secret);

}  // namespace strongroom::service
