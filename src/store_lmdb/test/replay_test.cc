#include "strongroom/store_lmdb/replay.h"

#include <fstream>

#include "strongroom/store_lmdb/lmdb_store.h"
#include "temp_directory.h"

namespace strongroom::store_lmdb {
namespace {

class SumHook final : public store::CommitHook {
 public:
  Result<std::vector<store::Write>> before_commit(store::Revision,
                                                  std::span<const store::AppliedWrite>) override {
    return std::vector<store::Write>{{"sum", "12345"}};
  }
  void after_commit(store::Revision, std::span<const store::AppliedWrite>) override {}
  void abandoned(store::Revision) override {}
};

std::vector<store::Row> rows_in(const std::string& directory) {
  const auto opened = open({.directory = directory});
  EXPECT_TRUE(opened.has_value());
  return *(*(*opened)->snapshot())->scan("", "\xff", limits::kScanRowsMax);
}

TEST(Replay, LeavesTheSameRowsAndCountsThem) {
  const TempDirectory temp;
  const std::string recording = temp.sub("recording");
  std::uint64_t second_half = 0;
  {
    SumHook hook;
    const auto opened = open({.directory = temp.sub("recorded"), .recording_file = recording});
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    (*opened)->set_commit_hook(&hook);
    for (int i = 0; i < 10; ++i) {
      // The recording is written behind the answer: the commit after it has the previous group in
      // the file.
      if (i == 6) second_half = std::filesystem::file_size(recording);
      const std::string key = "key" + std::to_string(i % 7);
      store::Change change = {.preconditions = {},
                              .writes = {{key, std::string(i * 100 + 1, 'x')}}};
      if (i == 9) change.writes.push_back({"key0", std::nullopt});
      ASSERT_TRUE((*opened)->commit(std::move(change)).has_value());
      EXPECT_FALSE((*opened)
                       ->commit({.preconditions = {{"key9", store::Revision{1}}},
                                 .writes = {{"never", "x"}}})
                       .has_value());
    }
  }
  const auto all = replay(recording, temp.sub("replayed"));
  ASSERT_TRUE(all.has_value()) << all.error().message();
  EXPECT_EQ(all->groups, 10U);
  EXPECT_EQ(all->changes, 10U);
  EXPECT_EQ(all->rows, 21U);
  EXPECT_EQ(all->record_bytes, 4500U + 10 + 10 * 5);
  EXPECT_GT(all->seconds, 0.0);

  const std::vector<store::Row> recorded = rows_in(temp.sub("recorded"));
  const std::vector<store::Row> replayed = rows_in(temp.sub("replayed"));
  ASSERT_EQ(recorded.size(), replayed.size());
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    EXPECT_EQ(recorded[i].key, replayed[i].key);
    EXPECT_EQ(recorded[i].modified, replayed[i].modified);
    EXPECT_EQ(recorded[i].record.size(), replayed[i].record.size());
  }

  const auto half = replay(recording, temp.sub("half"), second_half);
  ASSERT_TRUE(half.has_value());
  EXPECT_EQ(half->changes, 4U);
  EXPECT_EQ(rows_in(temp.sub("half")).size(), recorded.size());
}

TEST(Replay, RefusesAnExistingStoreAndADamagedRecording) {
  const TempDirectory temp;
  const std::string recording = temp.sub("recording");
  {
    const auto opened = open({.directory = temp.sub("data"), .recording_file = recording});
    ASSERT_TRUE((*opened)->commit({.preconditions = {}, .writes = {{"k", "v"}}}).has_value());
  }
  EXPECT_EQ(replay(recording, temp.sub("data")).error().code(), "StoreExists");
  std::filesystem::resize_file(recording, std::filesystem::file_size(recording) - 1);
  EXPECT_EQ(replay(recording, temp.sub("fresh")).error().code(), "RecordingDamaged");
}

}  // namespace
}  // namespace strongroom::store_lmdb
