// Import of key material (openapi.md §7.6).

#include "key_handlers.h"
#include "key_rights.h"
#include "secret_answers.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"

namespace strongroom::service {
namespace {

struct Wrapping {
  crypto::KeyKind kind;
  crypto::EncryptionScheme scheme;
};

Result<Wrapping> wrapping_of(const Parameters& p) {
  SR_TRY(const std::string_view spec, p.required("WrappingKeySpec"));
  SR_TRY(const std::string_view algorithm, p.required("WrappingAlgorithm"));
  if (spec != "RSA_2048" && spec != "EC_SM2") {
    return invalid_parameter("WrappingKeySpec", "It must be RSA_2048 or EC_SM2.");
  }
  const auto scheme = keys::encryption_scheme_of(algorithm);
  if (!scheme) {
    return invalid_parameter("WrappingAlgorithm",
                             "It must be RSAES_OAEP_SHA_256, RSAES_OAEP_SHA_1, RSAES_PKCS1_V1_5 or "
                             "SM2PKE.");
  }
  return Wrapping{spec == "EC_SM2" ? crypto::KeyKind::kEcSm2 : crypto::KeyKind::kRsa2048, *scheme};
}

}  // namespace

Result<void> get_parameters_for_import(Call& call) {
  SR_TRY(const Wrapping wrapping, wrapping_of(call.parameters));
  SR_TRY(const keys::Key key, named_key(call));
  SR_TRY(const keys::ImportParameters made,
         call.engines.keys.import_parameters(key, wrapping.kind, wrapping.scheme, call.now));
  call.answer.field("KeyId", key.id);
  call.answer.field("PublicKey", base64_encode(as_bytes(made.public_key)));
  call.answer.field("ImportToken", base64_encode(as_bytes(made.token)));
  write_time(call.answer, "TokenExpireTime", made.expires);
  return {};
}

Result<void> import_key_material(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const std::string_view wrapped_text, p.required("EncryptedKeyMaterial"));
  SR_TRY(const std::string_view token_text, p.required("ImportToken"));
  constexpr std::int64_t kLatest = 253'402'300'799;  // 9999-12-31T23:59:59Z
  SR_TRY(const std::int64_t expires, p.integer("KeyMaterialExpireUnix", 0, 0, kLatest));
  const auto wrapped = base64_decode(wrapped_text);
  const auto token = base64_decode(token_text);
  if (!wrapped || wrapped->size() > limits::kAsymmetricBytesMax) {
    return invalid_parameter("EncryptedKeyMaterial", "It must be Base64 text.");
  }
  if (!token) {
    return fail(ErrorKind::kInvalidInput, "InvalidImportToken",
                "import token is invalid: it must be the Base64 text of GetParametersForImport.");
  }
  SR_TRY(keys::Key key, named_key(call));
  return call.engines.keys.import_material(
      *call.transaction, std::move(key),
      {.token = *token, .wrapped = as_bytes(*wrapped), .expires = Instant::from_seconds(expires)},
      call.now);
}

Result<void> delete_key_material(Call& call) {
  SR_TRY(keys::Key key, named_key(call));
  return call.engines.keys.delete_material(*call.transaction, std::move(key));
}

}  // namespace strongroom::service
