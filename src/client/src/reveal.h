#pragma once
// The one place of this library that sees plaintext: form bodies on their way out, answers on their
// way in.

#include <span>
#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class ClientReveal {
 public:
  static ByteView bytes(const SecretBytes& secret) { return secret.reveal(RevealToken()); }
  static std::span<std::uint8_t> writable(SecretBytes& secret) {
    return secret.writable(RevealToken());
  }
};

}  // namespace strongroom
