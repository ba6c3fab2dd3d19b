// kill -9 under load: sixteen writers report each acknowledged change over a pipe; whatever they
// reported is there after every kill, whole, and nothing else but the one change that each writer
// had under way.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <random>
#include <thread>

#include "strongroom/base/check.h"
#include "strongroom/store_lmdb/lmdb_store.h"
#include "temp_directory.h"

namespace strongroom::faults {
namespace {

constexpr std::uint32_t kWriters = 16;
constexpr int kCycles = 20;

/// Small enough that the pipe takes it whole.
struct Acknowledgement {
  std::uint32_t writer;
  std::uint32_t sequence;
};

using Sequences = std::array<std::uint32_t, kWriters>;

std::string row_key(std::uint32_t writer, std::uint32_t sequence) {
  return "row/" + std::to_string(writer) + "/" + std::to_string(sequence);
}
std::string last_key(std::uint32_t writer) {
  return "last/" + std::to_string(writer);
}

/// Differs for every row, and in size: some records need pages of their own.
std::string content(std::uint32_t writer, std::uint32_t sequence) {
  const std::size_t size = sequence % 17 == 0 ? 6'000 : 50 + (writer * 31 + sequence * 7) % 400;
  std::string text = row_key(writer, sequence) + ":";
  while (text.size() < size) text += std::to_string(text.size() * sequence + writer);
  return text;
}

void write_until_killed(store::Store& store, std::uint32_t writer, std::uint32_t last, int pipe) {
  for (std::uint32_t sequence = last + 1;; ++sequence) {
    const auto answer =
        store.commit({.preconditions = {{row_key(writer, sequence), std::nullopt}},
                      .writes = {{row_key(writer, sequence), content(writer, sequence)},
                                 {last_key(writer), std::to_string(sequence)}}});
    SR_CHECK(answer.has_value());
    const Acknowledgement report = {writer, sequence};
    if (::write(pipe, &report, sizeof report) != sizeof report) return;
  }
}

[[noreturn]] void run_child(const std::string& directory, const Sequences& start, int pipe) {
  auto opened = store_lmdb::open({.directory = directory});
  SR_CHECK(opened.has_value());
  std::vector<std::thread> writers;
  for (std::uint32_t writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back(
        [&, writer] { write_until_killed(**opened, writer, start[writer], pipe); });
  }
  for (std::thread& writer : writers) writer.join();
  ::_exit(0);
}

/// Runs a child until it has reported `reports` changes, kills it, and reads what it reported until
/// then.
Sequences run_and_kill(const std::string& directory, const Sequences& start, int reports) {
  int pipe[2];
  SR_CHECK(::pipe(pipe) == 0);
  const pid_t child = ::fork();
  SR_CHECK(child >= 0);
  if (child == 0) {
    ::close(pipe[0]);
    run_child(directory, start, pipe[1]);
  }
  ::close(pipe[1]);
  Sequences acknowledged = start;
  Acknowledgement report = {};
  if (reports == 0) ::kill(child, SIGKILL);
  for (int read = 0; ::read(pipe[0], &report, sizeof report) == sizeof report;) {
    EXPECT_EQ(report.sequence, acknowledged.at(report.writer) + 1);
    acknowledged.at(report.writer) = report.sequence;
    if (++read == reports) ::kill(child, SIGKILL);
  }
  ::close(pipe[0]);
  int status = 0;
  SR_CHECK(::waitpid(child, &status, 0) == child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  return acknowledged;
}

/// What each writer has written according to the store; at least what it was told.
Sequences check_store(const std::string& directory, const Sequences& acknowledged) {
  Sequences written = {};
  auto opened = store_lmdb::open({.directory = directory});
  EXPECT_TRUE(opened.has_value());
  if (!opened) return acknowledged;
  const auto snapshot = (*opened)->snapshot();
  for (std::uint32_t writer = 0; writer < kWriters; ++writer) {
    const auto last = (*snapshot)->get(last_key(writer));
    written[writer] = *last ? static_cast<std::uint32_t>(std::stoul((*last)->record)) : 0;
    EXPECT_GE(written[writer], acknowledged[writer]) << "lost, writer " << writer;
    EXPECT_LE(written[writer], acknowledged[writer] + 1) << "writer " << writer;
    for (std::uint32_t sequence = 1; sequence <= written[writer]; ++sequence) {
      const auto row = (*snapshot)->get(row_key(writer, sequence));
      EXPECT_TRUE(*row && (*row)->record == content(writer, sequence)) << row_key(writer, sequence);
    }
    EXPECT_FALSE((*snapshot)->get(row_key(writer, written[writer] + 1))->has_value());
  }
  return written;
}

TEST(StoreKill, EverythingAcknowledgedIsThereAfterEachKill) {
  const TempDirectory directory;
  std::mt19937 random(std::random_device{}());
  Sequences written = {};
  std::uint64_t total = 0;
  for (int cycle = 0; cycle < kCycles; ++cycle) {
    SCOPED_TRACE("cycle " + std::to_string(cycle));
    // The first kills meet a store that is just being created.
    const int reports = cycle < 3 ? 0 : std::uniform_int_distribution(1, 600)(random);
    const Sequences acknowledged = run_and_kill(directory.path(), written, reports);
    written = check_store(directory.path(), acknowledged);
    if (testing::Test::HasFailure()) return;
  }
  for (const std::uint32_t count : written) total += count;
  EXPECT_GE(total, static_cast<std::uint64_t>(kCycles - 3));
}

}  // namespace
}  // namespace strongroom::faults
