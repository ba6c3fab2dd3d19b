#pragma once
// The only place of identity that looks at plaintext: access-key secrets on their way into a
// record, and their Base64 form to recognise a common mistake.

#include "strongroom/base/bytes.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class IdentityReveal {
 public:
  static ByteView view(const SecretBytes& secret) { return secret.reveal(RevealToken{}); }
};

}  // namespace strongroom
