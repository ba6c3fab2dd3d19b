// Superblock and seal slots: who may open a data directory, and what everyone else is told
// (T-SEAL).

#include "strongroom/barrier/data_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "barrier_test_support.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::barrier {
namespace {

using testing::HasSubstr;

class DataDirectory : public testing::Test {
 protected:
  DataDirectory() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "strongroom-seal-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) abort();
    root_ = pattern;
    path_ = root_ + "/data";
  }
  ~DataDirectory() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  std::string key_file(const std::string& name) {
    const std::string path = root_ + "/" + name;
    EXPECT_TRUE(create_key_file(path, random_));
    return path;
  }
  static SecretBytes secret(std::string_view text) {
    return std::move(*SecretBytes::copy_of(as_bytes(text)));
  }
  static SlotSecret passphrase(std::string_view text) {
    return PassphraseSecret{secret(text), {.passes = 1, .memory_kib = 64, .lanes = 1}};
  }
  static SlotSecret file(const std::string& path) { return FileSecret{path, true}; }
  template <class... Slots>
  Result<UnsealedDirectory> create(Mode mode, Slots... slots) {
    std::vector<SlotSecret> all;
    (all.push_back(std::move(slots)), ...);
    return create_data_directory(path_, mode, all, random_, clock_);
  }
  Result<UnsealedDirectory> open(Mode mode, const SlotSecret& with) {
    return open_data_directory(path_, mode, with);
  }
  void overwrite(const std::string& name, std::string_view bytes) {
    std::ofstream(path_ + "/" + name, std::ios::binary | std::ios::trunc) << bytes;
  }

  SystemRandom random_;
  ManualClock clock_{Instant{1'780'000'000'000}};
  std::string root_;
  std::string path_;
};

TEST_F(DataDirectory, EachSlotOpensTheSameRoot) {
  const std::string key = key_file("key");
  const auto created =
      create(Mode::kDev, file(key), passphrase("correct horse"), SlotSecret(DevSecret{}));
  ASSERT_TRUE(created) << created.error().message();
  std::uint8_t slot = 1;
  for (const auto& with : {file(key), passphrase("correct horse"), SlotSecret(DevSecret{})}) {
    const auto opened = open(Mode::kDev, with);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_TRUE(crypto::ct_equal(opened->root, created->root));
    EXPECT_EQ(opened->superblock.cluster, created->superblock.cluster);
    EXPECT_EQ(opened->superblock.created, clock_.now());
    EXPECT_EQ(opened->slot, slot++);
  }
}

TEST_F(DataDirectory, FilesAreForTheirOwnerOnly) {
  ASSERT_TRUE(create(Mode::kDev, SlotSecret(DevSecret{})));
  const auto mode_of = [](const std::string& path) {
    struct stat status{};
    EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  };
  EXPECT_EQ(mode_of(path_), 0700U);
  EXPECT_EQ(mode_of(path_ + "/superblock"), 0600U);
  EXPECT_EQ(mode_of(path_ + "/seal"), 0600U);
  EXPECT_EQ(mode_of(path_ + "/dev-seal-key"), 0400U);
}

TEST_F(DataDirectory, DataOfTheOtherModeIsRefused) {
  const std::string key = key_file("key");
  ASSERT_TRUE(create(Mode::kProduction, file(key)));
  const auto as_dev = open(Mode::kDev, file(key));
  ASSERT_FALSE(as_dev);
  EXPECT_EQ(as_dev.error().code(), "DataDirectory.OtherMode");
  EXPECT_THAT(
      as_dev.error().message(),
      HasSubstr("holds production data, and this server runs in dev mode. Nothing was changed."));
  std::filesystem::remove_all(path_);
  ASSERT_TRUE(create(Mode::kDev, file(key)));
  const auto as_production = open(Mode::kProduction, file(key));
  ASSERT_FALSE(as_production);
  EXPECT_THAT(as_production.error().message(), HasSubstr("strongroomd dev --data"));
}

TEST_F(DataDirectory, AWrongKeyFileIsNamedByItsCheckValue) {
  const std::string right = key_file("right");
  const std::string wrong = key_file("wrong");
  ASSERT_TRUE(create(Mode::kProduction, file(right)));
  const auto outcome = open(Mode::kProduction, file(wrong));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), "Seal.WrongKey");
  EXPECT_THAT(
      outcome.error().message(),
      testing::MatchesRegex(".*wrong holds the key with check value [0-9a-f]+, but the data needs "
                            "slot 1 with check value [0-9a-f]+\\. Nothing was changed\\..*"));
}

TEST_F(DataDirectory, AWrongPassphraseIsRefused) {
  ASSERT_TRUE(create(Mode::kDev, passphrase("right")));
  const auto outcome = open(Mode::kDev, passphrase("wrong"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), "Seal.WrongPassphrase");
}

TEST_F(DataDirectory, AKindThatHasNoSlotIsTold) {
  ASSERT_TRUE(create(Mode::kDev, passphrase("right")));
  const auto outcome = open(Mode::kDev, file(key_file("key")));
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message(), HasSubstr("Its slots are 1 (passphrase)"));
}

TEST_F(DataDirectory, AKeyFileOpenToOthersIsRefused) {
  const std::string key = key_file("key");
  ASSERT_TRUE(create(Mode::kProduction, file(key)));
  ASSERT_EQ(chmod(key.c_str(), 0440), 0);
  const auto outcome = open(Mode::kProduction, file(key));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), "Seal.KeyFileOpen");
  EXPECT_THAT(outcome.error().message(), HasSubstr("chmod 0400"));
}

TEST_F(DataDirectory, AKeyFileOnTheSameDiskNeedsConsent) {
  const std::string key = key_file("key");
  const auto refused = create(Mode::kProduction, SlotSecret(FileSecret{key, false}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), "Seal.SameDisk");
  EXPECT_FALSE(is_data_directory(path_));
  EXPECT_TRUE(create(Mode::kProduction, file(key)));
  EXPECT_FALSE(open(Mode::kProduction, SlotSecret(FileSecret{key, false})));
}

TEST_F(DataDirectory, AKeyFileOfAnotherSizeIsRefused) {
  const std::string key = root_ + "/short";
  std::ofstream(key) << "only a few bytes";
  ASSERT_EQ(chmod(key.c_str(), 0400), 0);
  const auto outcome = create(Mode::kProduction, file(key));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), "Seal.NotAKeyFile");
}

TEST_F(DataDirectory, ProductionRefusesDevSlotsAndWeakPassphrases) {
  EXPECT_EQ(create(Mode::kProduction, SlotSecret(DevSecret{})).error().code(), "Seal.DevSlot");
  EXPECT_EQ(create(Mode::kProduction, passphrase("x")).error().code(), "Seal.WeakCost");
  EXPECT_EQ(create(Mode::kDev).error().code(), "Seal.SlotCount");
  EXPECT_FALSE(is_data_directory(path_));
}

TEST_F(DataDirectory, CreatingTwiceIsRefused) {
  ASSERT_TRUE(create(Mode::kDev, SlotSecret(DevSecret{})));
  EXPECT_EQ(create(Mode::kDev, SlotSecret(DevSecret{})).error().code(), "DataDirectory.Exists");
  EXPECT_TRUE(open(Mode::kDev, DevSecret{}));
}

TEST_F(DataDirectory, NothingThereIsToldApart) {
  EXPECT_EQ(open(Mode::kDev, DevSecret{}).error().code(), "DataDirectory.NotFound");
}

// Of a directory with slots of three kinds; opened with one of them, the others' bits count too.
// Two bits of each byte: one MAC covers them all, and every opening takes milliseconds.
TEST_F(DataDirectory, AFlippedBitInAnyByteAndAnyTruncationIsNoticed) {
  const std::string key = key_file("key");
  ASSERT_TRUE(create(Mode::kDev, SlotSecret(DevSecret{}), file(key), passphrase("right")));
  const auto noticed = [&](const char* name, std::string_view bytes) {
    overwrite(name, bytes);
    return !open(Mode::kDev, file(key));
  };
  for (const char* name : {"superblock", "seal"}) {
    const std::string good = file_bytes(path_ + "/" + name);
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (const std::size_t bit : {at % 8, (at + 3) % 8}) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
        EXPECT_TRUE(noticed(name, bad)) << name << " bit " << bit << " of byte " << at;
      }
    }
    for (std::size_t size = 0; size < good.size(); ++size)
      EXPECT_TRUE(noticed(name, good.substr(0, size))) << name << " cut to " << size;
    EXPECT_TRUE(noticed(name, good + "x")) << name << " too long";
    overwrite(name, good);
  }
  EXPECT_TRUE(open(Mode::kDev, file(key)));
}

TEST_F(DataDirectory, HostileCostsAreRefusedBeforeAnyWork) {
  ASSERT_TRUE(create(Mode::kDev, passphrase("right")));
  SealTable table = *parse_seal_table(file_bytes(path_ + "/seal"));
  for (const Argon2Cost cost : {Argon2Cost{21, 64, 1}, Argon2Cost{1, (4U << 20) + 1, 1},
                                Argon2Cost{1, 64, 17}, Argon2Cost{0, 64, 1}, Argon2Cost{1, 7, 1}}) {
    table.slots[0].cost = cost;
    overwrite("seal", encode_seal_table(table) + std::string(32, 'm'));
    const auto outcome = open(Mode::kDev, passphrase("right"));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code(), "Seal.HostileParameters");
  }
}

TEST_F(DataDirectory, ASlotOfAnotherDirectoryDoesNotFit) {
  const std::string key = key_file("key");
  ASSERT_TRUE(create(Mode::kDev, file(key)));
  const std::string foreign = file_bytes(path_ + "/seal");
  std::filesystem::remove_all(path_);
  ASSERT_TRUE(create(Mode::kDev, file(key)));
  overwrite("seal", foreign);
  EXPECT_FALSE(open(Mode::kDev, file(key)));
}

TEST_F(DataDirectory, SlotsComeAndGo) {
  const std::string first = key_file("first");
  const std::string second = key_file("second");
  const auto created = create(Mode::kProduction, file(first));
  ASSERT_TRUE(created);
  EXPECT_EQ(remove_slot(path_, *created, 1).error().code(), "Seal.LastSlot");
  ASSERT_TRUE(add_slot(path_, *created, file(second), random_, clock_));
  EXPECT_TRUE(open(Mode::kProduction, file(second)));
  EXPECT_EQ(remove_slot(path_, *created, 9).error().kind(), ErrorKind::kNotFound);
  ASSERT_TRUE(remove_slot(path_, *created, 1));
  EXPECT_FALSE(open(Mode::kProduction, file(first)));
  const auto opened = open(Mode::kProduction, file(second));
  ASSERT_TRUE(opened);
  EXPECT_TRUE(crypto::ct_equal(opened->root, created->root));
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(add_slot(path_, *opened, file(first), random_, clock_));
  EXPECT_EQ(add_slot(path_, *opened, file(first), random_, clock_).error().code(),
            "Seal.SlotCount");
}

TEST_F(DataDirectory, AReplacedSlotOpensNothingFromThenOn) {
  const std::string old = key_file("old");
  const std::string fresh = key_file("fresh");
  const auto opened = create(Mode::kProduction, file(old));
  ASSERT_TRUE(opened);
  ASSERT_TRUE(replace_slot(path_, *opened, 1, file(fresh), {.random = random_, .clock = clock_}));
  EXPECT_TRUE(open(Mode::kProduction, file(fresh)));
  const auto refused = open(Mode::kProduction, file(old));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), "Seal.WrongKey");
  const auto missing =
      replace_slot(path_, *opened, 7, file(fresh), {.random = random_, .clock = clock_});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind(), ErrorKind::kNotFound);
}

TEST_F(DataDirectory, ASlotWhoseKeyIsGivenKeepsWhatDescribesIt) {
  const std::string bytes(32, 'k');
  const auto shared = [&] {
    return KeySecret{.kind = SlotKind::kShamir, .key = secret(bytes), .parameters = {3, 5}};
  };
  const auto opened = create(Mode::kProduction, file(key_file("key")));
  ASSERT_TRUE(opened);
  ASSERT_TRUE(add_slot(path_, *opened, shared(), random_, clock_));
  EXPECT_EQ(open(Mode::kProduction, shared())->slot, 2);
  EXPECT_FALSE(open(Mode::kProduction, KeySecret{.key = secret(std::string(32, 'x'))}));
  const auto files = read_directory_files(path_);
  ASSERT_TRUE(files);
  const auto slots = list_slots(files->seal);
  ASSERT_TRUE(slots);
  ASSERT_EQ(slots->size(), 2U);
  EXPECT_EQ(slots->at(1).kind, SlotKind::kShamir);
  EXPECT_EQ(slots->at(1).parameters, (std::string{3, 5}));
  EXPECT_FALSE(add_slot(path_, *opened, KeySecret{.key = secret("short")}, random_, clock_));
}

TEST_F(DataDirectory, BeginsANewLineageUnderTheSameRoot) {
  const std::string key = key_file("key");
  auto opened = create(Mode::kProduction, file(key));
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->superblock.lineage.is_zero());
  ASSERT_TRUE(begin_lineage(path_, *opened, random_));
  EXPECT_FALSE(opened->superblock.lineage.is_zero());
  EXPECT_EQ(open(Mode::kProduction, file(key))->superblock.lineage, opened->superblock.lineage);
}

TEST_F(DataDirectory, GoesToAnotherPlaceAsItsTwoFiles) {
  const std::string key = key_file("key");
  ASSERT_TRUE(create(Mode::kProduction, file(key)));
  const auto files = read_directory_files(path_);
  ASSERT_TRUE(files);
  EXPECT_TRUE(open_directory_files(*files, "elsewhere", Mode::kProduction, file(key)));
  ASSERT_TRUE(install_directory_files(root_ + "/copy", *files));
  EXPECT_TRUE(open_data_directory(root_ + "/copy", Mode::kProduction, file(key)));
  EXPECT_FALSE(install_directory_files(root_ + "/copy", *files));
}

}  // namespace
}  // namespace strongroom::barrier
