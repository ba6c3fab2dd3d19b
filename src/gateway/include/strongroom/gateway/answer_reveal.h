#pragma once
// The one place of the gateways where plaintext leaves its locked memory: on its way into the
// answer buffer, which is wiped when the answer has been sent.

#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class AnswerReveal {
 public:
  /// Valid as long as `value`; append it to an answer and nothing else.
  static std::string_view text(const SecretBytes& value) {
    return as_chars(value.reveal(RevealToken()));
  }
};

}  // namespace strongroom
