#include "strongroom/crypto/aes_gcm.h"

#include "crypto_reveal.h"
#include "gcm.h"
#include "strongroom/base/limits.h"

namespace strongroom::crypto {

static_assert(kGcmIvBytes == gcm::kIvBytes && kGcmTagBytes == gcm::kTagBytes);

namespace {

Result<void> check_sizes(const SecretBytes& key, ByteView iv, ByteView aad, std::size_t size) {
  if (key.size() != 16 && key.size() != 24 && key.size() != 32) {
    return fail(ErrorKind::kInvalidInput, "AesGcmKeySize", "an AES key has 16, 24 or 32 bytes");
  }
  if (iv.size() != kGcmIvBytes) {
    return fail(ErrorKind::kInvalidInput, "AesGcmIvSize", "the GCM nonce must have 12 bytes");
  }
  if (size > limits::kSealedBytesMax || aad.size() > limits::kSealedBytesMax) {
    return fail(ErrorKind::kInvalidInput, "AesGcmSize", "the data is too large to seal");
  }
  return {};
}

}  // namespace

Result<std::string> aes_gcm_seal(const SecretBytes& key, ByteView iv, ByteView aad,
                                 const SecretBytes& plaintext) {
  SR_CHECK_OK(check_sizes(key, iv, aad, plaintext.size()));
  std::string sealed(plaintext.size() + kGcmTagBytes, '\0');
  const gcm::Input input{.key = CryptoReveal::of(key), .iv = iv, .aad = aad};
  if (!gcm::seal(input, CryptoReveal::of(plaintext),
                 {reinterpret_cast<std::uint8_t*>(sealed.data()), sealed.size()})) {
    return internal_error("aes_gcm_seal: AES-GCM failed");
  }
  return sealed;
}

Result<SecretBytes> aes_gcm_open(const SecretBytes& key, ByteView iv, ByteView aad,
                                 ByteView sealed) {
  SR_CHECK_OK(check_sizes(key, iv, aad, sealed.size()));
  const auto corrupt = [] {
    return fail(ErrorKind::kCorrupt, "SealedDataCorrupt", "sealed data failed authentication");
  };
  if (sealed.size() < kGcmTagBytes) return corrupt();
  SR_TRY(auto plaintext, SecretBytes::zeroed(sealed.size() - kGcmTagBytes));
  const gcm::Input input{.key = CryptoReveal::of(key), .iv = iv, .aad = aad};
  if (!gcm::open(input, sealed, CryptoReveal::into(plaintext))) return corrupt();
  return plaintext;
}

}  // namespace strongroom::crypto
