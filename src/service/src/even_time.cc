#include "even_time.h"

#include <array>

#include "strongroom/base/bytes.h"
#include "strongroom/base/time.h"

namespace strongroom::service {

void hold_refusal(std::int64_t started_ns, Random& random) {
  std::array<std::uint8_t, 2> bytes;
  random.fill(bytes);
  const std::int64_t dither = (bytes[0] * 256 + bytes[1]) % kRefusalDitherNanos;
  const std::int64_t steps = (monotonic_ns() - started_ns) / kRefusalStepNanos + 1;
  const std::int64_t until = started_ns + steps * kRefusalStepNanos + dither;
  while (monotonic_ns() < until) {
  }
}

}  // namespace strongroom::service
