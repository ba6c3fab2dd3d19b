#include "strongroom/audit/copy.h"

#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "fixture.h"

namespace strongroom::audit {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kVolumeBytes = 100'000;
constexpr int kTurn = 40;

class CopyTest : public AuditTest {
 protected:
  std::string copy() const { return root_ + "/copy"; }
  std::unique_ptr<Log> open_small() const {
    Config small = config();
    small.volume_bytes = kVolumeBytes;
    auto log = open_log(small, test::secret(std::string(32, 's')), Io::system());
    EXPECT_TRUE(log.has_value()) << (log ? "" : log.error().message());
    return log ? std::move(*log) : nullptr;
  }
  static void add_turns(Writer& writer, int from, int turns) {
    for (int turn = 0; turn < turns; ++turn) {
      for (int i = 0; i < kTurn; ++i) add(writer, from + turn * kTurn + i);
      ASSERT_TRUE(writer.flush().has_value());
    }
  }
  /// The finding of a verification of the copy, "" if there is none.
  std::string finding_of_copy(std::string_view older = {}) const {
    auto log = audit_format::LogDirectory::open(copy());
    if (!log) return log.error().message();
    const auto result = log->verify(older);
    if (!result) return result.error().message();
    EXPECT_EQ(result->waiting, 0U);
    return result->finding ? result->finding->what : "";
  }
};

TEST_F(CopyTest, ACopyTakenWhileTheLogGrowsAndIsCompressedVerifies) {
  const auto log = open_small();
  std::atomic<bool> stop = false;
  std::thread grows([&] {
    const auto writer = log->make_writer();
    for (int from = 0; !stop; from += kTurn) {
      add_turns(*writer, from, 1);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  std::thread compresses([&] {
    while (!stop) {
      EXPECT_TRUE(log->maintain(Instant{0}).has_value());
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  std::uint64_t before = 0;
  for (int round = 0; round < 8; ++round) {
    EXPECT_TRUE(log->settle().has_value());
    const std::string older = read().checkpoint_note();
    const auto copied = copy_log(directory(), copy());
    EXPECT_TRUE(copied.has_value()) << (copied ? "" : copied.error().message());
    if (!copied) break;
    EXPECT_GE(copied->size, before);
    before = copied->size;
    EXPECT_EQ(finding_of_copy(older), "") << round;
    fs::remove_all(copy());
  }
  stop = true;
  grows.join();
  compresses.join();
  EXPECT_GT(before, 0U);
}

TEST_F(CopyTest, ACopyHoldsWhatItsCheckpointCoversAndNothingOfTheServers) {
  const auto log = open_small();
  const auto writer = log->make_writer();
  add_turns(*writer, 0, 40);
  ASSERT_TRUE(log->settle().has_value());
  while (log->maintain(Instant{0})->archived) {
  }
  const auto copied = copy_log(directory(), copy());
  ASSERT_TRUE(copied.has_value()) << copied.error().message();
  EXPECT_EQ(copied->size, 1'600U);
  add_turns(*writer, 1'600, 1);
  ASSERT_TRUE(log->settle().has_value());
  auto reader = audit_format::LogDirectory::open(copy(), read().key().text());
  ASSERT_TRUE(reader.has_value());
  EXPECT_EQ(reader->verify()->entries, 1'600U);
  EXPECT_TRUE(reader->find(request_id(3)).has_value());
  EXPECT_TRUE(reader->find(request_id(1'599)).has_value());
  EXPECT_TRUE(reader->prove(1'599).has_value());
  for (const char* name : {"lock", "resume", "spool"})
    EXPECT_FALSE(fs::exists(copy() + '/' + name));
  struct stat status{};
  ASSERT_EQ(stat(copy().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  ASSERT_EQ(stat((copy() + "/hashes").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(CopyTest, WhatRetentionDroppedNeedNotBeThere) {
  const auto log = open_small();
  const auto writer = log->make_writer();
  add_turns(*writer, 0, 40);
  ASSERT_TRUE(log->settle().has_value());
  while (log->maintain(Instant{record_of("").time.unix_ms + 1})->archived) {
  }
  ASSERT_GT(*read().first_kept(), 0U);
  ASSERT_TRUE(copy_log(directory(), copy()).has_value());
  EXPECT_EQ(finding_of_copy(), "");
}

TEST_F(CopyTest, ACopyThatWasCutOffIsFound) {
  write_log(300);
  ASSERT_TRUE(copy_log(directory(), copy()).has_value());
  EXPECT_EQ(finding_of_copy(), "");
  const std::string volume = copy() + "/entries/00000000000000000000";
  fs::resize_file(volume, fs::file_size(volume) - 1);
  EXPECT_NE(finding_of_copy().find("entry 299 is missing or cut off"), std::string::npos);
}

TEST_F(CopyTest, DamageIsNotCopied) {
  write_log(300);
  std::string volume = load("entries/00000000000000000000");
  volume[volume.size() / 2] ^= 1;
  store("entries/00000000000000000000", volume);
  const auto copied = copy_log(directory(), copy());
  ASSERT_FALSE(copied.has_value());
  EXPECT_EQ(copied.error().kind(), ErrorKind::kCorrupt);
  EXPECT_FALSE(fs::exists(copy() + "/checkpoint")) << "what was broken off is no log";
}

TEST_F(CopyTest, NothingIsWrittenOver) {
  write_log(1);
  fs::create_directory(copy());
  EXPECT_EQ(copy_log(directory(), copy()).error().kind(), ErrorKind::kConflict);
  EXPECT_EQ(copy_log(root_ + "/nowhere", root_ + "/other").error().kind(), ErrorKind::kNotFound);
  EXPECT_FALSE(fs::exists(root_ + "/other"));
}

}  // namespace
}  // namespace strongroom::audit
