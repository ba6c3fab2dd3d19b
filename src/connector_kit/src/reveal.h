#pragma once
// The connectors' reason to look at credentials: handing them to the client libraries of targets,
// which happens in the egress process only.

#include <cstdint>
#include <span>

#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class TargetReveal {
 public:
  static std::span<const std::uint8_t> view(const SecretBytes& secret) {
    return secret.reveal(RevealToken());
  }
  static std::span<std::uint8_t> into(SecretBytes& secret) {
    return secret.writable(RevealToken());
  }
};

}  // namespace strongroom
