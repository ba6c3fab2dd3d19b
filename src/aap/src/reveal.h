#pragma once
// The only place of aap that looks at plaintext: the rules for a client key's password.

#include "strongroom/base/bytes.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class AccessPointReveal {
 public:
  static std::string_view text(const SecretBytes& secret) {
    return as_chars(secret.reveal(RevealToken{}));
  }
};

}  // namespace strongroom
