// Signatures, asymmetric encryption, public keys and MACs (openapi.md §7.4).

#include "key_handlers.h"
#include "key_rights.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/keys/cryptography.h"

namespace strongroom::service {
namespace {

keys::Cryptography cryptography(const Call& call) {
  return {call.engines.keys, call.engines.random};
}

/// Key and version of the call; the work of most private keys does not belong on an I/O thread.
Result<keys::VersionRef> version_of(Call& call, bool private_key) {
  SR_TRY(const std::string_view version_id, call.parameters.required("KeyVersionId"));
  SR_TRY(const UsableKey key, named_usable_key(call));
  call.note_version(version_id);
  if (private_key && key.spec != keys::KeySpec::kEcP256)
    SR_CHECK_OK(barrier::leave_io_thread(call.reader));
  return keys::VersionRef{key.owner, key.name, version_id};
}

/// The bytes of a Base64 parameter. 400 MissingParameter, InvalidParameter.
Result<std::string> base64_of(const Call& call, std::string_view name, std::size_t max) {
  SR_TRY(const std::string_view text, call.parameters.required(name));
  auto bytes = base64_decode(text);
  if (!bytes || bytes->size() > max) {
    return invalid_parameter(
        name, "It must be Base64 text of at most " + std::to_string(max) + " bytes.");
  }
  return std::move(*bytes);
}

Result<crypto::SignatureScheme> signature_scheme(const Call& call) {
  SR_TRY(const std::string_view text, call.parameters.required("Algorithm"));
  const auto scheme = keys::signature_scheme_of(text);
  if (scheme) return *scheme;
  return invalid_parameter(
      "Algorithm", "It must be RSA_PSS_SHA_256, RSA_PKCS1_SHA_256, ECDSA_SHA_256 or SM2DSA.");
}

Result<crypto::EncryptionScheme> encryption_scheme(const Call& call) {
  SR_TRY(const std::string_view text, call.parameters.required("Algorithm"));
  const auto scheme = keys::encryption_scheme_of(text);
  if (scheme && *scheme != crypto::EncryptionScheme::kRsaPkcs1) return *scheme;
  return invalid_parameter("Algorithm",
                           "It must be RSAES_OAEP_SHA_256, RSAES_OAEP_SHA_1 or SM2PKE.");
}

Result<crypto::MacHash> mac_algorithm(const Call& call) {
  SR_TRY(const std::string_view text, call.parameters.required("Algorithm"));
  const auto hash = keys::mac_algorithm_of(text);
  if (hash) return *hash;
  return invalid_parameter("Algorithm",
                           "It must be HMAC_SHA_224, HMAC_SHA_256, HMAC_SHA_384, HMAC_SHA_512 or "
                           "HMAC_SM3.");
}

void write_key(Call& call, std::string_view key_id, std::string_view version_id) {
  call.answer.field("KeyId", key_id);
  call.answer.field("KeyVersionId", version_id);
}

}  // namespace

Result<void> asymmetric_sign(Call& call) {
  SR_TRY(const crypto::SignatureScheme scheme, signature_scheme(call));
  SR_TRY(const std::string digest, base64_of(call, "Digest", limits::kAsymmetricBytesMax));
  SR_TRY(const keys::VersionRef version, version_of(call, true));
  SR_TRY(const keys::Produced made,
         cryptography(call).sign(call.reader, version, scheme, as_bytes(digest)));
  write_key(call, made.key_id, made.version_id);
  call.answer.field("Value", base64_encode(as_bytes(made.value)));
  return {};
}

Result<void> asymmetric_verify(Call& call) {
  SR_TRY(const crypto::SignatureScheme scheme, signature_scheme(call));
  SR_TRY(const std::string digest, base64_of(call, "Digest", limits::kAsymmetricBytesMax));
  SR_TRY(const std::string signature, base64_of(call, "Value", limits::kAsymmetricBytesMax));
  SR_TRY(const keys::VersionRef version, version_of(call, false));
  SR_TRY(const keys::Cryptography::Verified seen,
         cryptography(call).verify(call.reader, version, scheme, as_bytes(digest),
                                   as_bytes(signature)));
  write_key(call, seen.key_id, seen.version_id);
  call.answer.boolean("Value", seen.value);
  return {};
}

Result<void> asymmetric_encrypt(Call& call) {
  SR_TRY(const crypto::EncryptionScheme scheme, encryption_scheme(call));
  SR_TRY(std::string decoded, base64_of(call, "Plaintext", limits::kAsymmetricBytesMax));
  SR_TRY(const SecretBytes plaintext,
         SecretBytes::take({reinterpret_cast<std::uint8_t*>(decoded.data()), decoded.size()}));
  SR_TRY(const keys::VersionRef version, version_of(call, false));
  SR_TRY(const keys::Produced made,
         cryptography(call).encrypt(call.reader, version, scheme, plaintext));
  write_key(call, made.key_id, made.version_id);
  call.answer.field("CiphertextBlob", base64_encode(as_bytes(made.value)));
  return {};
}

Result<void> asymmetric_decrypt(Call& call) {
  SR_TRY(const crypto::EncryptionScheme scheme, encryption_scheme(call));
  SR_TRY(const std::string blob, base64_of(call, "CiphertextBlob", limits::kAsymmetricBytesMax));
  SR_TRY(const keys::VersionRef version, version_of(call, true));
  SR_TRY(const keys::Decrypted opened,
         cryptography(call).decrypt(call.reader, version, scheme, as_bytes(blob)));
  SR_TRY(const SecretBytes text, keys::base64_text(opened.plaintext));
  write_key(call, opened.key_id, opened.version_id);
  call.answer.secret("Plaintext", text);
  return {};
}

Result<void> get_public_key(Call& call) {
  SR_TRY(const keys::VersionRef version, version_of(call, false));
  SR_TRY(const keys::Produced made, cryptography(call).public_key(call.reader, version));
  write_key(call, made.key_id, made.version_id);
  call.answer.field("PublicKey", made.value);
  return {};
}

Result<void> generate_mac(Call& call) {
  SR_TRY(const crypto::MacHash hash, mac_algorithm(call));
  SR_TRY(const std::string message, base64_of(call, "Message", limits::kMacMessageBytesMax));
  SR_TRY(const UsableKey key, named_usable_key(call));
  SR_TRY(const keys::Produced made,
         cryptography(call).mac(call.reader, {key.owner, key.name, {}}, hash, as_bytes(message)));
  call.note_version(made.version_id);
  call.answer.field("KeyId", made.key_id);
  call.answer.field("Algorithm", call.parameters.text("Algorithm"));
  call.answer.field("Mac", base64_encode(as_bytes(made.value)));
  return {};
}

Result<void> verify_mac(Call& call) {
  SR_TRY(const crypto::MacHash hash, mac_algorithm(call));
  SR_TRY(const std::string message, base64_of(call, "Message", limits::kMacMessageBytesMax));
  SR_TRY(const std::string tag, base64_of(call, "Mac", limits::kMacMessageBytesMax));
  SR_TRY(const UsableKey key, named_usable_key(call));
  SR_TRY(const keys::Cryptography::Verified seen,
         cryptography(call).verify_mac(call.reader, {key.owner, key.name, {}}, hash,
                                       as_bytes(message), as_bytes(tag)));
  call.note_version(seen.version_id);
  call.answer.field("KeyId", seen.key_id);
  call.answer.field("Algorithm", call.parameters.text("Algorithm"));
  call.answer.boolean("Value", seen.value);
  return {};
}

}  // namespace strongroom::service
