// Whatever is changed in a backup is noticed: single bits, truncations, swapped parts.

#include <gtest/gtest.h>

#include "recovery_test_support.h"
#include "strongroom/recovery/backup_reader.h"
#include "strongroom/recovery/restore.h"

namespace strongroom::recovery {
namespace {

class Damage : public testing::Test {
 protected:
  Damage() {
    for (int i = 0; i < 3; ++i) vault_.put("name" + std::to_string(i), "body");
    vault_.record("GetSecretValue");
    vault_.backup(vault_.sub("good.backup"));
    good_ = contents(vault_.sub("good.backup"));
  }
  Result<Manifest> verify(std::string_view bytes, bool with_keys) {
    write_contents(bad(), bytes);
    return verify_backup(bad(), with_keys ? &vault_.keys() : nullptr, "");
  }
  std::string bad() const { return vault_.sub("bad.backup"); }

  Vault vault_;
  std::string good_;
};

TEST_F(Damage, NothingIsWrongWithTheGoodOne) {
  EXPECT_TRUE(verify(good_, true));
  EXPECT_TRUE(verify(good_, false));
  const auto manifest = read_manifest(vault_.sub("good.backup"));
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->foot.epochs.size(), 1U);
  EXPECT_TRUE(verify_backup(vault_.sub("good.backup"), nullptr, manifest->head.vkey));
  EXPECT_FALSE(verify_backup(vault_.sub("good.backup"), nullptr, "other+00000000+AA=="));
}

TEST_F(Damage, EveryFlippedBitIsNoticedWithoutAnyKey) {
  constexpr std::size_t kFlips = 5'500;
  const std::size_t bits = good_.size() * 8;
  for (std::size_t i = 0; i < kFlips; ++i) {
    const std::size_t bit = bits * i / kFlips + i % 8;
    if (bit >= bits) continue;
    std::string bytes = good_;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(verify(bytes, false)) << "bit " << bit;
  }
}

TEST_F(Damage, EveryFlippedBitIsNoticedWhenChunksAreOpened) {
  constexpr std::size_t kFlips = 1'500;
  const std::size_t bits = good_.size() * 8;
  for (std::size_t i = 0; i < kFlips; ++i) {
    const std::size_t bit = bits * i / kFlips + (i * 3) % 8;
    if (bit >= bits) continue;
    std::string bytes = good_;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(verify(bytes, true)) << "bit " << bit;
  }
}

TEST_F(Damage, EveryTruncationAndAdditionIsNoticed) {
  constexpr std::size_t kCuts = 1'500;
  for (std::size_t i = 0; i < kCuts; ++i) {
    const std::size_t size = i < 100 ? good_.size() - 1 - i : good_.size() * i / kCuts;
    ASSERT_FALSE(verify(good_.substr(0, size), i % 2 == 0)) << "cut at " << size;
  }
  EXPECT_FALSE(verify(good_ + '\0', false));
  EXPECT_FALSE(verify(good_ + good_, true));
}

TEST_F(Damage, TheFootOfAnotherBackupDoesNotFit) {
  vault_.backup(vault_.sub("other.backup"));
  const std::string other = contents(vault_.sub("other.backup"));
  const std::size_t foot = load_u32(good_.data() + good_.size() - 12) + 16;
  const std::size_t other_foot = load_u32(other.data() + other.size() - 12) + 16;
  EXPECT_FALSE(verify(
      good_.substr(0, good_.size() - foot) + other.substr(other.size() - other_foot), false));
}

TEST_F(Damage, ADamagedBackupLeavesNoDirectoryBehind) {
  std::string bytes = good_;
  bytes[good_.size() - 200] = static_cast<char>(bytes[good_.size() - 200] ^ 1);
  write_contents(bad(), bytes);
  const barrier::SlotSecret secret = vault_.secret();
  EXPECT_FALSE(stage_restore({.backup = bad(), .directory = vault_.sub("back"), .secret = secret}));
  EXPECT_FALSE(std::filesystem::exists(vault_.sub("back")));
  EXPECT_FALSE(std::filesystem::exists(vault_.sub("back.restoring")));
}

TEST(BackupPath, StaysBelowAudit) {
  EXPECT_TRUE(is_backed_up_path("audit/entries/00000000000000000000"));
  for (const char* path : {"audit/", "audit", "store/data.mdb", "/etc/passwd",
                           "audit/../superblock", "audit//x", "audit/./x", "superblock", ""})
    EXPECT_FALSE(is_backed_up_path(path)) << path;
}

}  // namespace
}  // namespace strongroom::recovery
