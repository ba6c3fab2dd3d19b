// One operation of a TPM for strongroomd, in a process of its own.

#include <cstdlib>

#include "strongroom/slot_program/program.h"
#include "strongroom/tpm/tpm.h"

int main() {
  using namespace strongroom;
  // The stack can be told to log what it sends; the errors that matter have names of ours.
  setenv("TSS2_LOG", "all+none", 1);
  return slot_program::run(1, [](std::span<const std::string> place, std::string_view pin) {
    return tpm::open(place.front(), pin);
  });
}
