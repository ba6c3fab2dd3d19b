#pragma once
// The server's reasons to look at plaintext: handing the TLS key to its listener, showing the root
// AccessKey to the operator who has just made it, showing shares and handing a slot's key and a PIN
// to a token.

#include <string_view>

#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class OperatorReveal {
 public:
  static std::string_view text(const SecretBytes& secret) {
    const auto bytes = secret.reveal(RevealToken());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

}  // namespace strongroom
