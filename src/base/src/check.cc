#include "strongroom/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace strongroom {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "strongroom: invariant broken: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace strongroom
