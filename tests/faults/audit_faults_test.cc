// The audit log on failing disks and under kill -9: a batch whose flush succeeded is in the log for
// ever, and what is in the log verifies.

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <set>
#include <thread>

#include "child.h"
#include "io_faults.h"
#include "strongroom/audit/log.h"
#include "strongroom/audit_format/reader.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "temp_directory.h"

namespace strongroom::faults {
namespace {

constexpr int kTurns = 12;
constexpr int kRecordsPerTurn = 3;
constexpr int kOpenRefused = 3;

Result<std::unique_ptr<audit::Log>> open_log(const std::string& path,
                                             audit::Durability durability) {
  static SystemRandom random;
  const std::vector<std::uint8_t> bytes(32, 7);
  SR_TRY(const SecretBytes seed, SecretBytes::copy_of(bytes));
  return audit::Log::open(
      {.directory = path, .origin = "strongroom/faults", .durability = durability}, seed, random);
}

/// Stands in for a request id; says which batch a record belongs to.
std::string record_id(int writer, int turn, int record) {
  return "W" + std::to_string(writer) + "-" + std::to_string(turn) + "-" + std::to_string(record);
}

audit::Record record(const std::string& id) {
  audit::Record record;
  record.time = Instant{1'780'000'000'000};
  record.request_id = id;
  record.service = "Kms";
  record.action = "GetSecretValue";
  record.decision = "allow";
  return record;
}

/// One turn of writer 0, or every fourth time a committed batch; true if it was acknowledged.
bool run_turn(audit::Log& log, audit::Writer& writer, int turn) {
  if (turn % 4 == 3) {
    std::vector<std::string> leaves;
    for (int i = 0; i < kRecordsPerTurn; ++i) {
      leaves.push_back(audit::encode(record(record_id(0, turn, i))));
    }
    return log.append_committed(leaves).has_value();
  }
  for (int i = 0; i < kRecordsPerTurn; ++i) writer.add(record(record_id(0, turn, i)));
  return writer.flush().has_value();
}

int run_turns(const std::string& path, const std::string& watched, Plan plan,
              const Reporter& reporter) {
  arm(watched, plan);
  {
    auto log = open_log(path, audit::Durability::kSynced);
    if (!log) return kOpenRefused;
    const auto writer = (*log)->make_writer();
    for (int turn = 0; turn < kTurns; ++turn) {
      reporter.say(run_turn(**log, *writer, turn) ? "A" : "R");
      if (turn % 3 == 2) (void)(*log)->settle();
    }
  }
  std::string counts = "E";
  append_u64(counts, calls(Call::kWrite));
  append_u64(counts, calls(Call::kSync));
  reporter.say(counts);
  return 0;
}

/// How often each record id is in the log, after it was opened and closed once more and verified.
std::map<std::string, int> verified_ids(const std::string& path) {
  std::map<std::string, int> ids;
  {
    const auto log = open_log(path, audit::Durability::kWritten);
    EXPECT_TRUE(log.has_value()) << log.error().message();
    if (!log) return ids;
    EXPECT_TRUE((*log)->settle().has_value());
    EXPECT_TRUE((*log)->healthy());
  }
  auto directory = audit_format::LogDirectory::open(path);
  EXPECT_TRUE(directory.has_value()) << directory.error().message();
  if (!directory) return ids;
  const auto verification = directory->verify();
  EXPECT_TRUE(verification.has_value() && !verification->finding)
      << (verification ? verification->finding->what : verification.error().message());
  const auto outcome = directory->for_each(0, [&](const audit_format::Entry& entry) {
    const std::size_t start = entry.text.find("\"request_id\":\"") + 14;
    ++ids[entry.text.substr(start, entry.text.find('"', start) - start)];
    return true;
  });
  EXPECT_TRUE(outcome.has_value());
  return ids;
}

struct Outcome : ChildResult {
  std::string history;  // a letter a turn
  std::uint64_t writes = 0;
  std::uint64_t syncs = 0;
};

Outcome run(const TempDirectory& temp, Plan plan) {
  Outcome outcome = {run_in_child([&](const Reporter& reporter) {
                       return run_turns(temp.path() + "/audit", temp.path(), plan, reporter);
                     }),
                     {},
                     0,
                     0};
  const std::size_t end = outcome.said.find('E');
  outcome.history = outcome.said.substr(0, end);
  if (end != std::string::npos) {
    outcome.writes = load_u64(outcome.said.data() + end + 1);
    outcome.syncs = load_u64(outcome.said.data() + end + 9);
  }
  return outcome;
}

void expect_acknowledged_records(const TempDirectory& temp, const std::string& history) {
  const std::map<std::string, int> ids = verified_ids(temp.path() + "/audit");
  for (int turn = 0; turn < static_cast<int>(history.size()); ++turn) {
    if (history[static_cast<std::size_t>(turn)] != 'A') continue;
    for (int i = 0; i < kRecordsPerTurn; ++i) {
      const auto found = ids.find(record_id(0, turn, i));
      EXPECT_TRUE(found != ids.end() && found->second == 1)
          << record_id(0, turn, i) << " after " << history;
    }
  }
}

TEST(AuditFaults, EveryWriteMayFailOnce) {
  const TempDirectory undisturbed;
  const Outcome counted = run(undisturbed, {});
  ASSERT_EQ(counted.history, std::string(kTurns, 'A')) << counted.stderr_text;
  ASSERT_GE(counted.writes, static_cast<std::uint64_t>(kTurns));
  int refused = 0;
  for (const Failure failure :
       {Failure::kNoSpace, Failure::kShortWrite, Failure::kErrorAfterWrite}) {
    for (std::uint64_t n = 1; n <= counted.writes; ++n) {
      SCOPED_TRACE("failure " + std::to_string(int(failure)) + " at write " + std::to_string(n));
      const TempDirectory temp;
      const Outcome outcome = run(temp, {Call::kWrite, n, 1, failure});
      ASSERT_TRUE(outcome.exited_with(0) || outcome.exited_with(kOpenRefused))
          << outcome.stderr_text;
      if (outcome.history.contains('R')) ++refused;
      expect_acknowledged_records(temp, outcome.history);
      if (testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GE(refused, kTurns) << "hardly any fault reached a flush";
}

TEST(AuditFaults, EveryFailedSyncEndsTheProcess) {
  const TempDirectory undisturbed;
  const std::uint64_t syncs = run(undisturbed, {}).syncs;
  ASSERT_GE(syncs, static_cast<std::uint64_t>(kTurns));
  for (std::uint64_t n = 1; n <= syncs; ++n) {
    SCOPED_TRACE("sync " + std::to_string(n));
    const TempDirectory temp;
    const Outcome outcome = run(temp, {Call::kSync, n, 1, Failure::kIoError});
    // The number of syncs varies a little with the sequencer's timing: the last may not be reached.
    const bool past_the_end = outcome.exited_with(0) && n + 6 > syncs;
    EXPECT_TRUE(outcome.aborted() || outcome.exited_with(kOpenRefused) || past_the_end)
        << outcome.status << outcome.stderr_text;
    EXPECT_FALSE(outcome.history.contains('R'));
    expect_acknowledged_records(temp, outcome.history);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(AuditFaults, FlushedRecordsSurviveKillNine) {
  constexpr int kWriters = 4;
  const TempDirectory temp;
  const std::string path = temp.path() + "/audit";
  std::set<std::string> acknowledged;
  for (int cycle = 0; cycle < 8; ++cycle) {
    // The child kills itself between two instructions of some thread: the others are anywhere.
    const ChildResult result = run_in_child([&](const Reporter& reporter) {
      auto log = open_log(path, audit::Durability::kWritten);
      if (!log) return kOpenRefused;
      std::vector<std::thread> threads;
      for (int writer = 0; writer < kWriters; ++writer) {
        threads.emplace_back([&, writer] {
          const auto end = (*log)->make_writer();
          for (int turn = cycle * 1'000'000;; ++turn) {
            const std::string id = record_id(writer, turn, 0);
            end->add(record(id));
            if (end->flush()) reporter.say(id + "\n");
            if (writer == 0 && turn % 1'000'000 == 100 + 150 * cycle) ::kill(::getpid(), SIGKILL);
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
      return 0;
    });
    ASSERT_TRUE(WIFSIGNALED(result.status) && WTERMSIG(result.status) == SIGKILL)
        << result.status << result.stderr_text;
    for (std::size_t at = 0; at < result.said.size();) {
      const std::size_t end = result.said.find('\n', at);
      if (end == std::string::npos) break;
      acknowledged.insert(result.said.substr(at, end - at));
      at = end + 1;
    }
  }
  const std::map<std::string, int> ids = verified_ids(path);
  for (const std::string& id : acknowledged) {
    const auto found = ids.find(id);
    ASSERT_TRUE(found != ids.end() && found->second == 1) << id;
  }
  EXPECT_GT(acknowledged.size(), 1'000U);
}

}  // namespace
}  // namespace strongroom::faults
