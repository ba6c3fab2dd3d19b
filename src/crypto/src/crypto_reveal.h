#pragma once
// Why crypto may look into SecretBytes: key schedules, MAC keys, plaintext that is sealed or
// opened.

#include "strongroom/base/bytes.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class CryptoReveal {
 public:
  static ByteView of(const SecretBytes& secret) { return secret.reveal(RevealToken()); }
  static std::span<std::uint8_t> into(SecretBytes& secret) {
    return secret.writable(RevealToken());
  }
};

}  // namespace strongroom
