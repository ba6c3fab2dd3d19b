#include "spool.h"

#include <gtest/gtest.h>

#include "fixture.h"
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
  spool.remove(open_ones[0]);
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
    spool.remove(*segment);
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

}  // namespace
}  // namespace strongroom::audit
