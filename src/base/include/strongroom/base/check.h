#pragma once
// Assertions that stay on in release: a broken invariant of ours ends the process before it can
// damage data.

namespace strongroom {

/// Writes the place to standard error and aborts. Never prints values.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace strongroom

/// Ends the process if `condition` is false. For our own invariants, never for input.
#define SR_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::strongroom::check_failed(#condition, __FILE__, __LINE__))
