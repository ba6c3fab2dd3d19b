#include "strongroom/crypto/ed25519.h"

#include <utility>

#include "crypto_reveal.h"
#include "evp.h"
#include "strongroom/base/check.h"

namespace strongroom::crypto {

struct Ed25519Signer::Key {
  evp::Pkey pkey;
};

Result<Ed25519Signer> Ed25519Signer::from_seed(const SecretBytes& seed) {
  if (seed.size() != kEd25519SeedBytes) {
    return fail(ErrorKind::kInvalidInput, "Ed25519SeedSize", "an Ed25519 seed has 32 bytes");
  }
  auto key = std::make_shared<Key>();
  key->pkey.reset(EVP_PKEY_new_raw_private_key_ex(
      nullptr, "ED25519", nullptr, CryptoReveal::of(seed).data(), kEd25519SeedBytes));
  std::string public_key(kEd25519PublicBytes, '\0');
  std::size_t size = public_key.size();
  if (!key->pkey ||
      EVP_PKEY_get_raw_public_key(key->pkey.get(),
                                  reinterpret_cast<std::uint8_t*>(public_key.data()), &size) != 1 ||
      size != public_key.size()) {
    return internal_error("Ed25519Signer: libcrypto refused the seed");
  }
  return Ed25519Signer(std::move(key), std::move(public_key));
}

std::string Ed25519Signer::sign(ByteView message) const {
  const evp::MdCtx context(EVP_MD_CTX_new());
  std::string signature(kEd25519SignatureBytes, '\0');
  std::size_t size = signature.size();
  SR_CHECK(context &&
           EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_->pkey.get()) == 1);
  SR_CHECK(EVP_DigestSign(context.get(), reinterpret_cast<std::uint8_t*>(signature.data()), &size,
                          message.data(), message.size()) == 1);
  SR_CHECK(size == signature.size());
  return signature;
}

bool ed25519_verify(ByteView public_key, ByteView message, ByteView signature) {
  if (public_key.size() != kEd25519PublicBytes || signature.size() != kEd25519SignatureBytes) {
    return false;
  }
  const evp::Pkey pkey(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr,
                                                      public_key.data(), public_key.size()));
  const evp::MdCtx context(EVP_MD_CTX_new());
  return pkey && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

}  // namespace strongroom::crypto
