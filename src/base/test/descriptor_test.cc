#include "strongroom/base/descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace strongroom {
namespace {

bool is_open(int number) {
  return fcntl(number, F_GETFD) >= 0;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/descriptor-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string directory_;
};

TEST(Descriptor, IsClosedOnceByItsLastOwner) {
  const int number = open("/dev/null", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(number, 0);
  {
    Descriptor first(number);
    const Descriptor second(std::move(first));
    EXPECT_FALSE(first);
    EXPECT_EQ(second.get(), number);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Descriptor, WhatIsReleasedStaysOpenAndWhatIsReplacedDoesNot) {
  Descriptor one(open("/dev/null", O_WRONLY | O_CLOEXEC));
  const int kept = one.release();
  EXPECT_FALSE(one);
  EXPECT_TRUE(is_open(kept));
  one = Descriptor(kept);
  const int old = one.get();
  one = Descriptor(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(is_open(old));
}

TEST(WriteAll, GoesOnAfterShortWrites) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Descriptor read_end(ends[0]);
  const std::string sent(1U << 20, 'x');  // more than a pipe holds
  std::string got;
  std::thread reader([&] {
    char piece[4096];
    while (got.size() < sent.size()) {
      const ssize_t size = read(read_end.get(), piece, sizeof piece);
      if (size <= 0) return;
      got.append(piece, static_cast<std::size_t>(size));
    }
  });
  const Descriptor write_end(ends[1]);
  EXPECT_TRUE(write_all(write_end.get(), sent));
  reader.join();
  EXPECT_EQ(got, sent);
  EXPECT_FALSE(write_all(read_end.get(), "x"));
  EXPECT_TRUE(write_all(read_end.get(), ""));
}

TEST_F(Files, AReplacedFileIsPrivateAndNothingIsLeftBeside) {
  const std::string path = directory_ + "/state";
  ASSERT_TRUE(replace_file(path, "old and long"));
  ASSERT_TRUE(replace_file(path, "new"));
  EXPECT_EQ(content_of(path), "new");
  struct stat facts{};
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 1);
}

TEST_F(Files, WhatCannotBeReplacedStays) {
  const std::string path = directory_ + "/state";
  ASSERT_TRUE(replace_file(path, "old"));
  ASSERT_TRUE(std::filesystem::create_directory(path + ".tmp"));  // in the way of the new one
  EXPECT_FALSE(replace_file(path, "new"));
  EXPECT_EQ(content_of(path), "old");
  EXPECT_FALSE(replace_file(directory_ + "/absent/state", "new"));
}

TEST_F(Files, ANewFileReplacesNone) {
  const std::string path = directory_ + "/state";
  ASSERT_TRUE(create_file(path, "first"));
  EXPECT_FALSE(create_file(path, "second"));
  EXPECT_EQ(errno, EEXIST);
  EXPECT_EQ(content_of(path), "first");
}

TEST_F(Files, ALinkInTheWayIsNotFollowed) {
  const std::string aim = directory_ + "/aim";
  const std::string path = directory_ + "/state";
  std::ofstream(aim) << "somebody's";
  std::filesystem::create_symlink(aim, path + ".tmp");
  EXPECT_TRUE(replace_file(path, "ours"));
  EXPECT_EQ(content_of(aim), "somebody's");
  std::filesystem::create_symlink(aim, directory_ + "/link");
  EXPECT_FALSE(create_file(directory_ + "/link", "ours"));
  EXPECT_EQ(content_of(aim), "somebody's");
}

TEST_F(Files, AreReadWhole) {
  const std::string path = directory_ + "/state";
  ASSERT_TRUE(replace_file(path, "12345678"));
  EXPECT_EQ(read_file(path, 8), "12345678");
  EXPECT_FALSE(read_file(path, 7));
  EXPECT_EQ(errno, EFBIG);
  EXPECT_FALSE(read_file(path + ".absent", 8));
  EXPECT_EQ(errno, ENOENT);
  EXPECT_FALSE(read_file(directory_, 8));
}

}  // namespace
}  // namespace strongroom
