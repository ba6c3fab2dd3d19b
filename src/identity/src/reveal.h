#pragma once
// The only place of identity that looks at plaintext: access-key secrets on their way into a
// record, their Base64 form to recognise a common mistake, and keys derived from them.

#include "strongroom/base/bytes.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class IdentityReveal {
 public:
  static ByteView view(const SecretBytes& secret) { return secret.reveal(RevealToken{}); }
  static std::span<std::uint8_t> fill(SecretBytes& secret) {
    return secret.writable(RevealToken{});
  }
};

}  // namespace strongroom
