// Every write and every sync of a small history fails once, in a process of its own; then the
// directory is opened again.

#include <optional>

#include "child.h"
#include "io_faults.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/store_lmdb/lmdb_store.h"
#include "temp_directory.h"
#include "workload.h"

namespace strongroom::faults {
namespace {

constexpr int kOpenRefused = 3;

enum Report : char { kAcknowledged = 'A', kRefused = 'R', kWrongError = 'W', kEnd = 'E' };

/// What a child said before it ended, one letter per change, and how it ended.
struct Outcome : ChildResult {
  std::string reports;
  std::uint64_t writes = 0;
  std::uint64_t syncs = 0;

  bool finished() const { return exited_with(0); }
  bool refused_to_open() const { return exited_with(kOpenRefused); }
};

int run_workload(const std::string& directory, Plan plan, const Reporter& reporter) {
  arm(directory, plan);
  {
    auto opened = store_lmdb::open({.directory = directory});
    if (!opened) return kOpenRefused;
    for (const store::Change& change : workload()) {
      const auto answer = (*opened)->commit(change);
      const char report = answer                                             ? kAcknowledged
                          : answer.error().kind() == ErrorKind::kUnavailable ? kRefused
                                                                             : kWrongError;
      reporter.say({&report, 1});
    }
  }
  std::string end(1, kEnd);
  append_u64(end, calls(Call::kWrite));
  append_u64(end, calls(Call::kSync));
  reporter.say(end);
  return 0;
}

Outcome run(const std::string& directory, Plan plan) {
  Outcome outcome = {run_in_child([&](const Reporter& reporter) {
                       return run_workload(directory, plan, reporter);
                     }),
                     {},
                     0,
                     0};
  const std::size_t end = outcome.said.find(kEnd);
  outcome.reports = outcome.said.substr(0, end);
  if (end != std::string::npos) {
    SR_CHECK(outcome.said.size() == end + 17);
    outcome.writes = load_u64(outcome.said.data() + end + 1);
    outcome.syncs = load_u64(outcome.said.data() + end + 9);
  }
  return outcome;
}

/// Acknowledged changes are there, refused ones are not; the one under way when the process ended
/// is there or not.
void expect_only_what_was_acknowledged(const std::string& directory, const Outcome& outcome) {
  const std::vector<store::Change> changes = workload();
  Rows expected;
  for (std::size_t i = 0; i < outcome.reports.size(); ++i) {
    EXPECT_NE(outcome.reports[i], kWrongError) << "change " << i;
    if (outcome.reports[i] == kAcknowledged) apply(expected, changes[i]);
  }
  std::optional<Rows> with_next;
  if (outcome.reports.size() < changes.size()) {
    with_next = expected;
    apply(*with_next, changes[outcome.reports.size()]);
  }
  auto opened = store_lmdb::open({.directory = directory});
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  const Rows found = read_all(**opened);
  EXPECT_TRUE(found == expected || found == with_next)
      << "after " << outcome.reports << ": " << found.size()
      << " rows, n=" << (found.contains("n") ? found.at("n") : "none");
  // It can be written again.
  EXPECT_TRUE((*opened)->commit(changes.back()).has_value());
}

class StoreFaults : public testing::Test {
 protected:
  /// The calls of an undisturbed run.
  static Outcome undisturbed() {
    const TempDirectory directory;
    Outcome outcome = run(directory.path(), {});
    EXPECT_TRUE(outcome.finished());
    EXPECT_EQ(outcome.reports, std::string(workload().size(), kAcknowledged));
    return outcome;
  }
};

TEST_F(StoreFaults, UndisturbedRunWritesAndSyncs) {
  const Outcome outcome = undisturbed();
  EXPECT_GE(outcome.writes, 2 * workload().size()) << "the interposed calls are not reached";
  EXPECT_GE(outcome.syncs, workload().size());
}

TEST_F(StoreFaults, EveryWriteMayFailOnce) {
  const std::uint64_t writes = undisturbed().writes;
  int refused = 0;
  for (const Failure failure : {Failure::kNoSpace, Failure::kIoError, Failure::kShortWrite}) {
    for (std::uint64_t n = 1; n <= writes; ++n) {
      SCOPED_TRACE("failure " + std::to_string(int(failure)) + " at write " + std::to_string(n));
      const TempDirectory directory;
      const Outcome outcome = run(directory.path(), {Call::kWrite, n, 1, failure});
      ASSERT_TRUE(outcome.finished() || outcome.aborted() || outcome.refused_to_open())
          << outcome.status << outcome.stderr_text;
      if (outcome.reports.contains(kRefused)) ++refused;
      expect_only_what_was_acknowledged(directory.path(), outcome);
    }
  }
  EXPECT_GT(refused, 10) << "hardly any fault reached a commit";
}

TEST_F(StoreFaults, ACommitPageThatMayBeOnTheDiskEndsTheProcess) {
  // LMDB answers a failed write of its commit page by writing the old one back, which fails too
  // here.
  const std::uint64_t writes = undisturbed().writes;
  int aborted = 0;
  for (std::uint64_t n = 1; n <= writes; ++n) {
    SCOPED_TRACE("at write " + std::to_string(n));
    const TempDirectory directory;
    const Outcome outcome = run(directory.path(), {Call::kWrite, n, 2, Failure::kErrorAfterWrite});
    if (outcome.aborted()) ++aborted;
    expect_only_what_was_acknowledged(directory.path(), outcome);
  }
  EXPECT_GE(aborted, static_cast<int>(workload().size()));
}

TEST_F(StoreFaults, AFullDiskRefusesCommitsUntilThereIsSpaceAgain) {
  const std::uint64_t writes = undisturbed().writes;
  for (std::uint64_t n = writes / 3; n <= 2 * writes / 3; n += 3) {
    SCOPED_TRACE("from write " + std::to_string(n));
    const TempDirectory directory;
    const Outcome outcome = run(directory.path(), {Call::kWrite, n, 3, Failure::kNoSpace});
    expect_only_what_was_acknowledged(directory.path(), outcome);
    if (outcome.finished()) {
      EXPECT_EQ(outcome.reports.back(), kAcknowledged);
    }
  }
}

TEST_F(StoreFaults, EveryFailedSyncEndsTheProcess) {
  const std::uint64_t syncs = undisturbed().syncs;
  int aborted = 0;
  for (const Failure failure : {Failure::kNoSpace, Failure::kIoError}) {
    for (std::uint64_t n = 1; n <= syncs; ++n) {
      SCOPED_TRACE("failure " + std::to_string(int(failure)) + " at sync " + std::to_string(n));
      const TempDirectory directory;
      const Outcome outcome = run(directory.path(), {Call::kSync, n, 1, failure});
      // Before the first commit a failed sync may also refuse to open.
      ASSERT_TRUE(outcome.aborted() || (outcome.refused_to_open() && outcome.reports.empty()))
          << outcome.reports << outcome.stderr_text;
      EXPECT_EQ(outcome.reports, std::string(outcome.reports.size(), kAcknowledged));
      if (outcome.aborted()) {
        ++aborted;
        EXPECT_NE(outcome.stderr_text.find("store_ends_process"), std::string::npos);
      }
      expect_only_what_was_acknowledged(directory.path(), outcome);
    }
  }
  EXPECT_GE(aborted, 2 * static_cast<int>(workload().size()));
}

}  // namespace
}  // namespace strongroom::faults
