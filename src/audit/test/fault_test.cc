#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "fixture.h"
#include "strongroom/base/limits.h"

namespace strongroom::audit {
namespace {

namespace fs = std::filesystem;

void wait_until_healthy(const Log& log) {
  for (int i = 0; i < 1'000 && !log.healthy(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(log.healthy());
}

/// Writes through a disk that `breaks` and is repaired; returns the ids whose flush succeeded.
std::set<std::string> write_through(Log& log, FaultyIo& io,
                                    const std::function<void(FaultyIo&)>& breaks,
                                    const std::function<void(FaultyIo&)>& repair) {
  std::set<std::string> acknowledged;
  const auto writer = log.make_writer();
  int number = 0;
  const auto turn = [&] {
    std::set<std::string> batch;
    for (int i = 0; i < 5; ++i) {
      const std::string id = request_id(number++);
      writer->add(record_of(id));
      batch.insert(id);
    }
    const auto outcome = writer->flush();
    if (outcome) acknowledged.merge(batch);
    return outcome;
  };
  EXPECT_TRUE(turn().has_value());
  breaks(io);
  const auto refused = turn();
  EXPECT_FALSE(refused.has_value());
  if (!refused) {
    EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
  }
  EXPECT_FALSE(log.healthy());
  repair(io);
  wait_until_healthy(log);
  EXPECT_TRUE(turn().has_value());
  EXPECT_TRUE(log.settle().has_value());
  return acknowledged;
}

void expect_all(const std::set<std::string>& acknowledged,
                const std::multiset<std::string>& found) {
  for (const std::string& id : acknowledged) EXPECT_EQ(found.count(id), 1U) << id;
}

TEST_F(AuditTest, AReceiptDoesNotWaitForADiskThatHangs) {
  FaultyIo io;
  const auto log = open(io);
  const std::string leaf = encode(record_of(request_id(1)));
  ASSERT_TRUE(log->append_committed(std::span(&leaf, 1)).has_value());
  ASSERT_TRUE(log->prove(leaf).has_value());
  const auto writer = log->make_writer();
  writer->add(record_of(request_id(2)));
  ASSERT_TRUE(writer->flush().has_value());
  ASSERT_TRUE(log->settle().has_value());

  io.hangs = true;
  writer->add(record_of(request_id(3)));
  ASSERT_TRUE(writer->flush().has_value());  // written, which is what it promises here
  const auto late = log->prove(leaf);
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().kind(), ErrorKind::kUnavailable);
  io.hangs = false;
  ASSERT_TRUE(log->settle().has_value());
  EXPECT_TRUE(log->prove(leaf).has_value());
}

TEST_F(AuditTest, BrokenDiskRefusesAndRecovers) {
  FaultyIo io;
  const auto log = open(io);
  const auto acknowledged = write_through(
      *log, io, [](FaultyIo& disk) { disk.broken = true; },
      [](FaultyIo& disk) { disk.broken = false; });
  expect_all(acknowledged, ids());
  EXPECT_EQ(ids().size(), acknowledged.size());
  EXPECT_EQ(finding(), "");
}

TEST_F(AuditTest, FullDiskRefusesAndRecovers) {
  FaultyIo io;
  const auto log = open(io);
  const auto acknowledged = write_through(
      *log, io, [](FaultyIo& disk) { disk.full = true; },
      [](FaultyIo& disk) { disk.full = false; });
  expect_all(acknowledged, ids());
  EXPECT_EQ(finding(), "");
}

TEST_F(AuditTest, ShortWriteIsNoWrite) {
  FaultyIo io;
  {
    const auto log = open(io);
    const auto acknowledged =
        write_through(*log, io, [](FaultyIo& disk) { disk.short_writes = 1; }, [](FaultyIo&) {});
    expect_all(acknowledged, ids());
  }
  EXPECT_EQ(finding(), "");
  EXPECT_EQ(open()->head().size, 10U);
}

TEST_F(AuditTest, NoSpaceForASegmentRefuses) {
  FaultyIo io;
  const auto log = open(io);
  io.full = true;
  const auto writer = log->make_writer();
  add(*writer, 1);
  EXPECT_FALSE(writer->flush().has_value());
  EXPECT_FALSE(log->append_committed(std::vector{encode(record_of(request_id(2)))}).has_value());
  EXPECT_FALSE(log->healthy());
  io.full = false;
  wait_until_healthy(*log);
  EXPECT_TRUE(log->append_committed(std::vector{encode(record_of(request_id(2)))}).has_value());
  EXPECT_EQ(log->settle()->size, 1U);
}

TEST_F(AuditTest, TreeThatCannotGrowCatchesUpLater) {
  FaultyIo io;
  const auto log = open(io);
  const auto writer = log->make_writer();
  for (int i = 0; i < 100; ++i) add(*writer, i);
  ASSERT_TRUE(writer->flush().has_value());
  ASSERT_TRUE(log->settle().has_value());
  for (int i = 100; i < 200; ++i) add(*writer, i);
  ASSERT_TRUE(writer->flush().has_value());
  // The segment is written; only now the disk fails, so that the merge alone is hit.
  io.broken = true;
  const auto failed = log->settle();
  if (!failed) {
    EXPECT_FALSE(log->healthy());
  }
  io.broken = false;
  EXPECT_EQ(log->settle()->size, 200U);
  wait_until_healthy(*log);
  EXPECT_EQ(finding(), "");
}

using AuditDeathTest = AuditTest;

TEST_F(AuditDeathTest, FailedSyncEndsTheProcess) {
  EXPECT_DEATH(
      {
        FaultyIo io;
        auto log = open_log(config(Durability::kSynced), test::secret(std::string(32, 's')), io);
        const auto writer = (*log)->make_writer();
        add(*writer, 1);
        (void)writer->flush();
        io.sync_fails = true;
        add(*writer, 2);
        (void)writer->flush();
      },
      "audit_sync_failed");
}

/// Writes until killed; each acknowledged id goes into the pipe after its flush.
[[noreturn]] void write_until_killed(const Config& config, int pipe, int first) {
  auto log = open_log(config, test::secret(std::string(32, 's')), Io::system());
  if (!log) _exit(1);
  std::thread mutations([&] {
    for (int i = first + 500'000;; ++i) {
      const std::string id = request_id(i);
      if (!(*log)->append_committed(std::vector{encode(record_of(id))})) _exit(1);
      if (write(pipe, id.data(), id.size()) != 36) _exit(1);
    }
  });
  const auto writer = (*log)->make_writer();
  for (int i = first;; i += 3) {
    std::string batch;
    for (int j = 0; j < 3; ++j) {
      const std::string id = request_id(i + j);
      writer->add(record_of(id));
      batch += id;
    }
    if (!writer->flush()) _exit(1);
    if (write(pipe, batch.data(), batch.size()) != static_cast<ssize_t>(batch.size())) _exit(1);
  }
}

TEST_F(AuditTest, NothingAcknowledgedIsLostToAKill) {
  std::set<std::string> acknowledged;
  for (int round = 0; round < 8; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(config(), ends[1], round * 1'000'000);
    close(ends[1]);
    // Killed after so many acknowledgements, at whatever point the child then is.
    const std::size_t wanted = acknowledged.size() + 200 + static_cast<std::size_t>(round) * 700;
    std::string bytes(36, '\0');
    const auto take_one = [&] {
      std::size_t got = 0;
      while (got < bytes.size()) {
        const ssize_t count = ::read(ends[0], bytes.data() + got, bytes.size() - got);
        if (count <= 0) return false;
        got += static_cast<std::size_t>(count);
      }
      acknowledged.insert(bytes);
      return true;
    };
    while (acknowledged.size() < wanted && take_one()) {
    }
    kill(child, SIGKILL);
    while (take_one()) {
    }
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));

    {
      const auto log = open();
    }  // recovers
    const auto found = ids();
    expect_all(acknowledged, found);
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), found.size())
        << "an entry twice";
    EXPECT_EQ(finding(), "");
  }
}

/// A short life of a log; tells the pipe what was acknowledged. True if it reached its end.
bool live_and_die(const Config& config, int pipe, int calls) {
  FaultyIo io;
  io.calls_to_live = calls;
  const auto acknowledge = [pipe](int number) {
    const std::string id = request_id(number);
    return write(pipe, id.data(), id.size()) == 36;
  };
  auto log = open_log(config, test::secret(std::string(32, 's')), io);
  if (!log) return false;
  const auto writer = (*log)->make_writer();
  for (int number = 0; number < 6; number += 2) {
    for (int i = 0; i < 2; ++i) {
      const std::string id = request_id(calls * 100 + number + i);
      writer->add(record_of(id));
    }
    if (!writer->flush() || !acknowledge(calls * 100 + number) ||
        !acknowledge(calls * 100 + number + 1)) {
      return false;
    }
    const int mutation = calls * 100 + 50 + number;
    const std::string mutation_id = request_id(mutation);
    if (!(*log)->append_committed(std::vector{encode(record_of(mutation_id))}) ||
        !acknowledge(mutation)) {
      return false;
    }
    if (number != 2 && !(*log)->settle()) return false;
  }
  return true;
}

TEST_F(AuditTest, ADeathBeforeAnyWriteOrSyncIsRecovered) {
  std::set<std::string> acknowledged;
  bool reached_the_end = false;
  for (int calls = 1; !reached_the_end; ++calls) {
    ASSERT_LT(calls, 200);
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const bool done = live_and_die(config(), ends[1], calls);
      _exit(done ? 0 : 1);
    }
    close(ends[1]);
    std::string bytes(36, '\0');
    while (::read(ends[0], bytes.data(), bytes.size()) == 36) acknowledged.insert(bytes);
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_NE(WEXITSTATUS(status), 1);
    reached_the_end = WEXITSTATUS(status) == 0;

    const auto log = try_open();
    ASSERT_TRUE(log.has_value()) << "after " << calls << " calls: " << log.error().message();
    expect_all(acknowledged, ids());
    ASSERT_EQ(finding(), "") << "after " << calls << " calls";
  }
}

TEST_F(AuditTest, WaitingRecordsAreSeenByTheReader) {
  // A child that is stopped before it can merge leaves its records in the spool.
  const pid_t child = fork();
  if (child == 0) {
    FaultyIo io;
    auto log = open_log(config(), test::secret(std::string(32, 's')), io);
    const auto writer = (*log)->make_writer();
    add(*writer, 0);
    (void)writer->flush();
    (void)(*log)->settle();
    for (int i = 1; i < 10; ++i) add(*writer, i);
    (void)writer->flush();
    _exit(0);  // no destructors
  }
  int status = 0;
  waitpid(child, &status, 0);
  const auto verification = read().verify();
  ASSERT_TRUE(verification.has_value());
  EXPECT_FALSE(verification->finding.has_value());
  EXPECT_EQ(verification->entries + verification->waiting, 10U);
  EXPECT_EQ(open()->head().size, 10U);
}

TEST_F(AuditTest, TornTailOfASegmentIsCutOff) {
  write_log(5);
  std::string segment("SRAUDS1\0", 8);
  append_u64(segment, 9);
  const std::string entry = encode(record_of(request_id(5)));
  append_u32(segment, static_cast<std::uint32_t>(entry.size()));
  segment += as_chars(audit_format::leaf_hash(as_bytes(entry)));
  segment += entry;
  const std::string torn =
      segment + segment.substr(16, segment.size() - 30) + std::string(1'000, '\0');
  store("spool/r-00000000000000000009", torn);
  EXPECT_EQ(open()->head().size, 6U);
  EXPECT_EQ(ids().count(request_id(5)), 1U);
  EXPECT_EQ(finding(), "");
  EXPECT_TRUE(fs::is_empty(directory() + "/spool"));
}

}  // namespace
}  // namespace strongroom::audit
