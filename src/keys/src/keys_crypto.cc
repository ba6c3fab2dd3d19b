// What keys do (openapi.md §8): blob = 36 characters of key version id ‖ 12 bytes IV ‖ ciphertext ‖
// 16 bytes tag.

#include <algorithm>
#include <array>

#include "errors.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/aes_gcm.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/keys/keys.h"

namespace strongroom::keys {
namespace {

constexpr std::size_t kVersionIdChars = 36;
constexpr std::size_t kBlobBytesMin = kVersionIdChars + crypto::kGcmIvBytes + crypto::kGcmTagBytes;

/// One text for every reason, so that a ciphertext's owner and its forger learn the same.
std::unexpected<Error> does_not_open() {
  return invalid("CiphertextBlob",
                 "It does not open with this key and EncryptionContext. Send the blob as Encrypt "
                 "returned it, with the "
                 "EncryptionContext it was made with.");
}

}  // namespace

std::string encryption_context_aad(std::vector<NameValue> pairs) {
  if (pairs.empty()) return {};
  std::ranges::sort(pairs, {}, &NameValue::name);
  std::string text;
  for (const NameValue& pair : pairs) {
    if (!text.empty()) text += '&';
    text.append(pair.name).append("=").append(pair.value);
  }
  return std::string(as_chars(crypto::sha256(as_bytes(text))));
}

Result<Encrypted> Keys::encrypt(barrier::Reader& reader, AccountId account, std::string_view key_id,
                                const SecretBytes& plaintext, std::string_view aad) const {
  SR_TRY(WrappingKey key, wrapping_key(reader, account, key_id));
  std::array<std::uint8_t, crypto::kGcmIvBytes> iv;
  random_.fill(iv);
  SR_TRY(const std::string sealed,
         crypto::aes_gcm_seal(key.material, iv, as_bytes(aad), plaintext));
  std::string blob = key.version_id;
  blob.append(as_chars(iv)).append(sealed);
  return Encrypted{std::move(key.key_id), std::move(key.version_id), std::move(blob)};
}

Result<std::string_view> Keys::version_of_blob(std::string_view blob) {
  if (blob.size() < kBlobBytesMin) {
    return invalid("CiphertextBlob", "It is too short to be a ciphertext of this service.");
  }
  const std::string_view id = blob.substr(0, kVersionIdChars);
  if (!Uuid::parse(id)) return invalid("CiphertextBlob", "It is not a ciphertext of this service.");
  return id;
}

Result<Decrypted> Keys::decrypt(barrier::Reader& reader, AccountId account, std::string_view blob,
                                std::string_view aad) const {
  SR_TRY(const std::string_view version_id, version_of_blob(blob));
  SR_TRY(std::string key_id, key_of_version(reader, account, version_id));
  SR_TRY(const UseStatus use, status(reader, account, key_id));
  SR_CHECK_OK(permit(KeyAction::kUse, use.state));
  SR_TRY(const SecretBytes bytes, material(reader, account, key_id, version_id));
  const ByteView iv = as_bytes(blob.substr(kVersionIdChars, crypto::kGcmIvBytes));
  const ByteView sealed = as_bytes(blob.substr(kVersionIdChars + crypto::kGcmIvBytes));
  auto plaintext = crypto::aes_gcm_open(bytes, iv, as_bytes(aad), sealed);
  if (!plaintext && plaintext.error().kind() == ErrorKind::kCorrupt) return does_not_open();
  if (!plaintext) return std::unexpected(plaintext.error());
  return Decrypted{std::move(key_id), std::string(version_id), std::move(*plaintext)};
}

Result<Keys::DataKey> Keys::generate_data_key(barrier::Reader& reader, AccountId account,
                                              std::string_view key_id, std::size_t bytes,
                                              std::string_view aad) const {
  SR_CHECK(bytes >= 1 && bytes <= limits::kDataKeyBytesMax);
  std::array<std::uint8_t, limits::kDataKeyBytesMax> raw;
  const std::span<std::uint8_t> wanted = std::span(raw).first(bytes);
  random_.fill(wanted);
  std::string text = base64_encode(wanted);
  SR_CHECK_OK(SecretBytes::take(wanted));  // wipes the raw bytes
  SR_TRY(SecretBytes base64,
         SecretBytes::take({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
  SR_TRY(Encrypted encrypted, encrypt(reader, account, key_id, base64, aad));
  return DataKey{std::move(base64), std::move(encrypted)};
}

}  // namespace strongroom::keys
