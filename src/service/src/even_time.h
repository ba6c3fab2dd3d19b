#pragma once
// How long a refusal takes must not tell what it was about: whether a resource is there, what tags
// it has, which policy refused. The ways differ by tens of nanoseconds on a cache and by a few
// microseconds where something is read, so a refusal is held until a whole number of steps has
// passed since the call began, and a random part of a step more: then not even the grain of the
// clock is left of what went before.

#include <cstdint>

#include "strongroom/base/random.h"

namespace strongroom::service {

inline constexpr std::int64_t kRefusalStepNanos = 16'000;
inline constexpr std::int64_t kRefusalDitherNanos = 4'096;

/// Returns when a refusal may be told. `started_ns`: monotonic_ns() when the call began. Spins, as
/// no timer is this fine: at most a step and the random part.
void hold_refusal(std::int64_t started_ns, Random& random);

}  // namespace strongroom::service
