// The rows of the secret actions. One action: a row here, a handler in its ops_secret_*.cc, a test.

#include "secret_handlers.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

constexpr Operation brief(Operation row) {
  row.brief = true;
  return row;
}

constexpr Operation kRows[] = {
    needs("SecretName VersionId SecretData",
          brief({kKms, "CreateSecret", kMutation, kSecretContainer, "", create_secret})),
    {kKms, "DescribeSecret", kRead, kSecret, "SecretName", describe_secret},
    {kKms, "GetSecretValue", kValueRead, kSecret, "SecretName", get_secret_value, true},
    {kKms, "BatchGetSecretValue", kValueRead, kByHandler, "", batch_get_secret_value},
    needs("SecretName VersionId SecretData",
          brief({kKms, "PutSecretValue", kMutation, kSecret, "SecretName", put_secret_value})),
    {kKms, "ListSecrets", kSlowRead, kSecretContainer, "", list_secrets},
    {kKms, "ListSecretVersionIds", kRead, kSecret, "SecretName", list_secret_version_ids},
    brief({kKms, "UpdateSecret", kMutation, kSecret, "SecretName", update_secret}),
    needs("SecretName VersionStage", brief({kKms, "UpdateSecretVersionStage", kMutation, kSecret,
                                            "SecretName", update_secret_version_stage})),
    needs("SecretName EnableAutomaticRotation",
          {kKms, "UpdateSecretRotationPolicy", kMutation, kSecret, "SecretName",
           update_secret_rotation_policy}),
    needs("SecretName VersionId",
          {kKms, "RotateSecret", kMutation, kSecret, "SecretName", rotate_secret}),
    brief({kKms, "DeleteSecret", kMutation, kSecret, "SecretName", delete_secret}),
    brief({kKms, "RestoreSecret", kMutation, kSecret, "SecretName", restore_secret}),
    {kKms, "GetRandomPassword", kValueRead, kAll, "", get_random_password},
};

}  // namespace

std::span<const Operation> secret_operations() {
  return kRows;
}

}  // namespace strongroom::service
