// Which sum belongs to which snapshot while a commit is under way, and what the table needs to fit
// together.

#include "state_sums.h"

#include <gtest/gtest.h>

#include <map>

#include "barrier_test_support.h"
#include "primitives.h"
#include "row_key.h"
#include "strongroom/base/limits.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::barrier {
namespace {

using store::Revision;

class StateSumsTest : public testing::Test {
 protected:
  static std::string key_in_bucket(std::uint16_t bucket) {
    BlindedPrefix prefix{};
    prefix[0] = static_cast<char>(bucket >> 8U);
    prefix[1] = static_cast<char>(bucket);
    return resource_key(prefix, RecordType::kSecret, 0);
  }
  std::vector<store::Write> begin(std::uint64_t revision, const store::Write& write,
                                  std::optional<std::string> replaced = {}) {
    const store::AppliedWrite applied{&write, std::move(replaced)};
    auto rows = sums_.before_commit(Revision{revision}, {&applied, 1});
    EXPECT_TRUE(rows);
    return std::move(*rows);
  }
  Sum expected(std::uint32_t bucket, std::uint64_t revision) {
    const auto sums = sums_.expected(bucket, bucket + 1, Revision{revision});
    EXPECT_TRUE(sums);
    return sums->at(0);
  }

  SystemRandom random_;
  StateSums sums_{{std::move(*random_key(random_)), std::move(*random_key(random_))},
                  Uuid::generate(random_),
                  random_};
};

TEST_F(StateSumsTest, ACommitUnderWayCountsForSnapshotsThatSeeIt) {
  const store::Write write{key_in_bucket(7), "row"};
  begin(5, write);
  EXPECT_TRUE(expected(7, 4).is_zero());
  EXPECT_EQ(expected(7, 5), sums_.term(write.key, "row"));
  sums_.after_commit(Revision{5});
  EXPECT_EQ(expected(7, 5), sums_.term(write.key, "row"));
  EXPECT_EQ(expected(7, 9), sums_.term(write.key, "row"));
}

TEST_F(StateSumsTest, AnOldSnapshotOfAChangedBucketIsOfNoUse) {
  const store::Write write{key_in_bucket(7), "row"};
  begin(5, write);
  sums_.after_commit(Revision{5});
  EXPECT_FALSE(sums_.expected(7, 8, Revision{4}));
  EXPECT_FALSE(sums_.expected(0, 65'536, Revision{4}));
  EXPECT_TRUE(sums_.expected(8, 9, Revision{4}));
}

TEST_F(StateSumsTest, AnAbandonedCommitChangesNothing) {
  const store::Write write{key_in_bucket(7), "row"};
  begin(5, write);
  sums_.abandoned();
  EXPECT_TRUE(expected(7, 5).is_zero());
  begin(5, write);
  sums_.after_commit(Revision{5});
  EXPECT_EQ(expected(7, 5), sums_.term(write.key, "row"));
}

TEST_F(StateSumsTest, TwoWritesOfOneGroupAddUp) {
  const store::Write first{key_in_bucket(7), "one"};
  const store::Write second{key_in_bucket(7), "two"};
  const store::AppliedWrite applied[] = {{&first, std::nullopt}, {&second, "one"}};
  ASSERT_TRUE(sums_.before_commit(Revision{1}, applied));
  sums_.after_commit(Revision{1});
  EXPECT_EQ(expected(7, 1), sums_.term(first.key, "two"));
  const store::Write gone{key_in_bucket(7), std::nullopt};
  begin(2, gone, "two");
  sums_.after_commit(Revision{2});
  EXPECT_TRUE(expected(7, 2).is_zero());
}

TEST_F(StateSumsTest, SecretVersionsAndItsOwnRowsDoNotCount) {
  std::string version = key_in_bucket(7);
  version[17] = static_cast<char>(RecordType::kSecretVersion);
  EXPECT_FALSE(bucket_of(version));
  EXPECT_FALSE(bucket_of(chunk_key(3)));
  EXPECT_FALSE(bucket_of(delta_key(3, 0)));
  EXPECT_EQ(bucket_of(keyring_key()), kKeyringBucket);
  EXPECT_EQ(bucket_of(key_in_bucket(0x1234)), 0x1234U);
  EXPECT_TRUE(begin(1, {version, "sealed elsewhere"}).empty());
}

TEST_F(StateSumsTest, TermsDependOnKeyAndBytes) {
  EXPECT_EQ(sums_.term("key", "row"), sums_.term("key", "row"));
  EXPECT_NE(sums_.term("key", "row"), sums_.term("kez", "row"));
  EXPECT_NE(sums_.term("key", "row"), sums_.term("key", "rov"));
  EXPECT_NE(sums_.term("key", "row"), sums_.term("ke", "yrow"));
}

TEST_F(StateSumsTest, ALargeGroupIsSplitIntoParts) {
  std::vector<store::Write> writes;
  for (std::uint16_t bucket = 0; bucket < 20'000; ++bucket)
    writes.push_back({key_in_bucket(bucket), "x"});
  std::vector<store::AppliedWrite> applied;
  for (const store::Write& write : writes) applied.push_back({&write, std::nullopt});
  const auto rows = sums_.before_commit(Revision{1}, applied);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ(rows->at(0).key, delta_key(1, 0));
  EXPECT_EQ(rows->at(1).key, delta_key(1, 1));
  EXPECT_LE(rows->at(0).record->size(), limits::kRecordBytesMax);
}

// A group larger than one delta row may be.
TEST(StateSums, LargeGroupsTakeSeveralDeltaRows) {
  test::SealedStoreFixture fixture;
  constexpr int kChanges = 400;
  constexpr int kRowsEach = 60;  // 24,000 rows in one or a few groups
  std::uint64_t serial = 0;
  std::atomic<int> failed{0};
  for (int i = 0; i < kChanges; ++i) {
    store::Change change;
    for (int row = 0; row < kRowsEach; ++row) {
      std::string key(1, kResourceTable);
      append_u64(key, ++serial * 0x9e3779b97f4a7c15U);
      change.writes.push_back({key, "x"});
    }
    fixture.engine().submit(std::move(change),
                            [&](Result<Revision> outcome) { failed += outcome ? 0 : 1; });
  }
  put(*fixture, {RecordType::kSystem, {}, "last"}, "x");
  EXPECT_EQ(failed.load(), 0);
  fixture.restart();
  EXPECT_TRUE(fixture->verify_all());
}

}  // namespace
}  // namespace strongroom::barrier
