// Must fail: proves that the harness notices a broken property. The input "canary" is the bug.

#include "fuzz.h"
#include "strongroom/base/check.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  SR_CHECK(strongroom::fuzz::text_of(data, size) != "canary");
  return 0;
}
