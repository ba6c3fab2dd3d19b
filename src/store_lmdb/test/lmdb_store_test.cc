#include "strongroom/store_lmdb/lmdb_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace strongroom::store_lmdb {
namespace {

class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern = ::testing::TempDir() + "strongroom-store-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDirectory() { std::filesystem::remove_all(path_); }
  std::string sub(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

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

}  // namespace
}  // namespace strongroom::store_lmdb
