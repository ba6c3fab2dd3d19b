#include "strongroom/base/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

#include "strongroom/base/check.h"

namespace strongroom {

void hold_standard_streams() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(number, F_GETFD) >= 0 || errno != EBADF) continue;
    // The wrong way round: input cannot be read, output cannot be written. Children get it, too.
    const int mode = number == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    SR_CHECK(open("/dev/null", mode) == number);  // the lowest that is free
  }
}

}  // namespace strongroom
