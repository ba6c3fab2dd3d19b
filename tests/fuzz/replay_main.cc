// Feeds every file of the folders named on the command line to the target, without a fuzzer: the
// corpus as an ordinary test. The input lies at the end of a block of its own, so that a sanitizer
// sees every read past it.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz.h"

int main(int argc, char** argv) {
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::vector<char> read((std::istreambuf_iterator<char>(file)),
                                   std::istreambuf_iterator<char>());
      const std::vector<std::uint8_t> input(read.begin(), read.end());
      LLVMFuzzerTestOneInput(input.data(), input.size());
      ++count;
    }
  }
  std::printf("%zu inputs\n", count);
  return count > 0 ? 0 : 1;  // a corpus that is not there proves nothing
}
