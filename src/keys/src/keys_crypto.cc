// OpenAPI's Encrypt and GenerateDataKey (openapi.md §8): blobs that name their key version.

#include <array>

#include "errors.h"
#include "message_key.h"
#include "record.h"
#include "reveal.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/aes_gcm.h"
#include "strongroom/keys/cryptography.h"
#include "strongroom/keys/keys.h"

namespace strongroom::keys {
namespace {

Result<UsableVersion> symmetric(Result<UsableVersion> usable) {
  if (usable && !is_symmetric(usable->spec)) {
    return unsupported_spec("The key is of spec " + std::string(to_text(usable->spec)) +
                            "; this needs a symmetric key.");
  }
  return usable;
}

}  // namespace

Result<Encrypted> Keys::encrypt(barrier::Reader& reader, AccountId account, std::string_view key_id,
                                const SecretBytes& plaintext, std::string_view aad) const {
  SR_TRY(UsableVersion key, symmetric(usable(reader, account, key_id, {})));
  SR_TRY(const SecretBytes material, decode_material_bytes(key.record));
  std::array<std::uint8_t, crypto::kGcmIvBytes> iv;
  random_.fill(iv);
  SR_TRY(const std::string sealed,
         gcm_seal({.spec = key.spec, .key = material, .iv = iv, .aad = as_bytes(aad)}, plaintext));
  std::string blob =
      make_blob({.version_id = key.version_id, .iv = as_chars(iv), .sealed = sealed});
  return Encrypted{std::move(key.key_id), std::move(key.version_id), std::move(blob)};
}

Result<SecretBytes> Keys::random_bytes(std::size_t size) const {
  SR_TRY(SecretBytes bytes, SecretBytes::zeroed(size));
  random_.fill(KeysReveal::into(bytes));
  return bytes;
}

Result<Keys::DataKey> Keys::generate_data_key(barrier::Reader& reader, AccountId account,
                                              std::string_view key_id, std::size_t bytes,
                                              std::string_view aad) const {
  SR_CHECK(bytes >= 1 && bytes <= limits::kDataKeyBytesMax);
  SR_TRY(SecretBytes raw, random_bytes(bytes));
  SR_TRY(SecretBytes base64, base64_text(raw));
  SR_TRY(Encrypted encrypted, encrypt(reader, account, key_id, base64, aad));
  return DataKey{std::move(raw), std::move(base64), std::move(encrypted)};
}

}  // namespace strongroom::keys
