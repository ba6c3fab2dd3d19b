#pragma once
// The one place of this library that looks at credentials: a managed secret's JSON form to its
// parts and back.

#include <cstdint>
#include <span>

#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class RotationReveal {
 public:
  static std::span<const std::uint8_t> view(const SecretBytes& secret) {
    return secret.reveal(RevealToken());
  }
  static std::span<std::uint8_t> into(SecretBytes& secret) {
    return secret.writable(RevealToken());
  }
};

}  // namespace strongroom
