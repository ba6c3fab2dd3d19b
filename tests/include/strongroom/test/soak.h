#pragma once
// Whether the long form of a test was asked for (make soak).

#include <cstdlib>

namespace strongroom::test {

inline bool is_soak() {
  return std::getenv("STRONGROOM_SOAK") != nullptr;
}

}  // namespace strongroom::test
