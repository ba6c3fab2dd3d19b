// One flipped bit anywhere in the store of a small data directory, or its end cut off: the server
// answers rightly or refuses, it never answers wrongly.
//
// Each is tried in a process of its own, because a damaged map may also crash the engine. About
// 700 flips and 90 cuts; 13,000 and 900 when STRONGROOM_SOAK is set.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "barrier_test_support.h"
#include "strongroom/barrier/data_directory.h"
#include "strongroom/test/sealed_store_fixture.h"
#include "strongroom/test/soak.h"

namespace strongroom::barrier {
namespace {

const AccountId kAlice(1000000000000001);
constexpr int kRecords = 8;

enum Outcome : int { kRight = 0, kRefused = 10, kWrong = 20 };

std::string name_of(int i) {
  return "secret-" + std::to_string(i);
}
std::string body_of(int i) {
  return "body of " + std::to_string(i);
}

int check_records(SealedStore& store) {
  for (int i = 0; i < kRecords; ++i) {
    const std::string name = name_of(i);
    const auto record = read(store, {RecordType::kSecret, kAlice, name});
    if (!record && record.error().kind() == ErrorKind::kNotFound) return kWrong;
    if (!record) return kRefused;
    if (text(*record) != body_of(i)) return kWrong;
  }
  const auto tasks = store.due(TimeTable::kDue, Instant{10'000}, 10);
  if (!tasks) return kRefused;
  return tasks->size() == 1 && text(tasks->front().record) == "task" ? kRight : kWrong;
}

int open_and_check(const std::string& directory) {
  alarm(60);  // a loop in a damaged map ends here and shows as a signal
  SystemRandom random;
  const SystemClock clock;
  auto opened = open_data_directory(directory, Mode::kDev, DevSecret{});
  if (!opened) return kRefused;
  auto engine = store_lmdb::open({.directory = directory + "/store"});
  if (!engine) return kRefused;
  SystemClock system_clock;
  auto store = open_sealed_store(**engine, std::move(opened->keys),
                                 {.cluster = opened->superblock.cluster,
                                  .clock = system_clock,
                                  .random = random,
                                  .initialize = false,
                                  .background_check = false});
  if (!store) return kRefused;
  return check_records(**store);
}

/// The exit status of a process that opens the directory and looks at everything, or minus the
/// signal that ended it.
int in_own_process(const std::string& directory) {
  const pid_t child = fork();
  if (child == 0) {
    if (freopen("/dev/null", "w", stderr) == nullptr) _exit(99);
    _exit(open_and_check(directory));
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

class DamagedStore : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < kRecords; ++i) {
      const std::string name = name_of(i);
      put(*fixture_, {RecordType::kSecret, kAlice, name}, body_of(i));
    }
    auto transaction = fixture_->begin();
    (*transaction)->put_timed(TimeTable::kDue, Instant{1000}, as_bytes("task"));
    ASSERT_TRUE((*transaction)->commit());
    // The engine keeps two newest states and a flip can make it take the older one: the whole store
    // as it was one commit ago, which no sum inside the store can tell. Both hold the same records
    // here.
    for (const char* tail : {"a", "b"}) put(*fixture_, {RecordType::kSystem, {}, "tail"}, tail);
    fixture_.stop();
    ASSERT_EQ(in_own_process(fixture_.directory()), kRight);
    path_ = fixture_.store_directory() + "/data.mdb";
    good_ = file_bytes(path_);
    ASSERT_GT(good_.size(), 16'384U);
  }
  void TearDown() override {
    std::printf("%d tried: %d harmless, %d refused, %d ended the process\n",
                right_ + refused_ + crashed_, right_, refused_, crashed_);
    EXPECT_GT(refused_ + crashed_, 0);
    write(good_);
    EXPECT_EQ(in_own_process(fixture_.directory()), kRight);
  }

  void write(std::string_view bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }
  /// False, and the test failed, if wrong answers or a loop came of it.
  bool try_bytes(std::string_view bytes) {
    write(bytes);
    const int outcome = in_own_process(fixture_.directory());
    right_ += outcome == kRight ? 1 : 0;
    refused_ += outcome == kRefused ? 1 : 0;
    crashed_ += outcome < 0 ? 1 : 0;
    EXPECT_NE(outcome, kWrong);
    EXPECT_NE(outcome, -SIGALRM);
    return outcome != kWrong && outcome != -SIGALRM;
  }

  test::SealedStoreFixture fixture_;
  std::string path_;
  std::string good_;
  int right_ = 0;
  int refused_ = 0;
  int crashed_ = 0;
};

TEST_F(DamagedStore, AFlippedBitIsNeverMisread) {
  // Primes, so that every position within a byte comes up.
  const std::size_t stride = test::soaking() ? 53 : 1021;
  for (std::size_t bit = 3; bit < good_.size() * 8; bit += stride) {
    std::string bad = good_;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_TRUE(try_bytes(bad)) << "bit " << bit;
  }
}

TEST_F(DamagedStore, ATruncationIsNeverMisread) {
  const std::size_t stride = test::soaking() ? 97 : 997;
  for (std::size_t size = 0; size < good_.size(); size += stride) {
    ASSERT_TRUE(try_bytes(std::string_view(good_).substr(0, size))) << "cut at " << size;
  }
}

}  // namespace
}  // namespace strongroom::barrier
