#pragma once
// The only place of keys that looks at plaintext: material on its way into its record or its import
// token, and the Base64 text of a data key.

#include "strongroom/base/bytes.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class KeysReveal {
 public:
  static ByteView view(const SecretBytes& secret) { return secret.reveal(RevealToken{}); }
  static std::span<std::uint8_t> into(SecretBytes& secret) {
    return secret.writable(RevealToken{});
  }
};

}  // namespace strongroom
