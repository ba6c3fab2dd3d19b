#pragma once
// The only place of access that looks at opened bytes: why a call was refused, for the account that
// it was refused to.

#include <string>

#include "strongroom/base/bytes.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class DiagnosticReveal {
 public:
  static std::string text(const SecretBytes& opened) {
    return std::string(as_chars(opened.reveal(RevealToken{})));
  }
};

}  // namespace strongroom
