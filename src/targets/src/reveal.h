#pragma once
// The only place of targets that looks at plaintext: an admin credential on its way into a record.

#include "strongroom/base/bytes.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class TargetRecordReveal {
 public:
  static ByteView view(const SecretBytes& secret) { return secret.reveal(RevealToken{}); }
};

}  // namespace strongroom
