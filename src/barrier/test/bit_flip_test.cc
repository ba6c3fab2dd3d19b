// One flipped bit anywhere in a small data directory: the server answers rightly or refuses, it
// never answers wrongly.
//
// Each flip is tried in a process of its own, because a damaged map may also crash the engine.
// Every 2039th bit is tried; the soak form (--gtest_also_run_disabled_tests) tries every 127th.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "barrier_test_support.h"
#include "strongroom/barrier/data_directory.h"
#include "strongroom/test/sealed_store_fixture.h"

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

void try_every(std::size_t stride) {
  test::SealedStoreFixture fixture;
  for (int i = 0; i < kRecords; ++i) {
    const std::string name = name_of(i);
    put(*fixture, {RecordType::kSecret, kAlice, name}, body_of(i));
  }
  auto transaction = fixture->begin();
  (*transaction)->put_timed(TimeTable::kDue, Instant{1000}, as_bytes("task"));
  ASSERT_TRUE((*transaction)->commit());
  // The engine keeps two newest states and a flip can make it take the older one: the whole store
  // as it was one commit ago, which no sum inside the store can tell. Both hold the same records
  // here.
  for (const char* tail : {"a", "b"}) put(*fixture, {RecordType::kSystem, {}, "tail"}, tail);
  fixture.stop();
  ASSERT_EQ(in_own_process(fixture.directory()), kRight);

  const std::string path = fixture.store_directory() + "/data.mdb";
  const std::string good = file_bytes(path);
  ASSERT_GT(good.size(), 16'384U);
  int right = 0;
  int refused = 0;
  int crashed = 0;
  for (std::size_t bit = 3; bit < good.size() * 8; bit += stride) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bad;
    const int outcome = in_own_process(fixture.directory());
    ASSERT_NE(outcome, kWrong) << "bit " << bit;
    ASSERT_NE(outcome, -SIGALRM) << "bit " << bit;
    right += outcome == kRight ? 1 : 0;
    refused += outcome == kRefused ? 1 : 0;
    crashed += outcome < 0 ? 1 : 0;
    if (outcome < 0) {
      std::printf("bit %zu of page %zu: signal %d\n", bit, bit / 8 / 4096, -outcome);
    }
  }
  std::printf("flips: %d harmless, %d refused, %d ended the process\n", right, refused, crashed);
  EXPECT_GT(refused, 0);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << good;
  EXPECT_EQ(in_own_process(fixture.directory()), kRight);
}

// Primes, so that every position within a byte comes up.
TEST(BitFlip, IsNeverMisread) {
  try_every(2039);
}
TEST(BitFlip, DISABLED_Soak) {
  try_every(127);
}

}  // namespace
}  // namespace strongroom::barrier
