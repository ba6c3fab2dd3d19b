// Every write and every sync of a small history fails once, in a process of its own; then the
// directory is opened again.

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "io_faults.h"
#include "strongroom/base/check.h"
#include "strongroom/store_lmdb/lmdb_store.h"
#include "temp_directory.h"
#include "workload.h"

namespace strongroom::faults {
namespace {

constexpr int kOpenRefused = 3;

enum Report : char { kAcknowledged = 'A', kRefused = 'R', kWrongError = 'W', kEnd = 'E' };

/// What a child said before it ended, one letter per change, and how it ended.
struct Outcome {
  std::string reports;
  std::string stderr_text;
  int status = 0;
  std::uint64_t writes = 0;
  std::uint64_t syncs = 0;

  bool aborted() const { return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT; }
  bool finished() const { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
  bool refused_to_open() const { return WIFEXITED(status) && WEXITSTATUS(status) == kOpenRefused; }
};

void send(int pipe, const void* bytes, std::size_t length) {
  SR_CHECK(::syscall(SYS_write, pipe, bytes, length) == static_cast<long>(length));
}

[[noreturn]] void run_child(const std::string& directory, Plan plan, int pipe, int stderr_pipe) {
  const rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::dup2(stderr_pipe, STDERR_FILENO);
  arm(directory, plan);
  {
    auto opened = store_lmdb::open({.directory = directory});
    if (!opened) ::_exit(kOpenRefused);
    for (const store::Change& change : workload()) {
      const auto answer = (*opened)->commit(change);
      const char report = answer                                             ? kAcknowledged
                          : answer.error().kind() == ErrorKind::kUnavailable ? kRefused
                                                                             : kWrongError;
      send(pipe, &report, 1);
    }
  }
  const char end = kEnd;
  const std::uint64_t counts[2] = {calls(Call::kWrite), calls(Call::kSync)};
  send(pipe, &end, 1);
  send(pipe, counts, sizeof counts);
  ::_exit(0);
}

std::string read_to_end(int fd) {
  std::string all;
  char buffer[4096];
  for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;) {
    all.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(fd);
  return all;
}

Outcome run(const std::string& directory, Plan plan) {
  int reports[2];
  int errors[2];
  SR_CHECK(::pipe(reports) == 0 && ::pipe(errors) == 0);
  const pid_t child = ::fork();
  SR_CHECK(child >= 0);
  if (child == 0) run_child(directory, plan, reports[1], errors[1]);
  ::close(reports[1]);
  ::close(errors[1]);
  Outcome outcome;
  const std::string said = read_to_end(reports[0]);
  outcome.stderr_text = read_to_end(errors[0]);
  SR_CHECK(::waitpid(child, &outcome.status, 0) == child);
  const std::size_t end = said.find(kEnd);
  outcome.reports = said.substr(0, end);
  if (end != std::string::npos) {
    std::uint64_t counts[2];
    SR_CHECK(said.copy(reinterpret_cast<char*>(counts), sizeof counts, end + 1) == sizeof counts);
    outcome.writes = counts[0];
    outcome.syncs = counts[1];
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
