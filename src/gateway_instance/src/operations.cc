#include "operations.h"

#include <algorithm>

#include "key_operations.h"
#include "strongroom/instances/instances.h"
#include "strongroom/secrets/secrets.h"
#include "strongroom/service/handlers.h"

namespace strongroom::gateway_instance {
namespace {

using enum service::Effect;
using enum service::ResourceKind;
using service::Call;

Result<std::string> instance_of_secret(const Call& call, const service::Named& named) {
  if (const secrets::SecretView* judged = call.judged_secret(named)) {
    return std::string(judged->instance_id());
  }
  SR_TRY(const secrets::SecretView secret,
         call.engines.secrets.view(call.reader, named.owner, named.name));
  return std::string(secret.instance_id());
}

// A secret of another instance is none of this one's.
Result<void> get_secret_value(Call& call) {
  const service::Named named = call.target();
  SR_TRY(const std::string instance, instance_of_secret(call, named));
  if (instance != call.gateway() || named.owner != call.account()) {
    return fail(ErrorKind::kNotFound, "Forbidden.ResourceNotFound",
                "Resource not found: there is no secret with this name in this account and "
                "region.");
  }
  return service::get_secret_value(call);
}

constexpr service::Operation kRows[] = {
    {kInstanceApi, "GetSecretValue", kValueRead, kSecret, "SecretName", get_secret_value},
    {kInstanceApi, "Encrypt", kValueRead, kByHandler, "", encrypt},
    {kInstanceApi, "Decrypt", kValueRead, kByHandler, "", decrypt},
    {kInstanceApi, "AdvanceEncrypt", kValueRead, kByHandler, "", advance_encrypt},
    {kInstanceApi, "AdvanceDecrypt", kValueRead, kByHandler, "", advance_decrypt},
    {kInstanceApi, "Sign", kRead, kByHandler, "", sign},
    {kInstanceApi, "Verify", kRead, kByHandler, "", verify},
    {kInstanceApi, "GetPublicKey", kRead, kByHandler, "", get_public_key},
    {kInstanceApi, "GenerateRandom", kValueRead, kByHandler, "", generate_random},
    {kInstanceApi, "GenerateDataKey", kValueRead, kByHandler, "", generate_data_key},
    {kInstanceApi, "AdvanceGenerateDataKey", kValueRead, kByHandler, "", advance_generate_data_key},
    {kInstanceApi, "GenerateDataKeyPair", kSlowRead, kByHandler, "", generate_data_key_pair},
    {kInstanceApi, "GenerateDataKeyPairWithoutPlaintext", kSlowRead, kByHandler, "",
     generate_data_key_pair},
    {kInstanceApi, "AdvanceGenerateDataKeyPair", kSlowRead, kByHandler, "",
     advance_generate_data_key_pair},
    {kInstanceApi, "AdvanceGenerateDataKeyPairWithoutPlaintext", kSlowRead, kByHandler, "",
     advance_generate_data_key_pair},
};

}  // namespace

const service::Operation* find_operation(std::string_view action) {
  const auto found = std::ranges::find(kRows, action, &service::Operation::name);
  return found != std::end(kRows) ? found : nullptr;
}

}  // namespace strongroom::gateway_instance
