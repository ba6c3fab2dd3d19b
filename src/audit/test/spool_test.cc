#include "spool.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "encode.h"
#include "fixture.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/audit_format/reader.h"
#include "strongroom/base/limits.h"

namespace strongroom::audit {
namespace {

/// Takes no room on the disk.
class FrugalIo final : public Io {
 public:
  int allocate(int, std::uint64_t) override { return 0; }
};

class SpoolTest : public AuditTest {
 protected:
  void SetUp() override {
    AuditTest::SetUp();
    std::filesystem::create_directories(directory() + "/spool");
  }
  FrugalIo io_;
};

TEST_F(SpoolTest, OnlyFullSegmentsCountAgainstTheBound) {
  Spool spool(directory(), io_);
  std::vector<SegmentPtr> open_ones;
  for (std::size_t i = 0; i < limits::kAuditSpoolSegmentsMax + 10; ++i) {
    const auto segment = spool.take(kReads, 100);
    ASSERT_TRUE(segment.has_value());
    open_ones.push_back(*segment);
  }
  for (std::size_t i = 0; i < limits::kAuditSpoolSegmentsMax; ++i) open_ones[i]->closed = true;
  const auto refused = spool.take(kReads, 100);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
  spool.done_with(open_ones[0]);
  EXPECT_TRUE(spool.take(kReads, 100).has_value());
}

TEST_F(SpoolTest, NumbersAreNeverUsedTwice) {
  std::uint64_t last = 0;
  for (int round = 0; round < 3; ++round) {
    Spool spool(directory(), io_);
    // The segment is gone, its line in the resume file is not.
    ASSERT_TRUE(spool
                    .recover({{.number = last, .offset = 16}},
                             [](std::uint64_t, const audit_format::Hash&) {})
                    .has_value());
    const auto segment = spool.take(kCommitted, 100);
    ASSERT_TRUE(segment.has_value());
    EXPECT_GT((*segment)->number, last);
    last = (*segment)->number;
    spool.done_with(*segment);
  }
}

TEST_F(SpoolTest, TheSpareSegmentIsTakenFirst) {
  Spool spool(directory(), io_);
  ASSERT_TRUE(spool.prepare_spare().has_value());
  ASSERT_TRUE(spool.prepare_spare().has_value());
  EXPECT_EQ((*spool.take(kCommitted, 100))->number, 2U);
  EXPECT_EQ((*spool.take(kReads, limits::kAuditSpoolBytes))->number, 3U);  // does not fit
  EXPECT_EQ((*spool.take(kReads, 100))->number, 1U);
}

class SpoolFileTest : public SpoolTest {
 protected:
  static void write(Segment& segment, std::string_view entry) {
    std::string frame;
    append_frame(frame, entry);
    audit_format::mark_spool_frames(frame, segment.mark);
    ASSERT_TRUE(write_all(Io::system(), segment.file.get(), frame, segment.written).has_value());
    segment.written += frame.size();
  }
  /// What a server that starts now finds, by segment number.
  std::map<std::uint64_t, std::vector<std::string>> found() {
    std::map<std::uint64_t, std::vector<std::string>> all;
    for (const auto& file : std::filesystem::directory_iterator(directory() + "/spool")) {
      const auto number = audit_format::parse_number20(file.path().filename().string().substr(2));
      auto& entries = all[*number];
      EXPECT_TRUE(audit_format::for_each_spool_frame(
                      file.path().string(), *number, audit_format::kFileHeaderBytes,
                      [&](const audit_format::Hash&, std::string_view entry) {
                        entries.emplace_back(entry);
                      })
                      .has_value());
    }
    return all;
  }
};

using Found = std::map<std::uint64_t, std::vector<std::string>>;

TEST_F(SpoolFileTest, AFileThatIsDoneWithServesAgainWithoutItsOldFrames) {
  Spool spool(directory(), io_);
  const SegmentPtr first = *spool.take(kReads, 100);
  write(*first, "one");
  write(*first, "two");
  first->closed = true;
  spool.done_with(first);
  EXPECT_TRUE(spool.segments().empty());
  EXPECT_EQ(found(), (Found{{2, {}}}));
  const SegmentPtr second = *spool.take(kReads, 100);
  EXPECT_EQ(second->number, 2U);
  write(*second, "six");  // as long as "one", so that "two" begins right behind it
  EXPECT_EQ(found(), (Found{{2, {"six"}}}));
}

TEST_F(SpoolFileTest, APowerFailureThatKeepsHalfOfATakeoverLeavesNothing) {
  Spool spool(directory(), io_);
  const SegmentPtr first = *spool.take(kReads, 100);
  write(*first, "one");
  // The new name with the old header, then the new header under the old name.
  const std::string renamed = directory() + '/' + audit_format::spool_path(kReads, 9);
  std::filesystem::rename(first->path, renamed);
  EXPECT_EQ(found(), (Found{{9, {}}}));
  std::filesystem::rename(renamed, first->path);
  ASSERT_TRUE(write_all(io_, first->file.get(), audit_format::spool_header(9), 0).has_value());
  EXPECT_EQ(found(), (Found{{1, {}}}));
}

TEST_F(SpoolFileTest, ASegmentOfTheFirstFormIsReadToItsEnd) {
  std::string file("SRAUDS1\0", 8);
  file += std::string("\0\0\0\0\0\0\0\5", 8);
  append_frame(file, "one");
  append_frame(file, "two");
  std::ofstream(directory() + '/' + audit_format::spool_path(kReads, 5), std::ios::binary) << file;
  EXPECT_EQ(found(), (Found{{5, {"one", "two"}}}));
  Spool spool(directory(), io_);
  ASSERT_TRUE(spool.recover({}, [](std::uint64_t, const audit_format::Hash&) {}).has_value());
  EXPECT_EQ(spool.segments().at(0)->written, file.size());
  EXPECT_EQ(spool.segments().at(0)->mark, 0U);
}

TEST_F(SpoolFileTest, OnlyAFewFilesAreKept) {
  Spool spool(directory(), io_);
  std::vector<SegmentPtr> all;
  for (std::size_t i = 0; i < limits::kAuditSpareSegmentsMax + 3; ++i) {
    all.push_back(*spool.take(kReads, 100));
    all.back()->closed = true;
  }
  for (const SegmentPtr& segment : all) spool.done_with(segment);
  EXPECT_EQ(found().size(), limits::kAuditSpareSegmentsMax);
  spool.drop_spares();
  EXPECT_TRUE(found().empty());
}

}  // namespace
}  // namespace strongroom::audit
