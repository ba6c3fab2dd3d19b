#include "strongroom/base/standard_streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <initializer_list>

namespace strongroom {
namespace {

// Runs in a process of its own.
[[noreturn]] void start_without(std::initializer_list<int> closed) {
  for (const int number : closed) close(number);
  hold_standard_streams();
  const bool beyond = open("/dev/null", O_RDWR) > STDERR_FILENO;
  bool dead = true;
  for (const int number : closed) {
    char byte = 0;
    dead = dead && (number == STDIN_FILENO ? read(number, &byte, 1) : write(number, "x", 1)) < 0;
  }
  _exit(beyond && dead ? 0 : 1);
}

TEST(StandardStreams, NothingElseGetsTheNumberOfAClosedOne) {
  EXPECT_EXIT(start_without({0, 1, 2}), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(start_without({1}), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(start_without({0, 2}), ::testing::ExitedWithCode(0), "");
}

TEST(StandardStreams, OpenOnesStayAsTheyAre) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  hold_standard_streams();
  const int next = open("/dev/null", O_RDONLY);
  EXPECT_EQ(next, ends[1] + 1);
  for (const int number : {ends[0], ends[1], next}) close(number);
}

}  // namespace
}  // namespace strongroom
