#include "control.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "succession.h"

namespace strongroom::server {
namespace {

class ControlTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/strongroom-control-test-XXXXXX";
    // Longer than the address of a local socket can be.
    path_ = std::string(mkdtemp(name)) + "/" + std::string(120, 'd');
    std::filesystem::create_directory(path_);
  }
  void TearDown() override {
    std::filesystem::remove_all(std::filesystem::path(path_).parent_path());
  }
  std::string path_;
};

TEST_F(ControlTest, NobodyIsThereBeforeAndAfter) {
  EXPECT_FALSE(*ControlChannel::call(path_));
  EXPECT_FALSE(*ControlChannel::call(path_ + "/absent"));
  {
    const auto point = ControlPoint::open(path_);
    ASSERT_TRUE(point);
    EXPECT_TRUE(*ControlChannel::call(path_));
    struct stat facts{};
    ASSERT_EQ(stat((path_ + "/control").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 077U, 0U);
  }
  EXPECT_FALSE(*ControlChannel::call(path_));  // as a kill leaves it
  const auto again = ControlPoint::open(path_);
  EXPECT_TRUE(*ControlChannel::call(path_));
  again->remove();
  EXPECT_FALSE(std::filesystem::exists(path_ + "/control"));
}

TEST_F(ControlTest, ANewPointTakesThePlaceOfTheOldOne) {
  const auto first = *ControlPoint::open(path_);
  const auto second = *ControlPoint::open(path_);
  const auto caller = *ControlChannel::call(path_);
  ASSERT_TRUE(caller->send("hello"));
  EXPECT_EQ(*second.accept()->receive_text(1'000), "hello");
}

TEST_F(ControlTest, SilenceAndTheEndAreErrors) {
  const auto point = *ControlPoint::open(path_);
  auto caller = *ControlChannel::call(path_);
  const auto channel = *point.accept();
  EXPECT_EQ(channel.receive_text(1).error().code(), "Control.Ended");
  caller.reset();
  EXPECT_EQ(channel.receive_text(1'000).error().code(), "Control.Ended");
  EXPECT_FALSE(channel.send("too late"));
}

TEST_F(ControlTest, ASuccessorGetsEveryDescriptor) {
  const auto point = *ControlPoint::open(path_);
  const auto successor = *ControlChannel::call(path_);
  const auto predecessor = *point.accept();
  std::vector<int> given;  // more than one message can carry
  for (std::size_t i = 0; i < 2 * kControlDescriptorsMax + 3; ++i)
    given.push_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
  bool served = false;
  std::thread first([&] {
    ASSERT_EQ(*predecessor.receive_text(1'000), kTakeOver);
    ASSERT_TRUE(hand_over_sockets(predecessor, given));
    served = succeeded(predecessor);
  });
  const auto taken = take_sockets(*successor);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->size(), given.size());
  EXPECT_TRUE(await_release(*successor));
  declare_serving(*successor);
  first.join();
  EXPECT_TRUE(served);
  for (const int descriptor : given) EXPECT_EQ(close(descriptor), 0);
  for (const int descriptor : *taken) {
    EXPECT_EQ(fcntl(descriptor, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(close(descriptor), 0);
  }
}

TEST_F(ControlTest, ASuccessorThatDiesHasNotSucceeded) {
  const auto point = *ControlPoint::open(path_);
  auto successor = *ControlChannel::call(path_);
  const auto predecessor = *point.accept();
  successor.reset();
  EXPECT_FALSE(hand_over_sockets(predecessor, {}));
  EXPECT_FALSE(succeeded(predecessor));
}

}  // namespace
}  // namespace strongroom::server
