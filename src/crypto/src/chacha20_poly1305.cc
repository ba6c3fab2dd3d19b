#include "strongroom/crypto/chacha20_poly1305.h"

#include "crypto_reveal.h"
#include "evp.h"
#include "strongroom/base/check.h"

namespace strongroom::crypto {
namespace {

evp::CipherCtx begin(const SecretBytes& key, ByteView nonce, bool sealing) {
  SR_CHECK(key.size() == kChaChaKeyBytes && nonce.size() == kChaChaNonceBytes);
  evp::CipherCtx context(EVP_CIPHER_CTX_new());
  SR_CHECK(context &&
           EVP_CipherInit_ex2(context.get(), EVP_chacha20_poly1305(), CryptoReveal::of(key).data(),
                              nonce.data(), sealing ? 1 : 0, nullptr) == 1);
  return context;
}

}  // namespace

std::string chacha20_poly1305_seal(const SecretBytes& key, ByteView nonce,
                                   const SecretBytes& plaintext) {
  const evp::CipherCtx context = begin(key, nonce, true);
  std::string out(plaintext.size() + kChaChaTagBytes, '\0');
  auto* const at = reinterpret_cast<std::uint8_t*>(out.data());
  int size = 0;
  int rest = 0;
  SR_CHECK(EVP_CipherUpdate(context.get(), at, &size, CryptoReveal::of(plaintext).data(),
                            static_cast<int>(plaintext.size())) == 1);
  SR_CHECK(EVP_CipherFinal_ex(context.get(), at + size, &rest) == 1);
  SR_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kChaChaTagBytes,
                               at + plaintext.size()) == 1);
  return out;
}

Result<SecretBytes> chacha20_poly1305_open(const SecretBytes& key, ByteView nonce,
                                           std::string_view sealed) {
  const auto refused = [] {
    return fail(ErrorKind::kCorrupt, "Aead.Tag", "the ciphertext does not open");
  };
  if (sealed.size() < kChaChaTagBytes) return refused();
  const std::size_t length = sealed.size() - kChaChaTagBytes;
  SR_TRY(SecretBytes plaintext, SecretBytes::zeroed(length));
  const evp::CipherCtx context = begin(key, nonce, false);
  std::string tag(sealed.substr(length));
  int size = 0;
  int rest = 0;
  std::uint8_t none = 0;
  std::uint8_t* const out = length > 0 ? CryptoReveal::into(plaintext).data() : &none;
  if (EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kChaChaTagBytes, tag.data()) != 1 ||
      EVP_CipherUpdate(context.get(), out, &size, as_bytes(sealed).data(),
                       static_cast<int>(length)) != 1 ||
      EVP_CipherFinal_ex(context.get(), out + size, &rest) != 1)
    return refused();
  return plaintext;
}

}  // namespace strongroom::crypto
