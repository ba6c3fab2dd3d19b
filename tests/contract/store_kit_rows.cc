// Rows, keys, limits, preconditions and snapshots.

#include <atomic>
#include <set>
#include <thread>

#include "store_kit.h"

namespace strongroom::store {
namespace {

TEST_P(StoreContract, RevisionsCountFromOneAndGoOnAfterReopening) {
  EXPECT_EQ(must_put("a", "1"), Revision{1});
  EXPECT_EQ(must_put("a", "2"), Revision{2});
  reopen();
  EXPECT_EQ(must_put("b", "1"), Revision{3});
  EXPECT_EQ((*store_->snapshot())->revision(), Revision{3});
}

TEST_P(StoreContract, WhoHasItForHimselfSharesItWithNobody) {
  const auto beside = engine_->open_beside();
  EXPECT_EQ(store_->exclusive(), !beside.has_value());
  reopen();
}

TEST_P(StoreContract, AnEmptyStoreHasNoRows) {
  EXPECT_EQ(row("a"), std::nullopt);
  EXPECT_TRUE(keys("", std::string(3, '\xff')).empty());
  EXPECT_EQ((*store_->snapshot())->revision(), Revision{0});
}

TEST_P(StoreContract, ARowKnowsTheCommitThatWroteIt) {
  const Revision first = must_put("a", "1");
  must_put("b", "1");
  EXPECT_EQ(row("a")->modified, first);
  const Revision second = must_put("a", "2");
  EXPECT_EQ(row("a")->modified, second);
  EXPECT_EQ(row("a")->record, "2");
  EXPECT_EQ(row("a")->key, "a");
  must_commit({.preconditions = {}, .writes = {{"a", std::nullopt}}});
  EXPECT_EQ(row("a"), std::nullopt);
  const Revision again = must_put("a", "3");
  EXPECT_EQ(row("a")->modified, again);
  reopen();
  EXPECT_EQ(row("a")->modified, again);
}

TEST_P(StoreContract, WhatWasCommittedIsThereAfterReopening) {
  const std::string binary("\0\xff\x80 bytes", 10);
  must_commit({.preconditions = {}, .writes = {{binary, binary}, {"b", "2"}, {"c", "3"}}});
  must_commit({.preconditions = {}, .writes = {{"b", std::nullopt}, {"c", "4"}}});
  reopen();
  EXPECT_EQ(record(binary), binary);
  EXPECT_EQ(record("b"), std::nullopt);
  EXPECT_EQ(record("c"), "4");
}

TEST_P(StoreContract, DeletingAnAbsentKeyIsNoError) {
  EXPECT_EQ(must_commit({.preconditions = {}, .writes = {{"a", std::nullopt}}}), Revision{1});
}

TEST_P(StoreContract, KeysAndRecordsOfEveryAllowedSizeAreKept) {
  const std::string longest_key(limits::kKeyBytesMax, '\xff');
  const std::string longest_record(limits::kRecordBytesMax, 'r');
  must_put(longest_key, longest_record);
  must_put("k", std::string(1, '\0'));
  EXPECT_EQ(record(longest_key), longest_record);
  EXPECT_EQ(record("k"), std::string(1, '\0'));
  must_put(longest_key, "short now");
  EXPECT_EQ(record(longest_key), "short now");
}

TEST_P(StoreContract, ChangesOverTheLimitsAreRefusedWhole) {
  const std::string long_key(limits::kKeyBytesMax + 1, 'k');
  const std::string long_record(limits::kRecordBytesMax + 1, 'r');
  EXPECT_EQ(refusal({.preconditions = {}, .writes = {{"a", "1"}, {long_key, "1"}}}),
            ErrorKind::kInvalidInput);
  EXPECT_EQ(refusal({.preconditions = {}, .writes = {{"a", "1"}, {"", "1"}}}),
            ErrorKind::kInvalidInput);
  EXPECT_EQ(refusal({.preconditions = {}, .writes = {{"a", "1"}, {"b", long_record}}}),
            ErrorKind::kInvalidInput);
  EXPECT_EQ(refusal({.preconditions = {}, .writes = {{"a", "1"}, {"b", ""}}}),
            ErrorKind::kInvalidInput);
  EXPECT_EQ(refusal({.preconditions = {}, .writes = {{"a", "1"}, {"a", "2"}}}),
            ErrorKind::kInvalidInput);
  EXPECT_EQ(refusal({.preconditions = {{"x", std::nullopt}, {"x", std::nullopt}},
                     .writes = {{"a", "1"}}}),
            ErrorKind::kInvalidInput);
  const std::string half(limits::kCommitBytesMax / 2, 'r');
  EXPECT_EQ(refusal({.preconditions = {}, .writes = {{"a", half}, {"b", half}}}),
            ErrorKind::kInvalidInput);
  Change many = {.preconditions = {{"x", std::nullopt}}, .writes = {}};
  for (std::size_t i = 0; i < limits::kCommitOperationsMax; ++i) {
    many.writes.push_back({"key" + std::to_string(i), "1"});
  }
  EXPECT_EQ(refusal(many), ErrorKind::kInvalidInput);
  EXPECT_TRUE(keys("", "z").empty());
  many.preconditions.clear();
  must_commit(many);
  EXPECT_EQ(keys("", "z").size(), limits::kCommitOperationsMax);
}

TEST_P(StoreContract, APreconditionOnARevisionHoldsOnlyWhileTheRowIsUntouched) {
  const Revision first = must_put("a", "1");
  const Revision second =
      must_commit({.preconditions = {{"a", first}}, .writes = {{"a", "2"}, {"b", "2"}}});
  EXPECT_EQ(refusal({.preconditions = {{"a", first}}, .writes = {{"c", "3"}}}),
            ErrorKind::kConflict);
  EXPECT_EQ(refusal({.preconditions = {{"a", second}, {"absent", second}}, .writes = {{"c", "3"}}}),
            ErrorKind::kConflict);
  EXPECT_EQ(record("c"), std::nullopt);
  EXPECT_EQ(record("a"), "2");
  EXPECT_EQ((*store_->snapshot())->revision(), second);
}

TEST_P(StoreContract, APreconditionOnAbsenceHoldsOnlyWhileTheRowIsAbsent) {
  must_commit({.preconditions = {{"a", std::nullopt}}, .writes = {{"a", "1"}}});
  EXPECT_EQ(refusal({.preconditions = {{"a", std::nullopt}}, .writes = {{"a", "2"}, {"b", "2"}}}),
            ErrorKind::kConflict);
  EXPECT_EQ(record("a"), "1");
  EXPECT_EQ(record("b"), std::nullopt);
  must_commit({.preconditions = {}, .writes = {{"a", std::nullopt}}});
  must_commit({.preconditions = {{"a", std::nullopt}}, .writes = {{"a", "3"}}});
  EXPECT_EQ(record("a"), "3");
}

TEST_P(StoreContract, ARewriteOfTheSameBytesIsAChange) {
  const Revision first = must_put("a", "1");
  must_put("a", "1");
  EXPECT_EQ(refusal({.preconditions = {{"a", first}}, .writes = {{"a", "2"}}}),
            ErrorKind::kConflict);
}

TEST_P(StoreContract, AChangeWithoutWritesOnlyChecks) {
  const Revision first = must_put("a", "1");
  EXPECT_EQ(must_commit({.preconditions = {{"a", first}}, .writes = {}}), first);
  EXPECT_EQ(must_commit({}), first);
  EXPECT_EQ(refusal({.preconditions = {{"a", std::nullopt}}, .writes = {}}), ErrorKind::kConflict);
  EXPECT_EQ((*store_->snapshot())->revision(), first);
}

TEST_P(StoreContract, ASnapshotStaysAtItsRevision) {
  must_put("a", "1");
  const auto opened = store_->snapshot();
  const Snapshot& snapshot = **opened;
  must_commit({.preconditions = {}, .writes = {{"a", "2"}, {"b", "2"}}});
  EXPECT_EQ(snapshot.revision(), Revision{1});
  EXPECT_EQ(snapshot.get("a")->value().record, "1");
  EXPECT_EQ(*snapshot.get("b"), std::nullopt);
  EXPECT_EQ(snapshot.scan("", "z", 10)->size(), 1U);
  EXPECT_EQ(record("a"), "2");
}

TEST_P(StoreContract, SnapshotsRefuseKeysOverTheLimits) {
  const auto snapshot = store_->snapshot();
  EXPECT_EQ((*snapshot)->get("").error().kind(), ErrorKind::kInvalidInput);
  EXPECT_EQ((*snapshot)->get(std::string(limits::kKeyBytesMax + 1, 'k')).error().kind(),
            ErrorKind::kInvalidInput);
  EXPECT_EQ((*snapshot)->scan("", "z", limits::kScanRowsMax + 1).error().kind(),
            ErrorKind::kInvalidInput);
}

TEST_P(StoreContract, ScansComeInOrderOfUnsignedBytes) {
  const std::vector<std::string> sorted = {std::string(1, '\0'),
                                           "A",
                                           "a",
                                           "a" + std::string(1, '\0'),
                                           "aa",
                                           "b",
                                           "\x7f",
                                           "\x80",
                                           "\xff",
                                           "\xff\xff"};
  Change change;
  for (std::size_t i = sorted.size(); i-- > 0;) change.writes.push_back({sorted[i], "r"});
  must_commit(change);
  EXPECT_EQ(keys("", std::string(limits::kKeyBytesMax + 1, '\xff')), sorted);
}

TEST_P(StoreContract, AScanIncludesItsFirstKeyAndExcludesItsLast) {
  must_commit({.preconditions = {}, .writes = {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}}});
  using Keys = std::vector<std::string>;
  EXPECT_EQ(keys("b", "d"), (Keys{"b", "c"}));
  EXPECT_EQ(keys("b", "b"), Keys{});
  EXPECT_EQ(keys("d", "b"), Keys{});
  EXPECT_EQ(keys("bb", "cc"), (Keys{"c"}));
  EXPECT_EQ(keys("", ""), Keys{});
  EXPECT_EQ(keys("a", "z", 0), Keys{});
  EXPECT_EQ(keys("a", "z", 3), (Keys{"a", "b", "c"}));
  const auto rows = (*store_->snapshot())->scan("b", "c", 10);
  EXPECT_EQ(rows->front().record, "2");
  EXPECT_EQ(rows->front().modified, Revision{1});
}

TEST_P(StoreContract, AScanGoesOnFromTheLastKey) {
  const std::string longest(limits::kKeyBytesMax, 'm');
  must_commit({.preconditions = {}, .writes = {{"a", "1"}, {longest, "2"}, {"z", "3"}}});
  std::vector<std::string> seen;
  for (std::string first; seen.size() < 3;) {
    const std::vector<std::string> page = keys(first, "zz", 1);
    ASSERT_EQ(page.size(), 1U);
    seen.push_back(page.front());
    first = page.front() + std::string(1, '\0');
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"a", longest, "z"}));
  EXPECT_TRUE(keys("z" + std::string(1, '\0'), "zz", 1).empty());
}

TEST_P(StoreContract, ConditionalWritersOfOneRowLoseNoUpdate) {
  constexpr int kWriters = 8;
  constexpr int kRounds = 25;
  must_put("counter", "0");
  const auto increment = [this] {
    for (int done = 0; done < kRounds;) {
      const std::optional<Row> old = row("counter");
      const auto answer =
          store_->commit({.preconditions = {{"counter", old->modified}},
                          .writes = {{"counter", std::to_string(std::stoi(old->record) + 1)}}});
      if (answer)
        ++done;
      else
        ASSERT_EQ(answer.error().kind(), ErrorKind::kConflict);
    }
  };
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) writers.emplace_back(increment);
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(record("counter"), std::to_string(kWriters * kRounds));
}

TEST_P(StoreContract, SnapshotsNeverShowHalfAChange) {
  std::atomic<bool> finished = false;
  std::thread writer([&] {
    for (int i = 1; i <= 300; ++i) {
      const std::string value = std::to_string(i);
      must_commit({.preconditions = {}, .writes = {{"a", value}, {"z", value}}});
    }
    finished = true;
  });
  while (!finished) {
    const auto snapshot = store_->snapshot();
    const auto rows = (*snapshot)->scan("a", "zz", 10);
    if (rows->empty()) continue;
    EXPECT_EQ(rows->size(), 2U);
    EXPECT_EQ(rows->front().record, rows->back().record);
    EXPECT_EQ(rows->front().modified, (*snapshot)->revision());
  }
  writer.join();
}

TEST_P(StoreContract, ASnapshotSeesWhatWasAcknowledgedBefore) {
  const auto write_and_read = [this](int thread) {
    for (int i = 0; i < 50; ++i) {
      const std::string key = std::to_string(thread) + "/" + std::to_string(i);
      const Revision revision = must_put(key, "v");
      const auto snapshot = store_->snapshot();
      ASSERT_GE((*snapshot)->revision(), revision);
      ASSERT_TRUE((*snapshot)->get(key)->has_value());
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(write_and_read, i);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace strongroom::store
