// SM4-GCM, which OpenSSL 3.0 does not have, from Botan.

#include <botan/aead.h>

#include <algorithm>
#include <exception>
#include <memory>

#include "crypto_reveal.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/aes_gcm.h"
#include "strongroom/crypto/block_cipher.h"

namespace strongroom::crypto {
namespace {

constexpr std::size_t kSm4KeyBytes = 16;

Result<void> check_sizes(const SecretBytes& key, ByteView iv, ByteView aad, std::size_t size) {
  if (key.size() != kSm4KeyBytes) {
    return fail(ErrorKind::kInvalidInput, "Sm4GcmKeySize", "an SM4 key has 16 bytes");
  }
  if (iv.size() != kGcmIvBytes) {
    return fail(ErrorKind::kInvalidInput, "Sm4GcmIvSize", "the GCM nonce must have 12 bytes");
  }
  if (size > limits::kSealedBytesMax || aad.size() > limits::kSealedBytesMax) {
    return fail(ErrorKind::kInvalidInput, "Sm4GcmSize", "the data is too large to seal");
  }
  return {};
}

struct Input {
  ByteView key, iv, aad;
};

/// Runs the mode over `buffer` in place; false if the tag is wrong. Throws what Botan throws.
bool run(Botan::Cipher_Dir direction, const Input& input,
         Botan::secure_vector<std::uint8_t>& buffer) {
  const auto mode = Botan::AEAD_Mode::create_or_throw("SM4/GCM", direction);
  mode->set_key(input.key.data(), input.key.size());
  mode->set_associated_data(input.aad.data(), input.aad.size());
  mode->start(input.iv.data(), input.iv.size());
  try {
    mode->finish(buffer);
  } catch (const Botan::Invalid_Authentication_Tag&) {
    return false;
  }
  return true;
}

}  // namespace

Result<std::string> sm4_gcm_seal(const SecretBytes& key, ByteView iv, ByteView aad,
                                 const SecretBytes& plaintext) {
  SR_CHECK_OK(check_sizes(key, iv, aad, plaintext.size()));
  try {
    const ByteView in = CryptoReveal::of(plaintext);
    Botan::secure_vector<std::uint8_t> buffer(in.begin(), in.end());
    run(Botan::ENCRYPTION, {.key = CryptoReveal::of(key), .iv = iv, .aad = aad}, buffer);
    return std::string(as_chars({buffer.data(), buffer.size()}));
  } catch (const std::exception&) {
    return internal_error("sm4_gcm_seal");
  }
}

Result<SecretBytes> sm4_gcm_open(const SecretBytes& key, ByteView iv, ByteView aad,
                                 ByteView sealed) {
  SR_CHECK_OK(check_sizes(key, iv, aad, sealed.size()));
  const auto corrupt = [] {
    return fail(ErrorKind::kCorrupt, "SealedDataCorrupt", "sealed data failed authentication");
  };
  if (sealed.size() < kGcmTagBytes) return corrupt();
  try {
    Botan::secure_vector<std::uint8_t> buffer(sealed.begin(), sealed.end());
    if (!run(Botan::DECRYPTION, {.key = CryptoReveal::of(key), .iv = iv, .aad = aad}, buffer)) {
      return corrupt();
    }
    return SecretBytes::copy_of({buffer.data(), buffer.size()});
  } catch (const std::exception&) {
    return internal_error("sm4_gcm_open");
  }
}

}  // namespace strongroom::crypto
