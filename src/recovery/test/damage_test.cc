// Whatever is changed in a backup is noticed: single bits, truncations, swapped parts. 10,000 of
// them; ten times as many when STRONGROOM_SOAK is set.

#include <gtest/gtest.h>

#include <algorithm>

#include "recovery_test_support.h"
#include "strongroom/recovery/backup_reader.h"
#include "strongroom/recovery/restore.h"
#include "strongroom/test/soak.h"

namespace strongroom::recovery {
namespace {

const std::size_t kSoak = test::soaking() ? 10 : 1;

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
  /// So many of them, evenly over the file.
  void flip_bits(std::size_t flips, bool with_keys) {
    const std::size_t bits = good_.size() * 8;
    for (std::size_t i = 0; i < flips; ++i) {
      const std::size_t bit = std::min(bits * i / flips + i * 3 % 8, bits - 1);
      std::string bytes = good_;
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
      ASSERT_FALSE(verify(bytes, with_keys)) << "bit " << bit;
    }
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
  flip_bits(6'500 * kSoak, false);
}
TEST_F(Damage, EveryFlippedBitIsNoticedWhenChunksAreOpened) {
  flip_bits(1'500 * kSoak, true);
}

TEST_F(Damage, EveryTruncationAndAdditionIsNoticed) {
  const std::size_t cuts = 2'000 * kSoak;
  for (std::size_t i = 0; i < cuts; ++i) {
    const std::size_t size = i < 100 ? good_.size() - 1 - i : good_.size() * i / cuts;
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
