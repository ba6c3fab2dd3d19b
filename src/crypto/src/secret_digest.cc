#include "strongroom/crypto/secret_digest.h"

#include "crypto_reveal.h"

namespace strongroom::crypto {

Digest32 sha256_of(const SecretBytes& data) {
  return sha256(CryptoReveal::of(data));
}

}  // namespace strongroom::crypto
