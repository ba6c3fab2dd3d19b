// Backups of an audit log whose older volumes the server has compressed or dropped.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "recovery_test_support.h"
#include "strongroom/audit_format/reader.h"
#include "strongroom/recovery/restore.h"

namespace strongroom::recovery {
namespace {

constexpr std::uint64_t kVolumeBytes = 4'000;
constexpr int kEntries = 100;  // several volumes

class ArchivedLog : public testing::Test {
 protected:
  ArchivedLog() : vault_(kVolumeBytes) {}

  void record_many() {
    const auto writer = vault_.log().make_writer();
    for (int i = 0; i < kEntries; ++i) {
      writer->add({.time = vault_.clock().now(),
                   .request_id = "R" + std::to_string(recorded_++),
                   .action = "GetSecretValue"});
      ASSERT_TRUE(writer->flush());
      ASSERT_TRUE(vault_.log().settle());
    }
  }
  /// Compresses every closed volume, and drops those that are older than `keep_from`.
  void archive_all(Instant keep_from = {}) {
    while (true) {
      const auto done = vault_.log().maintain(keep_from);
      ASSERT_TRUE(done) << done.error().message();
      if (!done->archived) return;
    }
  }
  Instant tomorrow() { return {vault_.clock().now().unix_ms + kMillisPerDay}; }
  std::size_t count_archives(const std::string& audit) {
    std::size_t count = 0;
    for (const auto& file : std::filesystem::directory_iterator(audit + "/entries"))
      count += file.path().extension() == ".z" ? 1 : 0;
    return count;
  }
  /// What verifying the log finds after `backup` was restored, "" if nothing.
  std::string finding_after_restore(const std::string& backup, const std::string& name) {
    const barrier::SlotSecret secret = vault_.secret();
    auto staged =
        stage_restore({.backup = backup, .directory = vault_.sub(name), .secret = secret});
    if (!staged) return staged.error().message();
    const auto published = publish_restore(*staged, vault_.sub(name));
    if (!published) return published.error().message();
    auto log = audit_format::LogDirectory::open(vault_.sub(name + "/audit"));
    if (!log) return log.error().message();
    const auto verified = log->verify();
    if (!verified) return verified.error().message();
    EXPECT_EQ(log->checkpoint().head.size, verified->entries);
    return verified->finding ? verified->finding->what : "";
  }

  Vault vault_;
  int recorded_ = 0;
};

TEST_F(ArchivedLog, IsRestoredWhole) {
  record_many();
  archive_all();
  ASSERT_GT(count_archives(vault_.data() + "/audit"), 1U);
  vault_.backup(vault_.sub("full.backup"));
  EXPECT_EQ(finding_after_restore(vault_.sub("full.backup"), "back"), "");
  auto log = audit_format::LogDirectory::open(vault_.sub("back/audit"));
  EXPECT_TRUE(log->entry(0));
  EXPECT_TRUE(log->entry(kEntries - 1));
}

TEST_F(ArchivedLog, ABackupAfterRetentionNeedsNoOlderVolume) {
  record_many();
  archive_all(tomorrow());
  vault_.backup(vault_.sub("full.backup"));
  EXPECT_EQ(finding_after_restore(vault_.sub("full.backup"), "back"), "");
  EXPECT_GT(audit_format::LogDirectory::open(vault_.sub("back/audit"))->first_kept().value_or(0),
            0U);
}

// The base has the front of a volume that is compressed when the increment is taken.
TEST_F(ArchivedLog, AnIncrementGoesOnBehindAVolumeThatWasCompressed) {
  record_many();
  const Manifest base = vault_.backup(vault_.sub("a.backup"));
  record_many();
  archive_all();
  const Manifest second = vault_.backup(vault_.sub("b.backup"), &base);
  record_many();
  vault_.backup(vault_.sub("c.backup"), &second);
  EXPECT_EQ(finding_after_restore(vault_.sub("b.backup"), "second"), "");
  EXPECT_EQ(finding_after_restore(vault_.sub("c.backup"), "third"), "");
}

TEST_F(ArchivedLog, AnIncrementForgetsWhatRetentionDropped) {
  record_many();
  const Manifest base = vault_.backup(vault_.sub("a.backup"));
  record_many();
  archive_all(tomorrow());
  vault_.backup(vault_.sub("b.backup"), &base);
  EXPECT_EQ(finding_after_restore(vault_.sub("b.backup"), "back"), "");
  EXPECT_FALSE(std::filesystem::exists(vault_.sub("back/audit/entries/00000000000000000000")));
}

TEST_F(ArchivedLog, AVolumeThatIsMissingForNoReasonIsNoticed) {
  record_many();
  archive_all();
  std::filesystem::remove(vault_.data() + "/audit/entries/00000000000000000000.z");
  // The oldest one must be there: nothing says that its time has ended.
  const auto refused = write_backup_file(vault_.source(), vault_.sub("full.backup"), {},
                                         vault_.clock(), vault_.random());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), "Backup.AuditLog");
}

TEST_F(ArchivedLog, BackupsAreTakenWhileVolumesAreCompressed) {
  std::atomic<bool> stop{false};
  record_many();
  std::thread works([&] {
    const auto writer = vault_.log().make_writer();
    while (!stop) {
      writer->add({.time = vault_.clock().now(), .request_id = "X", .action = "GetSecretValue"});
      EXPECT_TRUE(writer->flush());
      EXPECT_TRUE(vault_.log().maintain({}));
    }
  });
  Manifest base;
  for (int i = 0; i < 6; ++i) {
    const std::string path = vault_.sub(std::to_string(i) + ".backup");
    base = vault_.backup(path, i == 0 ? nullptr : &base);
    EXPECT_EQ(finding_after_restore(path, "back" + std::to_string(i)), "") << i;
  }
  stop = true;
  works.join();
  EXPECT_GT(count_archives(vault_.data() + "/audit"), 0U);
}

}  // namespace
}  // namespace strongroom::recovery
