#pragma once
// The only place of aap that looks at plaintext: the rules for a client key's password, and the
// PKCS#12 file on its way into Base64.

#include "strongroom/base/bytes.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class AccessPointReveal {
 public:
  static ByteView bytes(const SecretBytes& secret) { return secret.reveal(RevealToken{}); }
  static std::string_view text(const SecretBytes& secret) {
    return as_chars(secret.reveal(RevealToken{}));
  }
};

}  // namespace strongroom
