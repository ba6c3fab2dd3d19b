// A new keyring epoch: what is written afterwards, sealing old rows again, forgetting the old
// epoch.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "barrier_test_support.h"
#include "strongroom/barrier/upkeep.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::barrier {
namespace {

using test::SealedStoreFixture;
using testing::ElementsAre;

const AccountId kAlice(1000000000000001);
constexpr int kRecords = 130;  // several steps

std::string name_of(int i) {
  return "name" + std::to_string(i);
}

/// Walks until a walk finds nothing to do. Returns how many rows were sealed again.
std::size_t reseal_all(SealedStore& store) {
  std::size_t all = 0;
  while (true) {
    std::string cursor;
    std::size_t walk = 0;
    while (true) {
      const auto step = upkeep_of(store).reseal_some(cursor);
      EXPECT_TRUE(step) << step.error().message();
      if (!step) return all;
      walk += step->resealed;
      if (step->end) break;
    }
    if (walk == 0) return all;
    all += walk;
  }
}

TEST(KeyringRotation, SealsEverythingAgainAndForgetsTheOldEpoch) {
  SealedStoreFixture fixture;
  for (int i = 0; i < kRecords; ++i) {
    const std::string name = name_of(i);
    put(*fixture, {RecordType::kSecret, kAlice, name}, "body" + name);
  }
  auto transaction = fixture->begin();
  (*transaction)->put_timed(TimeTable::kDue, Instant{1000}, as_bytes("task"));
  ASSERT_TRUE((*transaction)->commit());
  EXPECT_EQ(upkeep_of(*fixture).open_every_record()->other_epoch, 0U);

  ASSERT_EQ(upkeep_of(*fixture).rotate_keyring(Instant{5000}).value_or(0), 2U);
  EXPECT_EQ(upkeep_of(*fixture).open_every_record()->other_epoch, kRecords + 1U);
  EXPECT_EQ(upkeep_of(*fixture).retire_epochs().value_or(0), kRecords + 1U);  // not yet
  put(*fixture, {RecordType::kSecret, kAlice, "new"}, "new");
  EXPECT_EQ(reseal_all(*fixture), kRecords + 1U);
  EXPECT_EQ(upkeep_of(*fixture).open_every_record()->other_epoch, 0U);
  EXPECT_EQ(upkeep_of(*fixture).retire_epochs().value_or(99), 0U);

  fixture.restart();
  EXPECT_THAT(upkeep_of(*fixture).keyring().epochs, ElementsAre(2));
  EXPECT_EQ(upkeep_of(*fixture).keyring().since, Instant{5000});
  ASSERT_TRUE(fixture->verify_all());
  for (int i = 0; i < kRecords; ++i) {
    const std::string name = name_of(i);
    EXPECT_EQ(text(*read(*fixture, {RecordType::kSecret, kAlice, name})), "body" + name);
  }
  EXPECT_EQ(fixture->due(TimeTable::kDue, Instant{2000}, 10)->size(), 1U);
}

TEST(KeyringRotation, AForgottenEpochDoesNotComeBackWithTheNextOne) {
  SealedStoreFixture fixture;
  put(*fixture, {RecordType::kSecret, kAlice, "name"}, "body");
  ASSERT_TRUE(upkeep_of(*fixture).rotate_keyring(Instant{1}));
  reseal_all(*fixture);
  ASSERT_EQ(upkeep_of(*fixture).retire_epochs().value_or(99), 0U);
  ASSERT_TRUE(upkeep_of(*fixture).rotate_keyring(Instant{2}));
  fixture.restart();
  EXPECT_THAT(upkeep_of(*fixture).keyring().epochs, ElementsAre(2, 3));
  EXPECT_EQ(text(*read(*fixture, {RecordType::kSecret, kAlice, "name"})), "body");
}

TEST(KeyringRotation, GoesOnAfterARestart) {
  SealedStoreFixture fixture;
  for (int i = 0; i < kRecords; ++i)
    put(*fixture, {RecordType::kSecret, kAlice, name_of(i)}, "body");
  ASSERT_TRUE(upkeep_of(*fixture).rotate_keyring(Instant{1}));
  std::string cursor;
  ASSERT_TRUE(upkeep_of(*fixture).reseal_some(cursor));
  fixture.restart();
  EXPECT_THAT(upkeep_of(*fixture).keyring().epochs, ElementsAre(1, 2));
  EXPECT_EQ(upkeep_of(*fixture).keyring().current, 2U);
  const auto left = upkeep_of(*fixture).open_every_record()->other_epoch;
  EXPECT_LT(left, static_cast<std::uint64_t>(kRecords));
  EXPECT_EQ(reseal_all(*fixture), left);
  EXPECT_EQ(upkeep_of(*fixture).retire_epochs().value_or(99), 0U);
}

TEST(KeyringRotation, LeavesWritersAlone) {
  SealedStoreFixture fixture;
  for (int i = 0; i < kRecords; ++i) put(*fixture, {RecordType::kSecret, kAlice, name_of(i)}, "0");
  std::atomic<bool> stop{false};
  std::atomic<int> rounds{0};
  std::thread writer([&] {
    for (int round = 1; !stop; ++round) {
      auto transaction = fixture->begin();
      const Address address{RecordType::kSecret, kAlice, "name7"};
      (void)(*transaction)->read(address);
      (*transaction)->put(address, {}, as_bytes(std::to_string(round)));
      if ((*transaction)->commit()) rounds = round;
    }
  });
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(upkeep_of(*fixture).rotate_keyring(Instant{i}));
    reseal_all(*fixture);
  }
  stop = true;
  writer.join();
  EXPECT_EQ(text(*read(*fixture, {RecordType::kSecret, kAlice, "name7"})),
            std::to_string(rounds.load()));
  reseal_all(*fixture);
  EXPECT_EQ(upkeep_of(*fixture).retire_epochs().value_or(99), 0U);
  EXPECT_FALSE(fixture->sealed());
  EXPECT_TRUE(fixture->verify_all());
}

}  // namespace
}  // namespace strongroom::barrier
