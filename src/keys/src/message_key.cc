#include "message_key.h"

#include "errors.h"
#include "strongroom/crypto/aes_gcm.h"
#include "strongroom/crypto/kdf.h"

namespace strongroom::keys {

Result<std::string> gcm_seal(const GcmInput& input, const SecretBytes& plaintext) {
  if (input.spec == KeySpec::kSm4) {
    return crypto::sm4_gcm_seal(input.key, input.iv, input.aad, plaintext);
  }
  return crypto::aes_gcm_seal(input.key, input.iv, input.aad, plaintext);
}

Result<SecretBytes> gcm_open(const GcmInput& input, ByteView sealed) {
  if (input.spec == KeySpec::kSm4) {
    return crypto::sm4_gcm_open(input.key, input.iv, input.aad, sealed);
  }
  return crypto::aes_gcm_open(input.key, input.iv, input.aad, sealed);
}

Result<SecretBytes> message_key(const SecretBytes& material, SymmetricAlgorithm algorithm,
                                ByteView salt) {
  std::string context(1, static_cast<char>(algorithm));
  context.append(as_chars(salt));
  return crypto::kbkdf(material, "SRMSG1", as_bytes(context), material.size());
}

std::unexpected<Error> does_not_open() {
  return invalid_parameter(
      "CiphertextBlob",
      "It does not open with this key and EncryptionContext. Send the blob as Encrypt "
      "returned it, with the EncryptionContext it was made with.");
}

}  // namespace strongroom::keys
