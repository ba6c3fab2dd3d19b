#include "strongroom/audit/log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>
#include <vector>

#include "fixture.h"
#include "strongroom/base/limits.h"

namespace strongroom::audit {
namespace {

namespace fs = std::filesystem;

TEST_F(AuditTest, WhatWasWrittenIsInTheSignedTree) {
  const auto log = open();
  const auto first = log->make_writer();
  const auto second = log->make_writer();
  for (int i = 0; i < 100; ++i) add(i % 2 == 0 ? *first : *second, i);
  ASSERT_TRUE(first->flush().has_value());
  ASSERT_TRUE(second->flush().has_value());
  const auto head = log->settle();
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->size, 100U);
  EXPECT_EQ(log->head().root_hash, head->root_hash);

  auto reader = read();
  EXPECT_EQ(reader.checkpoint().head.size, 100U);
  EXPECT_EQ(as_chars(reader.checkpoint().head.root), head->root_hash);
  const auto verification = reader.verify();
  ASSERT_TRUE(verification.has_value());
  EXPECT_FALSE(verification->finding.has_value());
  EXPECT_EQ(verification->entries, 100U);
  EXPECT_EQ(verification->waiting, 0U);
  EXPECT_EQ(ids().size(), 100U);
  EXPECT_TRUE(log->healthy());
}

TEST_F(AuditTest, NothingIsWrittenBeforeFlush) {
  const auto log = open();
  const auto writer = log->make_writer();
  add(*writer, 1);
  EXPECT_EQ(log->settle()->size, 0U);
  ASSERT_TRUE(writer->flush().has_value());
  EXPECT_EQ(log->settle()->size, 1U);
  ASSERT_TRUE(writer->flush().has_value());
  EXPECT_EQ(log->settle()->size, 1U);
}

TEST_F(AuditTest, EncodedRecordsAreTheSame) {
  const auto log = open();
  const auto writer = log->make_writer();
  const std::string id = request_id(1);
  writer->add_encoded(encode(record_of(id)));
  ASSERT_TRUE(writer->flush().has_value());
  ASSERT_TRUE(log->settle().has_value());
  EXPECT_EQ(read().entry(0)->text, encode(record_of(id)));
}

TEST_F(AuditTest, AFlushIsOneWrite) {
  FaultyIo io;
  const auto log = open(io);
  const auto writer = log->make_writer();
  add(*writer, 0);
  ASSERT_TRUE(writer->flush().has_value());
  ASSERT_TRUE(log->settle().has_value());
  const int syncs = io.syncs;
  const int writes = io.writes;
  for (int i = 1; i < 50; ++i) add(*writer, i);
  ASSERT_TRUE(writer->flush().has_value());
  // The sequencer may have run in between, but not in less than one write a file.
  EXPECT_GE(io.writes, writes + 1);
  EXPECT_LE(io.writes, writes + 1 + 4);
  EXPECT_LE(io.syncs, syncs + 6);
}

TEST_F(AuditTest, SyncedWritersSync) {
  FaultyIo io;
  auto log = open_log(config(Durability::kSynced), test::secret(std::string(32, 's')), io);
  ASSERT_TRUE(log.has_value());
  const auto writer = (*log)->make_writer();
  add(*writer, 0);
  ASSERT_TRUE(writer->flush().has_value());
  const int before = io.syncs;
  add(*writer, 1);
  ASSERT_TRUE(writer->flush().has_value());
  EXPECT_GE(io.syncs, before + 1);
}

TEST_F(AuditTest, GoesOnAfterAStop) {
  write_log(30);
  const std::string older = read().checkpoint_note();
  EXPECT_TRUE(fs::is_empty(directory() + "/spool"));
  {
    const auto log = open();
    EXPECT_EQ(log->head().size, 30U);
    const auto writer = log->make_writer();
    for (int i = 30; i < 70; ++i) add(*writer, i);
    ASSERT_TRUE(writer->flush().has_value());
  }
  EXPECT_EQ(read().checkpoint().head.size, 70U);
  EXPECT_EQ(finding(older), "");
  EXPECT_EQ(ids().size(), 70U);
}

TEST_F(AuditTest, FindsProvesAndShows) {
  write_log(50);
  auto reader = read();
  const auto found = reader.find(request_id(17));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->index, 17U);
  EXPECT_EQ(reader.find(request_id(99)).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(reader.find("short").error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(reader.entry(50).error().kind(), ErrorKind::kNotFound);
  const auto tail = reader.tail(3);
  ASSERT_TRUE(tail.has_value());
  ASSERT_EQ(tail->size(), 3U);
  EXPECT_EQ(tail->front().index, 47U);
  EXPECT_EQ(reader.tail(1000)->size(), 50U);

  for (const std::uint64_t index : {0U, 17U, 49U}) {
    const auto proof = reader.prove(index);
    ASSERT_TRUE(proof.has_value());
    const auto parsed = audit_format::parse_proof(audit_format::encode_proof(*proof));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_TRUE(audit_format::verify_proof(*parsed, reader.key()).has_value());
    EXPECT_NE(parsed->entry.find(request_id(static_cast<int>(index))), std::string::npos);
  }
}

TEST_F(AuditTest, FilesAreForTheOwnerAlone) {
  write_log(3);
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    struct stat status;
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, entry.is_directory() ? 0700U : 0600U) << entry.path();
  }
}

TEST_F(AuditTest, CommittedLeavesAreTakenOnce) {
  std::vector<std::string> leaves;
  for (int i = 0; i < 20; ++i) leaves.push_back(encode(record_of(request_id(i))));
  {
    const auto log = open();
    ASSERT_TRUE(log->append_committed(leaves).has_value());
    ASSERT_TRUE(log->append_committed(leaves).has_value());
    EXPECT_EQ(log->settle()->size, 20U);
    ASSERT_TRUE(log->append_committed({}).has_value());
  }
  {
    // The rows were not removed before the stop: they come again.
    const auto log = open();
    ASSERT_TRUE(log->append_committed(leaves).has_value());
    leaves.push_back(encode(record_of(request_id(20))));
    ASSERT_TRUE(log->append_committed(leaves).has_value());
    EXPECT_EQ(log->settle()->size, 21U);
  }
  EXPECT_EQ(open()->append_committed(std::vector<std::string>{""}).error().kind(),
            ErrorKind::kInvalidInput);
  EXPECT_EQ(finding(), "");
}

TEST_F(AuditTest, SettlingEndsWithItsTime) {
  FaultyIo io;
  const auto log = open(io);
  const auto writer = log->make_writer();
  add(*writer, 1);
  ASSERT_TRUE(writer->flush().has_value());  // its segment is there
  ASSERT_TRUE(log->settle().has_value());
  io.hangs = true;
  add(*writer, 2);
  ASSERT_TRUE(writer->flush().has_value());
  const auto late = log->settle_within(std::chrono::milliseconds(20));
  io.hangs = false;
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(late.error().code(), "AuditSlow");
  const auto settled = log->settle_within(std::chrono::milliseconds(60'000));
  ASSERT_TRUE(settled.has_value()) << settled.error().message();
  EXPECT_EQ(settled->size, 2U);
}

TEST_F(AuditTest, OnlyOneProcessAtATime) {
  const auto log = open();
  const auto second = try_open();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind(), ErrorKind::kConflict);
}

TEST_F(AuditTest, VolumesAndSegmentsRollOver) {
  // 6,000 records of about 16 KiB: two volumes and several segments of both kinds.
  const std::string filler(2'000, '"');
  constexpr int kCount = 6'000;
  {
    const auto log = open();
    const auto writer = log->make_writer();
    for (int i = 0; i < kCount; ++i) {
      const std::string id = request_id(i);
      Record record = record_of(id);
      record.principal_name = record.resource = record.policy = filler;
      if (i % 10 == 0) {
        ASSERT_TRUE(log->append_committed(std::vector{encode(record)}).has_value());
      } else {
        writer->add(record);
      }
      if (i % 20 == 19) {
        ASSERT_TRUE(writer->flush().has_value());
      }
    }
    ASSERT_TRUE(writer->flush().has_value());
    EXPECT_EQ(log->settle()->size, static_cast<std::uint64_t>(kCount));
  }
  EXPECT_GT(std::distance(fs::directory_iterator(directory() + "/entries"), {}), 1);
  EXPECT_LE(std::distance(fs::directory_iterator(directory() + "/spool"), {}), 2);
  EXPECT_EQ(finding(), "");
  const auto all = ids();
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), static_cast<std::size_t>(kCount));
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kCount));
  EXPECT_TRUE(read().find(request_id(5)).has_value());
  EXPECT_TRUE(open() != nullptr);
}

TEST_F(AuditTest, ManyWritersAndReadersAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kRecords = 2'000;
  {
    const auto log = open();
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        const auto writer = log->make_writer();
        for (int i = 0; i < kRecords; ++i) {
          add(*writer, t * kRecords + i);
          if (i % 7 == 0) {
            ASSERT_TRUE(writer->flush().has_value());
          }
        }
        ASSERT_TRUE(writer->flush().has_value());
      });
    }
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(log->append_committed(std::vector{encode(record_of(request_id(1'000'000 + i)))})
                        .has_value());
      }
    });
    threads.emplace_back([&] {
      std::string older;
      for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(log->settle().has_value());
        // A reader of the files while they grow.
        EXPECT_EQ(finding(older), "");
        older = read().checkpoint_note();
        EXPECT_TRUE(log->healthy());
      }
    });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(log->settle()->size, kThreads * kRecords + 100U);
  }
  EXPECT_EQ(ids().size(), kThreads * kRecords + 100U);
  EXPECT_EQ(finding(), "");
}

}  // namespace
}  // namespace strongroom::audit
