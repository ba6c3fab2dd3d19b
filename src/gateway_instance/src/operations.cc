#include "operations.h"

#include <algorithm>

#include "key_operations.h"
#include "strongroom/gateway_instance/gateway.h"
#include "strongroom/instances/instances.h"
#include "strongroom/secrets/secrets.h"
#include "strongroom/service/handlers.h"

namespace strongroom::gateway_instance {
namespace {

using enum service::Effect;
using enum service::ResourceKind;

constexpr service::Operation kRows[] = {
    {kInstanceApi, "GetSecretValue", kValueRead, kSecret, "SecretName", service::get_secret_value},
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

std::span<const service::Operation> operations() {
  return kRows;
}

const service::Operation* find_operation(std::string_view action) {
  const auto found = std::ranges::find(kRows, action, &service::Operation::name);
  return found != std::end(kRows) ? found : nullptr;
}

}  // namespace strongroom::gateway_instance
