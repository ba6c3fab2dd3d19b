#include "strongroom/crypto/block_cipher.h"

#include <openssl/err.h>

#include <utility>

#include "crypto_reveal.h"
#include "evp.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"

namespace strongroom::crypto {
namespace {

const char* name_of(BlockSettings settings, std::size_t key_bytes) {
  static constexpr const char* kAes[3][3] = {{"AES-128-CBC", "AES-128-CTR", "AES-128-ECB"},
                                             {"AES-192-CBC", "AES-192-CTR", "AES-192-ECB"},
                                             {"AES-256-CBC", "AES-256-CTR", "AES-256-ECB"}};
  static constexpr const char* kSm4[3] = {"SM4-CBC", "SM4-CTR", "SM4-ECB"};
  const auto mode = static_cast<std::size_t>(settings.mode);
  if (settings.cipher == BlockCipher::kSm4) return kSm4[mode];
  return kAes[key_bytes / 8 - 2][mode];
}

Result<void> check_sizes(BlockSettings settings, const SecretBytes& key, ByteView iv,
                         std::size_t size) {
  const bool aes = settings.cipher == BlockCipher::kAes;
  if (key.size() != 16 && !(aes && (key.size() == 24 || key.size() == 32))) {
    return fail(ErrorKind::kInvalidInput, "BlockKeySize", "the key has a wrong size");
  }
  if (iv.size() != (settings.mode == BlockMode::kEcb ? 0 : kBlockBytes)) {
    return fail(ErrorKind::kInvalidInput, "BlockIvSize", "the initial vector has a wrong size");
  }
  if (settings.mode == BlockMode::kCtr && settings.padding != Padding::kNone) {
    return fail(ErrorKind::kInvalidInput, "BlockPadding", "CTR has no padding");
  }
  if (size > limits::kSealedBytesMax) {
    return fail(ErrorKind::kInvalidInput, "BlockSize", "the data is too large");
  }
  return {};
}

struct Pass {
  BlockSettings settings;
  ByteView key;
  ByteView iv;
  bool encrypt;
};

/// How many bytes were written, or nothing if libcrypto refused.
std::optional<std::size_t> run(const Pass& pass, ByteView in, std::span<std::uint8_t> out) {
  const std::unique_ptr<EVP_CIPHER, evp::Deleter<EVP_CIPHER_free>> cipher(
      EVP_CIPHER_fetch(nullptr, name_of(pass.settings, pass.key.size()), nullptr));
  const evp::CipherCtx context(EVP_CIPHER_CTX_new());
  SR_CHECK(cipher && context);
  if (EVP_CipherInit_ex2(context.get(), cipher.get(), pass.key.data(),
                         pass.iv.empty() ? nullptr : pass.iv.data(), pass.encrypt ? 1 : 0,
                         nullptr) != 1) {
    return std::nullopt;
  }
  EVP_CIPHER_CTX_set_padding(context.get(), pass.settings.padding == Padding::kPkcs7 ? 1 : 0);
  int first = 0;
  int last = 0;
  if (!in.empty() && EVP_CipherUpdate(context.get(), out.data(), &first, in.data(),
                                      static_cast<int>(in.size())) != 1) {
    return std::nullopt;
  }
  if (EVP_CipherFinal_ex(context.get(), out.data() + first, &last) != 1) return std::nullopt;
  return static_cast<std::size_t>(first + last);
}

}  // namespace

Result<std::string> block_encrypt(BlockSettings settings, const SecretBytes& key, ByteView iv,
                                  const SecretBytes& plaintext) {
  SR_CHECK_OK(check_sizes(settings, key, iv, plaintext.size()));
  if (settings.mode != BlockMode::kCtr && settings.padding == Padding::kNone &&
      plaintext.size() % kBlockBytes != 0) {
    return fail(ErrorKind::kInvalidInput, "BlockSize",
                "without padding the plaintext must be a whole number of 16-byte blocks");
  }
  std::string out(plaintext.size() + kBlockBytes, '\0');
  const auto written =
      run({.settings = settings, .key = CryptoReveal::of(key), .iv = iv, .encrypt = true},
          CryptoReveal::of(plaintext), {reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
  if (!written) {
    ERR_clear_error();
    return internal_error("block_encrypt");
  }
  out.resize(*written);
  return out;
}

Result<SecretBytes> block_decrypt(BlockSettings settings, const SecretBytes& key, ByteView iv,
                                  ByteView ciphertext) {
  SR_CHECK_OK(check_sizes(settings, key, iv, ciphertext.size()));
  SR_TRY(auto buffer, SecretBytes::zeroed(ciphertext.size() + kBlockBytes));
  const auto out = CryptoReveal::into(buffer);
  const auto written =
      run({.settings = settings, .key = CryptoReveal::of(key), .iv = iv, .encrypt = false},
          ciphertext, out);
  if (!written) {
    ERR_clear_error();
    return fail(ErrorKind::kCorrupt, "CiphertextInvalid", "the ciphertext does not decrypt");
  }
  return SecretBytes::copy_of(out.first(*written));
}

}  // namespace strongroom::crypto
