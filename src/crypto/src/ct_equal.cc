#include "strongroom/crypto/ct_equal.h"

#include <openssl/crypto.h>

#include "crypto_reveal.h"

namespace strongroom::crypto {

bool ct_equal(ByteView left, ByteView right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}
bool ct_equal(const SecretBytes& left, ByteView right) {
  return ct_equal(CryptoReveal::of(left), right);
}
bool ct_equal(const SecretBytes& left, const SecretBytes& right) {
  return ct_equal(CryptoReveal::of(left), CryptoReveal::of(right));
}

}  // namespace strongroom::crypto
