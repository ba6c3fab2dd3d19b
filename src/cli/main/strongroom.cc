#include "strongroom/base/standard_streams.h"
#include "strongroom/cli/command_line.h"

int main(int argc, char** argv) {
  strongroom::hold_standard_streams();
  return strongroom::cli::run(argc, argv);
}
