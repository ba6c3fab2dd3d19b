// The sealed store on failing and cut-off disks: rows and state sums never part, and a data
// directory is made whole or can be told from one that was.

#include <fstream>
#include <thread>

#include "child.h"
#include "io_faults.h"
#include "power_cut.h"
#include "sealed_directory.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "temp_directory.h"

namespace strongroom::faults {
namespace {

constexpr int kPuts = 12;
constexpr int kOpenRefused = 3;

std::string name_of(int put) {
  return "record" + std::to_string(put % 5);
}
std::string body_of(int put) {
  return "body " + std::to_string(put) + std::string(static_cast<std::size_t>(put) * 130, '.');
}

/// What record `name` holds after the puts of `history` (letters by put: 'A' was acknowledged).
std::string expected_body(const std::string& history, const std::string& name) {
  std::string body;
  for (int put = 0; put < static_cast<int>(history.size()); ++put) {
    if (history[static_cast<std::size_t>(put)] == 'A' && name_of(put) == name) body = body_of(put);
  }
  return body;
}

/// Every record as the acknowledged puts left it (the next one may have happened), and all sums
/// right.
void expect_whole(const std::string& path, const std::string& history) {
  SealedDirectory directory(path);
  const auto opened = directory.open();
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  const auto verified = directory->verify_all();
  EXPECT_TRUE(verified.has_value()) << verified.error().message();
  const auto next = static_cast<int>(history.size());
  for (int record = 0; record < 5; ++record) {
    const std::string found = read_record(*directory, name_of(record));
    const bool under_way = next < kPuts && name_of(next) == name_of(record);
    EXPECT_TRUE(found == expected_body(history, name_of(record)) ||
                (under_way && found == body_of(next)))
        << name_of(record) << " after " << history << ": " << found.substr(0, 10);
  }
  EXPECT_TRUE(put_record(*directory, "afterwards", "x").has_value());
  EXPECT_FALSE(directory->sealed());
}

int run_puts(const std::string& path, Plan plan, const Reporter& reporter) {
  SealedDirectory directory(path);
  if (!directory.open()) return kOpenRefused;
  arm(path, plan);
  for (int put = 0; put < kPuts; ++put) {
    const bool acknowledged = put_record(*directory, name_of(put), body_of(put)).has_value();
    reporter.say(acknowledged ? "A" : "R");
    if (!acknowledged && !put_uncounted(*directory, static_cast<std::uint32_t>(put))) return 1;
  }
  std::string counts = "E";
  append_u64(counts, calls(Call::kWrite));
  directory.close();
  reporter.say(counts);
  return 0;
}

ChildResult run(const std::string& path, Plan plan) {
  return run_in_child([&](const Reporter& reporter) { return run_puts(path, plan, reporter); });
}

void create(const std::string& path) {
  SealedDirectory directory(path);
  const auto created = directory.create();
  ASSERT_TRUE(created.has_value()) << created.error().message();
}

TEST(SealedStoreFaults, AFailedWriteLeavesRowsAndSumsTogether) {
  const TempDirectory undisturbed;
  create(undisturbed.path() + "/data");
  const ChildResult counted = run(undisturbed.path() + "/data", {});
  ASSERT_EQ(counted.said.size(), kPuts + 9U);
  const std::uint64_t writes = load_u64(counted.said.data() + kPuts + 1);
  EXPECT_GE(writes, 2U * kPuts);
  int refused = 0;
  for (const Failure failure : {Failure::kNoSpace, Failure::kShortWrite}) {
    for (std::uint64_t n = 1; n <= writes; ++n) {
      SCOPED_TRACE("failure " + std::to_string(int(failure)) + " at write " + std::to_string(n));
      const TempDirectory directory;
      create(directory.path() + "/data");
      const ChildResult result = run(directory.path() + "/data", {Call::kWrite, n, 1, failure});
      ASSERT_TRUE(result.exited_with(0) || result.aborted()) << result.stderr_text;
      const std::string history = result.said.substr(0, result.said.find('E'));
      if (history.contains('R')) ++refused;
      expect_whole(directory.path() + "/data", history);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(refused, kPuts) << "hardly any fault reached a commit";
}

TEST(SealedStoreFaults, RowsAndSumsAreTogetherAfterAPowerCutAtAnyMoment) {
  const TempDirectory temp;
  SealedDirectory directory(temp.path() + "/data");
  create(temp.path() + "/data");
  const std::string data_file = directory.data_file();
  Disk disk;
  {
    std::ifstream file(data_file, std::ios::binary);
    const std::string start((std::istreambuf_iterator<char>(file)), {});
    disk.apply({Recorded::Kind::kWrite, data_file, 0, start, true});
  }
  ASSERT_TRUE(directory.open().has_value());
  arm_recording(temp.path());
  for (int put = 0; put < kPuts; ++put) {
    ASSERT_TRUE(put_record(*directory, name_of(put), body_of(put)).has_value());
    note("A");
  }
  directory.close();
  disarm();
  std::mt19937 random(20261122);  // NOLINT: the same cuts in every run
  std::string history;
  int cuts = 0;
  for (const Recorded& call : take_recording()) {
    if (call.kind == Recorded::Kind::kNote) history += call.bytes;
    if (call.path != data_file) continue;
    disk.apply(call);
    SCOPED_TRACE("cut " + std::to_string(++cuts));
    for (const double kept : {0.0, 0.6, 1.0}) {
      std::ofstream(data_file, std::ios::binary) << disk.after_cut(random, kept);
      expect_whole(temp.path() + "/data", history);
      if (HasFailure()) return;
      if (!disk.has_pending()) break;
    }
  }
  EXPECT_GT(cuts, 3 * kPuts);
}

TEST(SealedStoreFaults, AnUnfinishedCreationIsEitherWholeOrRefusedWithAWayOut) {
  std::uint64_t faults_met = 0;
  for (const Call call : {Call::kWrite, Call::kSync}) {
    for (std::uint64_t n = 1;; ++n) {
      SCOPED_TRACE("call " + std::to_string(int(call)) + ", " + std::to_string(n));
      const TempDirectory temp;
      const std::string path = temp.path() + "/data";
      const ChildResult result = run_in_child([&](const Reporter& reporter) {
        arm(temp.path(), {call, n, 1, Failure::kNoSpace});
        SealedDirectory directory(path);
        const bool created = directory.create().has_value();
        reporter.say(calls(call) < n ? "past the end" : created ? "created" : "refused");
        return 0;
      });
      if (result.said == "past the end") break;
      ++faults_met;
      SealedDirectory again(path);
      if (result.said == "created") {
        EXPECT_TRUE(again.open().has_value());
        continue;
      }
      // Nothing was acknowledged: creating or opening works, or the refusal says what to do about
      // the remains.
      auto outcome = barrier::is_data_directory(path) ? again.open() : again.create();
      if (!outcome) {
        EXPECT_EQ(outcome.error().kind(), ErrorKind::kConflict) << outcome.error().message();
        EXPECT_NE(outcome.error().message().find("remove"), std::string::npos)
            << outcome.error().message();
      }
    }
  }
  EXPECT_GT(faults_met, 10U);
}

}  // namespace
}  // namespace strongroom::faults
