#pragma once
// The only place of instances that looks at plaintext: a certificate authority's key on its way
// into a record.

#include "strongroom/base/bytes.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class InstanceReveal {
 public:
  static ByteView view(const SecretBytes& secret) { return secret.reveal(RevealToken{}); }
};

}  // namespace strongroom
