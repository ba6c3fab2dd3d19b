#include "gcm.h"

#include "evp.h"
#include "strongroom/base/check.h"

namespace strongroom::crypto::gcm {
namespace {

// The context's present cipher is kept when it is the wanted one: setting it anew would allocate.
const EVP_CIPHER* cipher_to_set(const EVP_CIPHER_CTX* context, std::size_t key_bytes) {
  const evp::Algorithms& algorithms = evp::algorithms();
  const EVP_CIPHER* wanted = key_bytes == 32   ? algorithms.aes_256_gcm
                             : key_bytes == 24 ? algorithms.aes_192_gcm
                                               : algorithms.aes_128_gcm;
  return EVP_CIPHER_CTX_get0_cipher(context) == wanted ? nullptr : wanted;
}

void check_input(const Input& input) {
  SR_CHECK(input.iv.size() == kIvBytes);
  SR_CHECK(input.key.size() == 16 || input.key.size() == 24 || input.key.size() == 32);
}

int as_int(std::size_t size) {
  SR_CHECK(size <= (1U << 30));
  return static_cast<int>(size);
}

}  // namespace

bool seal(const Input& input, ByteView plaintext, std::span<std::uint8_t> out) {
  check_input(input);
  SR_CHECK(out.size() == plaintext.size() + kTagBytes);
  EVP_CIPHER_CTX* context = evp::thread_contexts().gcm_seal.get();
  int written = 0;
  if (EVP_EncryptInit_ex2(context, cipher_to_set(context, input.key.size()), input.key.data(),
                          input.iv.data(), nullptr) != 1) {
    return false;
  }
  if (!input.aad.empty() && EVP_EncryptUpdate(context, nullptr, &written, input.aad.data(),
                                              as_int(input.aad.size())) != 1) {
    return false;
  }
  if (!plaintext.empty() && EVP_EncryptUpdate(context, out.data(), &written, plaintext.data(),
                                              as_int(plaintext.size())) != 1) {
    return false;
  }
  std::uint8_t* tag = out.data() + plaintext.size();
  return EVP_EncryptFinal_ex(context, tag, &written) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag) == 1;
}

bool open(const Input& input, ByteView sealed, std::span<std::uint8_t> out) {
  check_input(input);
  SR_CHECK(sealed.size() == out.size() + kTagBytes);
  EVP_CIPHER_CTX* context = evp::thread_contexts().gcm_open.get();
  int written = 0;
  if (EVP_DecryptInit_ex2(context, cipher_to_set(context, input.key.size()), input.key.data(),
                          input.iv.data(), nullptr) != 1) {
    return false;
  }
  if (!input.aad.empty() && EVP_DecryptUpdate(context, nullptr, &written, input.aad.data(),
                                              as_int(input.aad.size())) != 1) {
    return false;
  }
  if (!out.empty() &&
      EVP_DecryptUpdate(context, out.data(), &written, sealed.data(), as_int(out.size())) != 1) {
    return false;
  }
  auto* tag = const_cast<std::uint8_t*>(sealed.data() + out.size());
  std::uint8_t nothing = 0;
  return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag) == 1 &&
         EVP_DecryptFinal_ex(context, &nothing, &written) == 1;
}

}  // namespace strongroom::crypto::gcm
