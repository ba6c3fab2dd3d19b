#include "strongroom/cli/command_line.h"

int main(int argc, char** argv) {
  return strongroom::cli::run(argc, argv);
}
