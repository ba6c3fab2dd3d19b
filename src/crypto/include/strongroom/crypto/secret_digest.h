#pragma once
// SHA-256 of bytes that are secret: what a signature over a private message signs. Thread-safe.

#include "strongroom/crypto/digest.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

Digest32 sha256_of(const SecretBytes& data);

}  // namespace strongroom::crypto
