// Another root for a data directory, and format epoch 1 made epoch 2: who opens what before, during
// and after, and that what lies on the disk cannot be taken for something else.

#include "strongroom/barrier/root_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "barrier_test_support.h"
#include "seal_file.h"
#include "strongroom/barrier/upkeep.h"
#include "strongroom/store_lmdb/lmdb_store.h"

namespace strongroom::barrier {
namespace {

using testing::HasSubstr;
using testing::Not;

const AccountId kAlice(1000000000000001);
const Address kRecord{RecordType::kSecret, kAlice, "db-password"};

/// A production directory with two file slots and a passphrase, with a store of one record.
class RootChangeTest : public testing::Test {
 protected:
  RootChangeTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "strongroom-root-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) abort();
    work_ = pattern;
    data_ = work_ + "/data";
    for (const char* name : {"/first", "/second"})
      EXPECT_TRUE(create_key_file(work_ + name, random_));
  }
  ~RootChangeTest() override {
    close();
    std::error_code ignored;
    std::filesystem::remove_all(work_, ignored);
  }

  SlotSecret file(const char* name) const { return FileSecret{work_ + "/" + name, true}; }
  static SlotSecret passphrase() {
    return PassphraseSecret{std::move(*SecretBytes::copy_of(as_bytes("correct horse"))),
                            {.passes = 1, .memory_kib = 64, .lanes = 1}};
  }
  std::vector<SlotSecret> secrets() const {
    std::vector<SlotSecret> all;
    all.push_back(file("first"));
    all.push_back(file("second"));
    all.push_back(passphrase());
    return all;
  }

  std::vector<SlotSecret> first_only() const {
    std::vector<SlotSecret> one;
    one.push_back(file("first"));
    return one;
  }

  void create(bool first_format = false) {
    auto made = create_data_directory(data_, Mode::kDev, secrets(), random_, clock_);
    ASSERT_TRUE(made) << made.error().message();
    if (first_format) make_first_format(*made);
    open_store(std::move(*made), true);
    put(*store_, kRecord, "the value");
    close();
  }
  // What releases wrote that knew no base key: everything hangs on the root.
  void make_first_format(UnsealedDirectory& made) {
    auto keys = keys_of_first_format(made.root);
    ASSERT_TRUE(keys);
    made.keys = std::move(*keys);
    made.superblock.format_epoch = kFirstFormatEpoch;
    auto table = read_own_seal(data_, made.root);
    ASSERT_TRUE(table);
    table->keys.reset();
    ASSERT_TRUE(write_seal(data_, *table, made.root, IfExists::kReplace));
    ASSERT_TRUE(write_superblock(data_, made.superblock, made.keys.base, IfExists::kReplace));
  }

  Result<UnsealedDirectory> open(const char* name = "first") const {
    return open_data_directory(data_, Mode::kDev, file(name));
  }
  Result<void> try_store(DataKeys keys, bool initialize = false) {
    SR_TRY(const Superblock superblock, read_superblock(data_));
    SR_TRY(engine_, store_lmdb::open({.directory = data_ + "/store"}));
    SR_TRY(store_, open_sealed_store(*engine_, std::move(keys),
                                     {.cluster = superblock.cluster,
                                      .clock = clock_,
                                      .random = random_,
                                      .initialize = initialize,
                                      .background_check = false}));
    return {};
  }
  void open_store(UnsealedDirectory opened, bool initialize = false) {
    const auto outcome = try_store(std::move(opened.keys), initialize);
    ASSERT_TRUE(outcome) << outcome.error().message();
  }
  void close() {
    store_.reset();
    engine_.reset();
  }
  void expect_the_record() {
    const auto record = read(*store_, kRecord);
    ASSERT_TRUE(record) << record.error().message();
    EXPECT_EQ(text(*record), "the value");
    EXPECT_TRUE(store_->verify_all());
  }
  /// Opens everything anew with `name` and looks at it.
  void expect_all_is_there(const char* name = "first") {
    close();
    auto opened = open(name);
    ASSERT_TRUE(opened) << opened.error().message();
    open_store(std::move(*opened));
    expect_the_record();
    close();
  }

  Result<void> begin(const UnsealedDirectory& opened, std::span<const SlotSecret> secrets,
                     std::span<const std::uint8_t> removed = {}) {
    return begin_root_change(data_, opened, {.secrets = secrets, .removed = removed},
                             {.random = random_, .clock = clock_});
  }
  /// As a start does.
  Result<void> finish() {
    SR_TRY(UnsealedDirectory for_store, open());
    SR_CHECK_OK(try_store(std::move(for_store.keys)));
    SR_TRY(const UnsealedDirectory opened, open());
    auto finished = finish_root_change(data_, opened, *store_, random_);
    close();
    return finished;
  }
  RootFacts facts() const {
    const auto facts = root_facts(file_bytes(data_ + "/seal"));
    EXPECT_TRUE(facts);
    return facts.value_or(RootFacts{});
  }
  void overwrite(const std::string& name, std::string_view bytes) const {
    std::ofstream(data_ + "/" + name, std::ios::binary | std::ios::trunc) << bytes;
  }
  int misread_flips(const std::string& name) const;

  SystemRandom random_;
  ManualClock clock_{Instant{1'780'000'000'000}};
  std::string work_;
  std::string data_;
  std::unique_ptr<store::Store> engine_;
  std::unique_ptr<SealedStore> store_;
};

TEST_F(RootChangeTest, TheNewRootOpensEverythingThroughEverySlot) {
  create();
  const auto before = open();
  ASSERT_TRUE(before);
  EXPECT_EQ(facts().number, 1U);
  clock_.advance_ms(1'000);
  ASSERT_TRUE(begin(*before, secrets()));
  ASSERT_TRUE(finish());
  EXPECT_EQ(facts().number, 2U);
  EXPECT_EQ(facts().since, clock_.now());
  EXPECT_FALSE(facts().changing);
  for (const char* name : {"first", "second"}) expect_all_is_there(name);
  const auto after = open_data_directory(data_, Mode::kDev, passphrase());
  ASSERT_TRUE(after) << after.error().message();
  EXPECT_FALSE(crypto::ct_equal(after->root, before->root));
  EXPECT_FALSE(crypto::ct_equal(after->keys.keyring, before->keys.keyring));
  EXPECT_TRUE(crypto::ct_equal(after->keys.base, before->keys.base));
}

TEST_F(RootChangeTest, TheOldRootAndTheOldSealOpenTheStoreNoMore) {
  create();
  const std::string old_seal = file_bytes(data_ + "/seal");
  const auto before = open();
  ASSERT_TRUE(before);
  ASSERT_TRUE(begin(*before, secrets()));
  EXPECT_FALSE(read_own_seal(data_, before->root));
  ASSERT_TRUE(finish());
  overwrite("seal", old_seal);
  auto opened = open();
  ASSERT_TRUE(opened) << "the old seal still opens by itself";
  const auto refused = try_store(std::move(opened->keys));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), "Barrier.KeyringCorrupt");
}

TEST_F(RootChangeTest, ASlotWhoseSecretIsNotGivenIsNamedAndNothingIsChanged) {
  create();
  const std::string seal = file_bytes(data_ + "/seal");
  const auto opened = open();
  ASSERT_TRUE(opened);
  const std::vector<SlotSecret> one = first_only();
  const auto refused = begin(*opened, one);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), "Root.SlotNotOpened");
  EXPECT_THAT(refused.error().message(), HasSubstr("slot 2 (file): its secret was not given"));
  EXPECT_THAT(refused.error().message(), HasSubstr("slot 3 (passphrase): its secret was not"));
  EXPECT_THAT(refused.error().message(), Not(HasSubstr("slot 1")));
  EXPECT_EQ(file_bytes(data_ + "/seal"), seal);
}

TEST_F(RootChangeTest, SlotsAreGivenUpOnlyWhenNamed) {
  create();
  const auto opened = open();
  ASSERT_TRUE(opened);
  const std::vector<SlotSecret> one = first_only();
  const std::uint8_t unknown[] = {2, 9};
  EXPECT_EQ(begin(*opened, one, unknown).error().kind(), ErrorKind::kNotFound);
  const std::uint8_t all[] = {1, 2, 3};
  EXPECT_EQ(begin(*opened, one, all).error().code(), "Seal.LastSlot");
  const std::uint8_t others[] = {2, 3};
  ASSERT_TRUE(begin(*opened, one, others));
  ASSERT_TRUE(finish());
  expect_all_is_there();
  EXPECT_FALSE(open("second"));
}

TEST_F(RootChangeTest, UntilItIsFinishedTheStoreOpensBeforeAndAfterItsKeyringFollowed) {
  create();
  const auto before = open();
  ASSERT_TRUE(before);
  ASSERT_TRUE(begin(*before, secrets()));
  EXPECT_TRUE(facts().changing);
  expect_all_is_there();
  auto opened = open();
  ASSERT_TRUE(opened);
  EXPECT_EQ(begin(*opened, secrets()).error().code(), "Root.Unfinished");
  open_store(std::move(*opened));
  EXPECT_EQ(*upkeep_of(*store_).rotate_keyring(clock_.now()), 2U);  // under the key of before
  auto fresh = open("second");
  ASSERT_TRUE(fresh);
  ASSERT_TRUE(upkeep_of(*store_).wrap_keyring(std::move(fresh->keys.keyring)));
  EXPECT_EQ(*upkeep_of(*store_).rotate_keyring(clock_.now()), 3U);  // under the new one
  expect_all_is_there();  // as after a kill before the seal was settled
  ASSERT_TRUE(finish());
  EXPECT_FALSE(facts().changing);
  expect_all_is_there();
  ASSERT_TRUE(finish());  // nothing to do
}

TEST_F(RootChangeTest, SlotsComeAndGoWhileItIsUnfinished) {
  create();
  const auto before = open();
  ASSERT_TRUE(before);
  ASSERT_TRUE(begin(*before, secrets()));
  const auto opened = open();
  ASSERT_TRUE(opened);
  ASSERT_TRUE(remove_slot(data_, *opened, 2));
  ASSERT_TRUE(add_slot(data_, *opened, file("second"), random_, clock_));
  EXPECT_TRUE(facts().changing);
  ASSERT_TRUE(finish());
  expect_all_is_there("second");
}

TEST_F(RootChangeTest, DerivedKeysStay) {
  create();
  auto opened = open();
  ASSERT_TRUE(opened);
  const auto direct = derive_from_base(opened->keys.base, "audit");
  ASSERT_TRUE(direct);
  ASSERT_TRUE(begin(*opened, secrets()));
  ASSERT_TRUE(finish());
  auto after = open();
  ASSERT_TRUE(after);
  open_store(std::move(*after));
  EXPECT_TRUE(crypto::ct_equal(*store_->derive("audit"), *direct));
}

/// How many single flipped bits of the file go unnoticed.
int RootChangeTest::misread_flips(const std::string& name) const {
  const std::string good = file_bytes(data_ + "/" + name);
  int unnoticed = 0;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    overwrite(name, bad);
    unnoticed += open() ? 1 : 0;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    overwrite(name, good.substr(0, size));
    unnoticed += open() ? 1 : 0;
  }
  overwrite(name, good);
  return unnoticed;
}

TEST_F(RootChangeTest, EveryFlippedBitAndEveryTruncationIsNoticed) {
  create();
  EXPECT_EQ(misread_flips("seal"), 0);
  EXPECT_EQ(misread_flips("superblock"), 0);
  const auto opened = open();
  ASSERT_TRUE(opened);
  ASSERT_TRUE(begin(*opened, secrets()));
  EXPECT_EQ(misread_flips("seal"), 0);
  EXPECT_TRUE(open());
}

TEST_F(RootChangeTest, TheFirstFormatIsServedAsItIsAndKeepsItsForm) {
  create(true);
  EXPECT_EQ(facts().number, 0U);
  expect_all_is_there();
  const auto opened = open();
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->superblock.format_epoch, kFirstFormatEpoch);
  EXPECT_EQ(begin(*opened, secrets()).error().code(), "Root.FirstFormat");
  ASSERT_TRUE(remove_slot(data_, *opened, 2));
  EXPECT_EQ(facts().number, 0U);  // an older release still opens it
  expect_all_is_there();
}

TEST_F(RootChangeTest, AnUpgradeLeavesTheStoreAloneAndThenTheRootCanChange) {
  create(true);
  auto opened = open();
  ASSERT_TRUE(opened);
  const auto derived = derive_from_base(opened->keys.base, "audit");
  const std::string seal = file_bytes(data_ + "/seal");
  const std::string superblock = file_bytes(data_ + "/superblock");
  EXPECT_EQ(*upgrade_directory(data_, *opened, random_), true);
  EXPECT_EQ(file_bytes(data_ + "/seal.epoch-1"), seal);
  EXPECT_EQ(file_bytes(data_ + "/superblock.epoch-1"), superblock);
  EXPECT_EQ(facts().number, 1U);
  for (const char* name : {"first", "second"}) expect_all_is_there(name);
  auto again = open();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->superblock.format_epoch, kFormatEpoch);
  EXPECT_EQ(*upgrade_directory(data_, *again, random_), false);
  ASSERT_TRUE(begin(*again, secrets()));
  ASSERT_TRUE(finish());
  expect_all_is_there();
  EXPECT_FALSE(exists(data_ + "/seal.epoch-1"));
  EXPECT_FALSE(exists(data_ + "/superblock.epoch-1"));
  EXPECT_TRUE(crypto::ct_equal(*derive_from_base(open()->keys.base, "audit"), *derived));
  // The seal of before opens, and its keys open nothing.
  overwrite("seal", seal);
  auto old = open();
  ASSERT_TRUE(old);
  EXPECT_FALSE(try_store(std::move(old->keys)));
}

TEST_F(RootChangeTest, AnUpgradeThatStoppedBetweenTheFilesGoesOn) {
  create(true);
  auto opened = open();
  ASSERT_TRUE(opened);
  const std::string seal = file_bytes(data_ + "/seal");
  const std::string superblock = file_bytes(data_ + "/superblock");
  ASSERT_TRUE(upgrade_directory(data_, *opened, random_));
  const std::string newer = file_bytes(data_ + "/seal");
  overwrite("seal", seal);
  expect_all_is_there();
  auto half = open();
  ASSERT_TRUE(half);
  EXPECT_EQ(*upgrade_directory(data_, *half, random_), true);
  expect_all_is_there();
  // Never the other way round: no upgrade leaves that, so somebody else did.
  overwrite("superblock", superblock);
  EXPECT_FALSE(open());
  overwrite("seal", newer);
  EXPECT_FALSE(open());
}

TEST_F(RootChangeTest, ANewerFormatIsRefusedByName) {
  create();
  std::string seal = file_bytes(data_ + "/seal");
  seal[9] = 3;
  overwrite("seal", seal);
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), "DataDirectory.OtherFormat");
}

}  // namespace
}  // namespace strongroom::barrier
