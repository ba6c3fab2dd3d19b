#include "strongroom/crypto/x25519.h"

#include "crypto_reveal.h"
#include "evp.h"

namespace strongroom::crypto {
namespace {

Result<evp::Pkey> private_key(const SecretBytes& key) {
  if (key.size() != kX25519Bytes)
    return fail(ErrorKind::kInvalidInput, "X25519KeySize", "an X25519 key has 32 bytes");
  evp::Pkey pkey(EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr,
                                                 CryptoReveal::of(key).data(), kX25519Bytes));
  if (!pkey) return internal_error("X25519: libcrypto refused the key");
  return pkey;
}

}  // namespace

Result<X25519Public> x25519_public(const SecretBytes& key) {
  SR_TRY(const evp::Pkey pkey, private_key(key));
  X25519Public out;
  std::size_t size = out.size();
  if (EVP_PKEY_get_raw_public_key(pkey.get(), out.data(), &size) != 1 || size != out.size())
    return internal_error("X25519: libcrypto gives no public key");
  return out;
}

Result<SecretBytes> x25519_shared(const SecretBytes& key, ByteView other) {
  SR_TRY(const evp::Pkey pkey, private_key(key));
  const evp::Pkey peer(
      EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, other.data(), other.size()));
  const evp::PkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey.get(), nullptr));
  SR_TRY(SecretBytes shared, SecretBytes::zeroed(kX25519Bytes));
  std::size_t size = shared.size();
  // libcrypto refuses the all-zero outcome of a key of small order (RFC 7748 §6.1).
  if (!peer || !context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context.get(), CryptoReveal::into(shared).data(), &size) != 1 ||
      size != shared.size()) {
    return fail(ErrorKind::kInvalidInput, "X25519Key", "this is no usable X25519 public key");
  }
  return shared;
}

}  // namespace strongroom::crypto
