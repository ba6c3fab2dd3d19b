// Whole stores: loaded at once, and rewritten without what was deleted.

#include "strongroom/store_lmdb/bulk.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "strongroom/store_lmdb/compact.h"
#include "strongroom/store_lmdb/lmdb_store.h"
#include "temp_directory.h"

namespace strongroom::store_lmdb {
namespace {

using store::Revision;

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(BulkLoader, MakesTheStoreThatTheRowsDescribe) {
  const TempDirectory work;
  const auto loader = BulkLoader::begin(work.sub("store"));
  ASSERT_TRUE(loader);
  ASSERT_TRUE((*loader)->append({"a", "first", Revision{3}}));
  ASSERT_TRUE((*loader)->append({"b", "second", Revision{7}}));
  EXPECT_FALSE((*loader)->append({"b", "again", Revision{7}}));
  EXPECT_FALSE((*loader)->append({"aa", "behind", Revision{7}}));
  EXPECT_FALSE((*loader)->append({"c", "", Revision{7}}));
  EXPECT_FALSE(std::filesystem::exists(work.sub("store/data.mdb")));
  ASSERT_TRUE((*loader)->finish(Revision{9}));
  EXPECT_FALSE(BulkLoader::begin(work.sub("store")));

  const auto second = BulkLoader::begin(work.sub("unfinished"));
  ASSERT_TRUE((*second)->append({"a", "first", Revision{3}}));
  EXPECT_FALSE(std::filesystem::exists(work.sub("unfinished/data.mdb")));
}

TEST(BulkLoader, TheServerGoesOnFromTheRevision) {
  const TempDirectory work;
  {
    const auto loader = BulkLoader::begin(work.sub("store"));
    ASSERT_TRUE((*loader)->append({"a", "first", Revision{3}}));
    ASSERT_TRUE((*loader)->finish(Revision{9}));
  }
  const auto store = open({.directory = work.sub("store")});
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_EQ((*(*store)->snapshot())->revision(), Revision{9});
  EXPECT_EQ((*(*(*store)->snapshot())->get("a"))->modified, Revision{3});
  EXPECT_EQ((*store)->commit({.preconditions = {{"a", Revision{3}}}, .writes = {{"b", "x"}}}),
            Revision{10});
}

TEST(Compact, LeavesNothingOfWhatWasDeleted) {
  const TempDirectory work;
  const std::string marked(100'000, 'Q');
  {
    const auto store = open({.directory = work.sub("store")});
    ASSERT_TRUE((*store)->commit({.preconditions = {}, .writes = {{"gone", marked}}}));
    ASSERT_TRUE((*store)->commit({.preconditions = {}, .writes = {{"stays", "here"}}}));
    ASSERT_TRUE((*store)->commit({.preconditions = {}, .writes = {{"gone", std::nullopt}}}));
    const auto refused = compact(work.sub("store"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), "StoreInUse");
  }
  EXPECT_NE(contents(work.sub("store/data.mdb")).find("QQQQQQQQ"), std::string::npos);
  const auto sizes = compact(work.sub("store"));
  ASSERT_TRUE(sizes) << sizes.error().message();
  EXPECT_LT(sizes->after, sizes->before);
  EXPECT_EQ(contents(work.sub("store/data.mdb")).find("QQQQQQQQ"), std::string::npos);
  const auto store = open({.directory = work.sub("store")});
  ASSERT_TRUE(store);
  EXPECT_EQ((*(*(*store)->snapshot())->get("stays"))->record, "here");
  EXPECT_EQ((*(*store)->snapshot())->revision(), Revision{3});
  EXPECT_FALSE(compact(work.sub("nowhere")));
}

}  // namespace
}  // namespace strongroom::store_lmdb
