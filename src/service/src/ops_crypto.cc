// Symmetric cryptography under the caller's keys (openapi.md §7.4, §8).

#include "json_parameters.h"
#include "key_rights.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

/// Aliases are not served yet; an unknown one has its own code.
Result<void> refuse_alias(std::string_view key_id) {
  if (!key_id.starts_with("alias/")) return {};
  return fail(ErrorKind::kNotFound, "Forbidden.AliasNotFound",
              "The specified Alias is not found. Name the key by its id.");
}

Result<std::string> context_aad_of(const Parameters& parameters) {
  SR_TRY(const TextPairs context,
         parse_string_map("EncryptionContext", parameters.text("EncryptionContext")));
  return keys::encryption_context_aad(context.views());
}

void write_encrypted(AnswerWriter& answer, const keys::Encrypted& encrypted) {
  answer.field("KeyId", encrypted.key_id);
  answer.field("KeyVersionId", encrypted.version_id);
  answer.field("CiphertextBlob", base64_encode(as_bytes(encrypted.blob)));
}

Result<void> encrypt(Call& call) {
  SR_TRY(const std::string_view text, call.parameters.required("Plaintext"));
  SR_CHECK_OK(refuse_alias(call.resource_name()));
  if (text.size() > limits::kPlaintextBytesMax || !is_utf8(text)) {
    return invalid_parameter("Plaintext",
                             "It has at most 6144 bytes of text; encode binary data as Base64.");
  }
  SR_TRY(const std::string aad, context_aad_of(call.parameters));
  call.note_key(call.resource_name());
  // The given text is encrypted as it is, and Decrypt returns it (openapi.md §7.4).
  SR_TRY(const SecretBytes plaintext, SecretBytes::copy_of(as_bytes(text)));
  SR_TRY(
      const keys::Encrypted encrypted,
      call.engines.keys.encrypt(call.reader, call.account(), call.resource_name(), plaintext, aad));
  write_encrypted(call.answer, encrypted);
  return {};
}

Result<void> decrypt(Call& call) {
  SR_TRY(const std::string_view text, call.parameters.required("CiphertextBlob"));
  const auto blob = base64_decode(text);
  if (!blob)
    return invalid_parameter("CiphertextBlob", "It must be the Base64 text that Encrypt returned.");
  SR_TRY(const std::string aad, context_aad_of(call.parameters));
  keys::Keys& keys = call.engines.keys;
  SR_TRY(const std::string_view version_id, keys::Keys::version_of_blob(*blob));
  SR_TRY(const std::string key_id, keys.key_of_version(call.reader, call.account(), version_id));
  call.note_key(key_id);
  SR_CHECK_OK(call.authorize("kms:Decrypt", keys.arn(call.account(), key_id)));
  SR_TRY(const keys::Decrypted decrypted, keys.decrypt(call.reader, call.account(), *blob, aad));
  call.answer.field("KeyId", decrypted.key_id);
  call.answer.field("KeyVersionId", decrypted.version_id);
  call.answer.secret("Plaintext", decrypted.plaintext);
  return {};
}

/// NumberOfBytes wins over KeySpec; neither means 32 bytes.
Result<std::size_t> data_key_size(const Parameters& parameters) {
  std::string_view spec = parameters.text("KeySpec");
  if (spec.starts_with(' '))
    spec.remove_prefix(1);  // the published list has " AES_128" (openapi.md §3.4)
  if (!spec.empty() && spec != "AES_256" && spec != "AES_128") {
    return invalid_parameter("KeySpec", "It must be AES_256 or AES_128.");
  }
  SR_TRY(const std::int64_t bytes,
         parameters.integer("NumberOfBytes", spec == "AES_128" ? 16 : 32, 1,
                            static_cast<std::int64_t>(limits::kDataKeyBytesMax)));
  return static_cast<std::size_t>(bytes);
}

Result<keys::Keys::DataKey> make_data_key(Call& call) {
  SR_CHECK_OK(refuse_alias(call.resource_name()));
  SR_TRY(const std::size_t bytes, data_key_size(call.parameters));
  SR_TRY(const std::string aad, context_aad_of(call.parameters));
  call.note_key(call.resource_name());
  return call.engines.keys.generate_data_key(call.reader, call.account(), call.resource_name(),
                                             bytes, aad);
}

Result<void> generate_data_key(Call& call) {
  SR_TRY(const keys::Keys::DataKey made, make_data_key(call));
  write_encrypted(call.answer, made.encrypted);
  call.answer.secret("Plaintext", made.base64);
  return {};
}

Result<void> generate_data_key_without_plaintext(Call& call) {
  SR_TRY(const keys::Keys::DataKey made, make_data_key(call));
  write_encrypted(call.answer, made.encrypted);
  return {};
}

constexpr Operation kRows[] = {
    {kKms, "Encrypt", kRead, kKey, "KeyId", encrypt, true},
    {kKms, "Decrypt", kValueRead, kByHandler, "", decrypt, true},
    {kKms, "GenerateDataKey", kValueRead, kKey, "KeyId", generate_data_key, true},
    {kKms, "GenerateDataKeyWithoutPlaintext", kRead, kKey, "KeyId",
     generate_data_key_without_plaintext, true},
};

}  // namespace

std::span<const Operation> crypto_operations() {
  return kRows;
}

}  // namespace strongroom::service
