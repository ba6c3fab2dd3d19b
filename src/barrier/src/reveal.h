#pragma once
// Why the barrier looks at plaintext: record bodies on their way into and out of their sealed form,
// and keys that it stores inside such bodies.

#include <cstdint>
#include <span>

#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class RecordReveal {
 public:
  static std::span<const std::uint8_t> view(const SecretBytes& bytes) {
    return bytes.reveal(RevealToken());
  }
  static std::span<std::uint8_t> fill(SecretBytes& bytes) { return bytes.writable(RevealToken()); }
};

}  // namespace strongroom
