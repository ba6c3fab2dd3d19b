#include "strongroom/audit_export/exporter.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "strongroom/audit/log.h"
#include "strongroom/base/random.h"
#include "strongroom/test/reveal.h"

namespace strongroom::audit_export {
namespace {

constexpr int kEntries = 2'500;

class ExporterTest : public testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/strongroom-export-XXXXXX";
    ASSERT_NE(mkdtemp(path), nullptr);
    root_ = path;
    auto opened = audit::Log::open({.directory = directory(), .origin = "strongroom/test"},
                                   test::secret(std::string(32, 's')), random_);
    ASSERT_TRUE(opened.has_value());
    log_ = std::move(*opened);
    add(kEntries);
  }
  void TearDown() override {
    log_.reset();
    std::filesystem::remove_all(root_);
  }
  std::string directory() const { return root_ + "/audit"; }
  void add(int count) {
    const auto writer = log_->make_writer();
    for (int i = 0; i < count; ++i) {
      const std::string id = std::to_string(++made_);
      writer->add({.time = {1'795'000'000'000}, .request_id = id, .action = "GetSecretValue"});
    }
    ASSERT_TRUE(writer->flush().has_value());
    ASSERT_TRUE(log_->settle().has_value());
  }
  Place place() {
    return [this](const std::vector<audit_format::Entry>& batch) -> Result<void> {
      if (down_) return fail(ErrorKind::kUnavailable, "Down", "it is down");
      for (const auto& entry : batch) taken_.push_back(entry.index);
      return {};
    };
  }
  void expect_all(std::size_t count) const {
    ASSERT_EQ(taken_.size(), count);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(taken_[i], i);
  }

  SystemRandom random_;
  std::string root_;
  std::unique_ptr<audit::Log> log_;
  std::vector<std::uint64_t> taken_;
  bool down_ = false;
  int made_ = 0;
};

TEST_F(ExporterTest, EveryEntryInOrderAndOnAfterARestart) {
  {
    Exporter exporter(directory(), "https", place());
    const auto more = exporter.run();
    ASSERT_TRUE(more.has_value()) << more.error().message();
    EXPECT_TRUE(*more);
    EXPECT_EQ(exporter.lag(), kEntries - taken_.size());
  }
  Exporter exporter(directory(), "https", place());
  while (*exporter.run()) {
  }
  expect_all(kEntries);
  EXPECT_EQ(exporter.lag(), 0U);
  add(3);
  EXPECT_FALSE(*exporter.run());
  expect_all(kEntries + 3);
}

TEST_F(ExporterTest, APlaceThatIsDownGetsItLater) {
  Exporter exporter(directory(), "https", place());
  down_ = true;
  EXPECT_FALSE(exporter.run().has_value());
  EXPECT_EQ(exporter.lag(), static_cast<std::uint64_t>(kEntries));
  down_ = false;
  while (*exporter.run()) {
  }
  expect_all(kEntries);
}

TEST_F(ExporterTest, ACursorThatCannotBeReadDoesNotBeginAnew) {
  Exporter exporter(directory(), "https", place());
  ASSERT_TRUE(exporter.run().has_value());
  const std::size_t taken = taken_.size();
  const std::string cursor = directory() + "/export-https";
  ASSERT_TRUE(std::filesystem::remove(cursor));
  std::filesystem::create_symlink(cursor, cursor);  // there, and opening it fails
  EXPECT_FALSE(exporter.run().has_value());
  EXPECT_EQ(taken_.size(), taken);
}

TEST_F(ExporterTest, TheNewestCheckpointIsPublished) {
  const std::string file = root_ + "/published";
  Publisher publisher(directory(), file, "", {});
  ASSERT_TRUE(publisher.run().has_value());
  std::ifstream stream(file);
  const std::string note{std::istreambuf_iterator<char>(stream), {}};
  const auto log = audit_format::LogDirectory::open(directory());
  ASSERT_TRUE(log.has_value());
  EXPECT_EQ(note, log->checkpoint_note());
}

TEST(SyslogTest, AFrame) {
  EXPECT_EQ(
      syslog_frame({.index = 1, .text = R"({"time":"2026-11-22T01:02:03.123Z"})"}),
      R"(90 <110>1 2026-11-22T01:02:03.123Z - strongroom - audit - {"time":"2026-11-22T01:02:03.123Z"})");
}

}  // namespace
}  // namespace strongroom::audit_export
