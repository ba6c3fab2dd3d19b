#pragma once
// The key of a TextSignature. No state; thread-safe.

#include "strongroom/base/result.h"
#include "strongroom/crypto/mac.h"
#include "strongroom/identity/authenticator.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::identity {

/// The secret itself, or what the signature's path makes of it. kExhausted without locked memory.
Result<crypto::HmacKey> text_key(const TextSignature& signature, const SecretBytes& secret);

}  // namespace strongroom::identity
