#include "strongroom/store_lmdb/lmdb_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "temp_directory.h"

namespace strongroom::store_lmdb {
namespace {

unsigned mode_of(const std::string& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777U;
}

TEST(LmdbStore, CreatesPrivateFiles) {
  const TempDirectory temp;
  const auto opened = open({.directory = temp.sub("data")});
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  EXPECT_EQ(mode_of(temp.sub("data")), 0700U);
  for (const char* file : {"data.mdb", "lock.mdb", "server.lock"}) {
    EXPECT_EQ(mode_of(temp.sub("data") + "/" + file), 0600U) << file;
  }
}

TEST(LmdbStore, RefusesADirectoryThatEverybodyMayWrite) {
  const TempDirectory temp;
  ASSERT_EQ(::mkdir(temp.sub("data").c_str(), 0700), 0);
  ASSERT_EQ(::chmod(temp.sub("data").c_str(), 0777), 0);
  EXPECT_EQ(open({.directory = temp.sub("data")}).error().code(), "StoreDirectoryOpen");
}

TEST(LmdbStore, RefusesASecondOpenInThisProcess) {
  const TempDirectory temp;
  const auto first = open({.directory = temp.sub("data")});
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(open({.directory = temp.sub("data")}).error().code(), "StoreInUse");
  EXPECT_EQ(open({.directory = temp.sub("data"), .read_only = true}).error().code(), "StoreInUse");
}

TEST(LmdbStore, OpensAgainAfterClosing) {
  const TempDirectory temp;
  for (int round = 0; round < 3; ++round) {
    const auto opened = open({.directory = temp.sub("data")});
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    const auto revision = (*opened)->commit({.preconditions = {}, .writes = {{"k", "v"}}});
    ASSERT_TRUE(revision.has_value()) << revision.error().message();
    EXPECT_EQ(std::uint64_t(*revision), std::uint64_t(round + 1));
  }
}

TEST(LmdbStore, ReadOnlySeesRowsAndRefusesWrites) {
  const TempDirectory temp;
  EXPECT_FALSE(open({.directory = temp.sub("data"), .read_only = true}).has_value());
  ASSERT_TRUE((*open({.directory = temp.sub("data")}))
                  ->commit({.preconditions = {}, .writes = {{"k", "v"}}})
                  .has_value());
  const auto opened = open({.directory = temp.sub("data"), .read_only = true});
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  EXPECT_EQ((*(*opened)->snapshot())->get("k")->value().record, "v");
  EXPECT_EQ((*opened)->commit({.preconditions = {}, .writes = {{"k", "w"}}}).error().code(),
            "StoreReadOnly");
  EXPECT_EQ((*opened)->watch({}, [](auto, auto) {}).error().code(), "StoreReadOnly");
  EXPECT_FALSE((*opened)->exclusive()) << "a server may be at work beside it";
}

TEST(LmdbStore, AFullMapAnswersUnavailableAndKeepsWhatIsThere) {
  const TempDirectory temp;
  const auto opened = open({.directory = temp.sub("data"), .map_bytes = 1 << 20});
  ASSERT_TRUE(opened.has_value());
  store::Store& store = **opened;
  ASSERT_TRUE(store.commit({.preconditions = {}, .writes = {{"kept", "v"}}}).has_value());
  const auto full = store.commit(
      {.preconditions = {}, .writes = {{"big", std::string(limits::kRecordBytesMax, 'x')}}});
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(full.error().code(), "StoreFull");
  EXPECT_TRUE((*store.snapshot())->get("kept")->has_value());
  EXPECT_FALSE((*store.snapshot())->get("big")->has_value());
  EXPECT_TRUE(store.commit({.preconditions = {}, .writes = {{"small", "v"}}}).has_value());
}

TEST(LmdbStore, RefusesASecondProcess) {
  const TempDirectory temp;
  const auto first = open({.directory = temp.sub("data")});
  ASSERT_TRUE(first.has_value());
  // A fresh process: this one's list of open stores must not be what refuses.
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/usr/bin/flock", "flock", "--nonblock", (temp.sub("data") + "/server.lock").c_str(),
            "true", nullptr);
    ::_exit(99);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 1) << "the lock file is not locked";
}

TEST(LmdbStore, NamesTheProcessThatHoldsTheStore) {
  const TempDirectory temp;
  ASSERT_EQ(::mkdir(temp.sub("data").c_str(), 0700), 0);
  const int file = ::open((temp.sub("data") + "/server.lock").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(::flock(file, LOCK_EX), 0);
  ASSERT_EQ(::write(file, "4711", 4), 4);
  const auto refused = open({.directory = temp.sub("data")});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), "StoreInUse");
  EXPECT_NE(refused.error().message().find("process 4711"), std::string::npos);
  ::close(file);
  EXPECT_TRUE(open({.directory = temp.sub("data")}).has_value());
}

TEST(LmdbStore, AToolKilledWhileReadingDoesNotKeepOldPagesForEver) {
  const TempDirectory temp;
  const std::string directory = temp.sub("data");
  ASSERT_TRUE((*open({.directory = directory}))
                  ->commit({.preconditions = {}, .writes = {{"k", std::string(4000, 'v')}}})
                  .has_value());
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t tool = ::fork();
  if (tool == 0) {
    const auto opened = open({.directory = directory, .read_only = true});
    const auto snapshot = (*opened)->snapshot();
    ::_exit(::write(ready[1], snapshot ? "s" : "f", 1) == 1 && ::pause() == 0 ? 0 : 1);
  }
  char said = 0;
  ASSERT_EQ(::read(ready[0], &said, 1), 1);
  ASSERT_EQ(said, 's');
  const auto opened = open({.directory = directory});
  ASSERT_TRUE(opened.has_value());
  ::kill(tool, SIGKILL);
  ASSERT_EQ(::waitpid(tool, nullptr, 0), tool);
  const auto bytes_after_commits = [&] {
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE((*opened)->commit({.preconditions = {}, .writes = {{"k", "w"}}}).has_value());
    }
    return std::filesystem::file_size(directory + "/data.mdb");
  };
  // With the dead reader's slot in force every commit needs new pages.
  const std::uint64_t once = bytes_after_commits();
  EXPECT_LT(bytes_after_commits(), once + 50U * 4096);
  ::close(ready[0]);
  ::close(ready[1]);
}

/// Adds a row that does not fit into the map.
class GreedyHook final : public store::CommitHook {
 public:
  Result<std::vector<store::Write>> before_commit(store::Revision revision,
                                                  std::span<const store::AppliedWrite>) override {
    last = revision;
    if (!greedy) return std::vector<store::Write>();
    return std::vector<store::Write>{{"sum", std::string(limits::kRecordBytesMax, 's')}};
  }
  void after_commit(store::Revision revision, std::span<const store::AppliedWrite>) override {
    committed.push_back(revision);
  }
  void abandoned(store::Revision revision) override { abandoned_revisions.push_back(revision); }

  bool greedy = true;
  store::Revision last{};
  std::vector<store::Revision> committed, abandoned_revisions;
};

TEST(LmdbStore, AGroupThatFailsAfterTheHookIsAbandonedAndItsRevisionUsedAgain) {
  const TempDirectory temp;
  GreedyHook hook;
  const auto opened = open({.directory = temp.sub("data"), .map_bytes = 1 << 20});
  ASSERT_TRUE(opened.has_value());
  (*opened)->set_commit_hook(&hook);
  const auto failed = (*opened)->commit({.preconditions = {}, .writes = {{"k", "v"}}});
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(hook.abandoned_revisions, std::vector{hook.last});
  EXPECT_TRUE(hook.committed.empty());
  EXPECT_FALSE((*(*opened)->snapshot())->get("k")->has_value());
  hook.greedy = false;
  const auto revision = (*opened)->commit({.preconditions = {}, .writes = {{"k", "v"}}});
  ASSERT_TRUE(revision.has_value());
  EXPECT_EQ(*revision, hook.abandoned_revisions.front());
}

}  // namespace
}  // namespace strongroom::store_lmdb
