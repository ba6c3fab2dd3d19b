#pragma once
// Why egress looks into SecretBytes: frames of jobs and outcomes pass through its sockets.

#include <cstdint>
#include <span>

#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class EgressReveal {
 public:
  static std::span<const std::uint8_t> view(const SecretBytes& secret) {
    return secret.reveal(RevealToken());
  }
  static std::span<std::uint8_t> into(SecretBytes& secret) {
    return secret.writable(RevealToken());
  }
};

}  // namespace strongroom
