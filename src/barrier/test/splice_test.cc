// T-SPLICE: a stored row that was moved, swapped, replayed, flipped, removed or added outside the
// server is refused or seals the server; it is never read as something else.

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "barrier_test_support.h"
#include "core.h"
#include "primitives.h"
#include "row_keys.h"
#include "strongroom/barrier/aad.h"
#include "strongroom/crypto/suite1.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::barrier {
namespace {

using test::SealedStoreFixture;

constexpr RecordType kRecordTypes[] = {
    RecordType::kAccount,      RecordType::kAccountUsers,    RecordType::kUser,
    RecordType::kUserPolicies, RecordType::kAccessKey,       RecordType::kAccessKeyUse,
    RecordType::kKey,          RecordType::kKeyMaterial,     RecordType::kDefaultKey,
    RecordType::kSecret,       RecordType::kAccountCounters, RecordType::kSystem};
const AccountId kAccounts[] = {AccountId(1000000000000001), AccountId(1000000000000002)};
constexpr std::string_view kNames[] = {"db-password", "db-passwore"};
constexpr std::uint32_t kVersions[] = {0, 1};

// Every pair of rows, under the seal alone: the state sums play no part here.
TEST(Splice, NoRecordOpensInAnothersPlace) {
  SealedStoreFixture fixture;
  Random& random = fixture.random();
  Core::Secrets secrets{std::move(*random_key(random)), std::move(*random_key(random)),
                        std::move(*Keyring::create(Instant{}, random))};
  Core core(fixture.engine(), fixture->cluster(), random, std::move(secrets),
            {std::move(*random_key(random)), std::move(*random_key(random))});
  RowKeys keys(core.k_index());
  struct Placed {
    Address address;
    store::Row row;
  };
  std::vector<Placed> rows;
  const Uuid resource =
      Uuid::generate(random);  // the same for all, which makes the test harder to pass
  for (const RecordType type : kRecordTypes) {
    for (const AccountId account : kAccounts) {
      for (const std::string_view name : kNames) {
        for (const std::uint32_t version : kVersions) {
          const Address address{type, account, name, version};
          const std::string key = keys.of(address);
          const std::string body = "body " + std::to_string(rows.size());
          rows.push_back(
              {address, {key, *core.seal(address, key, resource, 1, as_bytes(body)), {}}});
        }
      }
    }
  }
  std::size_t refused = 0;
  for (std::size_t from = 0; from < rows.size(); ++from) {
    for (std::size_t to = 0; to < rows.size(); ++to) {
      const store::Row moved{rows[to].row.key, rows[from].row.record, {}};
      const auto outcome = core.open(rows[to].address.account, moved);
      if (from == to) {
        ASSERT_TRUE(outcome);
        ASSERT_EQ(text(*outcome), "body " + std::to_string(from));
        ASSERT_TRUE(core.open_unaddressed(moved));
        continue;
      }
      ASSERT_FALSE(outcome) << from << " opened in the place of " << to;
      ASSERT_EQ(outcome.error().kind(), ErrorKind::kCorrupt);
      ASSERT_FALSE(core.open_unaddressed(moved)) << from << " opened in the place of " << to;
      ++refused;
    }
  }
  EXPECT_EQ(refused, 96U * 95U);
}

// Rows that `secrets` seals: the same key for all, so that only the binding can refuse.
TEST(Splice, NoSecretVersionOpensInAnothersPlace) {
  SystemRandom random;
  const SecretBytes key = std::move(*random_key(random));
  const Uuid clusters[] = {Uuid::generate(random), Uuid::generate(random)};
  const Uuid resources[] = {Uuid::generate(random), Uuid::generate(random)};
  std::vector<std::string> bindings;
  for (const Uuid cluster : clusters) {
    for (const Uuid resource : resources) {
      for (const AccountId account : kAccounts) {
        for (const std::string_view name : kNames) {
          for (const std::string_view version : {"v1", "v2"}) {
            bindings.push_back(value_aad({cluster, account, resource, name, version}));
            bindings.push_back(
                data_key_aad({cluster, account, resource, name, version, "key-1", "kv-1"}));
            bindings.push_back(
                data_key_aad({cluster, account, resource, name, version, "key-1", "kv-2"}));
          }
        }
      }
    }
  }
  std::vector<std::string> blobs;
  for (const std::string& aad : bindings) {
    blobs.push_back(*crypto::suite1_seal(key, as_bytes(aad), as_bytes("value"), random));
  }
  for (std::size_t from = 0; from < blobs.size(); ++from) {
    for (std::size_t to = 0; to < blobs.size(); ++to) {
      ASSERT_EQ(crypto::suite1_open(key, as_bytes(bindings[to]), blobs[from]).has_value(),
                from == to)
          << from << " in the place of " << to;
    }
  }
}

// What an intruder with the disk does between two runs of the server: raw rows, no hook.
class Tampered : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 20; ++i) {
      const std::string name = "secret-" + std::to_string(i);
      put(*fixture_, {RecordType::kSecret, kAccounts[0], name}, "old " + name);
    }
    old_rows_ = everything();
    for (int i = 0; i < 20; i += 2) {
      const std::string name = "secret-" + std::to_string(i);
      put(*fixture_, {RecordType::kSecret, kAccounts[0], name}, "new " + name);
    }
    auto transaction = fixture_->begin();
    (*transaction)->put_timed(TimeTable::kDue, Instant{1000}, as_bytes("task one"));
    (*transaction)->put_timed(TimeTable::kDue, Instant{2000}, as_bytes("task two"));
    ASSERT_TRUE((*transaction)->commit());
    rows_ = everything();
  }

  std::map<std::string, std::string> everything() {
    std::map<std::string, std::string> all;
    for (auto& row : raw_rows(fixture_.engine(), "\x01", "\xff")) all.emplace(row.key, row.record);
    return all;
  }
  std::vector<std::string> keys(char table, char second = 0) const {
    std::vector<std::string> result;
    for (const auto& [key, record] : rows_) {
      if (key[0] == table && (second == 0 || key[1] == second)) result.push_back(key);
    }
    return result;
  }
  std::string key_of_secret(int i) {
    for (const std::string& key : keys(kResourceTable)) {
      if (old_rows_.at(key) != rows_.at(key) && i-- == 0) return key;
    }
    abort();
  }

  /// Stops the server, writes `rows` (absent: removes) behind its back, starts it again.
  Result<void> tamper(const std::map<std::string, std::optional<std::string>>& rows) {
    fixture_.stop();
    {
      auto engine = store_lmdb::open({.directory = fixture_.store_directory()});
      EXPECT_TRUE(engine);
      store::Change change;
      for (const auto& [key, record] : rows) {
        change.writes.push_back({key, record});
        if (change.writes.size() < 50) continue;
        EXPECT_TRUE((*engine)->commit(std::move(change)));
        change = {};
      }
      EXPECT_TRUE((*engine)->commit(std::move(change)));
    }
    return fixture_.try_start();
  }

  /// It starts, and the first look at the row seals it.
  void expect_sealed_by_reading(std::string_view name) {
    const auto record = read(*fixture_, {RecordType::kSecret, kAccounts[0], name});
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().kind(), ErrorKind::kCorrupt);
    expect_sealed();
  }
  void expect_sealed() {
    EXPECT_TRUE(fixture_->sealed());
    EXPECT_EQ(fixture_->reader().error().kind(), ErrorKind::kUnavailable);
    EXPECT_EQ(fixture_->begin().error().kind(), ErrorKind::kUnavailable);
    EXPECT_EQ(fixture_->due(TimeTable::kDue, Instant{1}, 1).error().kind(),
              ErrorKind::kUnavailable);
    EXPECT_EQ(fixture_->verify_all().error().kind(), ErrorKind::kUnavailable);
    EXPECT_EQ(fixture_->make_cache(1)->read({RecordType::kSystem, {}, ""}).error().kind(),
              ErrorKind::kUnavailable);
  }
  void expect_caught(const std::map<std::string, std::optional<std::string>>& rows) {
    const auto started = tamper(rows);
    if (!started) {
      EXPECT_EQ(started.error().kind(), ErrorKind::kCorrupt);
      return;
    }
    const auto verified = fixture_->verify_all();
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().kind(), ErrorKind::kCorrupt);
    expect_sealed();
  }

  SealedStoreFixture fixture_;
  std::map<std::string, std::string> old_rows_;
  std::map<std::string, std::string> rows_;
};

TEST_F(Tampered, NothingChangedIsFine) {
  ASSERT_TRUE(tamper({}));
  EXPECT_TRUE(fixture_->verify_all());
  EXPECT_FALSE(fixture_->sealed());
}

TEST_F(Tampered, AReplayedRecordIsCaught) {
  const std::string key = key_of_secret(0);
  expect_caught({{key, old_rows_.at(key)}});
}

TEST_F(Tampered, AReplayedRecordIsCaughtAtItsFirstReading) {
  std::map<std::string, std::optional<std::string>> all;
  for (const std::string& key : keys(kResourceTable)) all[key] = old_rows_.at(key);
  ASSERT_TRUE(tamper(all));
  expect_sealed_by_reading("secret-0");
}

TEST_F(Tampered, ARemovedRecordIsCaughtAndNotTakenForAbsent) {
  std::map<std::string, std::optional<std::string>> all;
  for (const std::string& key : keys(kResourceTable)) all[key] = std::nullopt;
  ASSERT_TRUE(tamper(all));
  expect_sealed_by_reading("secret-3");
}

TEST_F(Tampered, OneRemovedRecordIsCaught) {
  expect_caught({{key_of_secret(1), std::nullopt}});
}

TEST_F(Tampered, SwappedRecordsAreCaught) {
  const std::string one = key_of_secret(0);
  const std::string two = key_of_secret(1);
  expect_caught({{one, rows_.at(two)}, {two, rows_.at(one)}});
}

TEST_F(Tampered, AFlippedBitIsCaughtWhereverItIs) {
  const std::string key = key_of_secret(0);
  const std::string good = rows_.at(key);
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{8}, std::size_t{20}, std::size_t{26}, std::size_t{33},
        std::size_t{40}, std::size_t{50}, std::size_t{90}, good.size() / 2, good.size() - 1}) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    expect_caught({{key, bad}});
  }
}

TEST_F(Tampered, AnAddedRowIsCaught) {
  const std::string key = key_of_secret(0);
  std::string copy = key;
  copy.back() = 9;
  expect_caught({{copy, rows_.at(key)}});
}

TEST_F(Tampered, ADeletedRecordThatComesBackIsCaught) {
  const Address address{RecordType::kSecret, kAccounts[0], "secret-0"};
  auto transaction = fixture_->begin();
  ASSERT_TRUE((*transaction)->read(address));
  (*transaction)->remove(address);
  ASSERT_TRUE((*transaction)->commit());
  const auto now = everything();
  for (const auto& [key, record] : rows_) {
    if (key[0] != kResourceTable || now.contains(key)) continue;
    ASSERT_TRUE(tamper({{key, record}}));
    return expect_sealed_by_reading("secret-0");
  }
  FAIL() << "the record was not removed";
}

TEST_F(Tampered, ARemovedTaskIsCaught) {
  const std::string key = keys(kTimeTableBase + 1).at(0);
  ASSERT_TRUE(tamper({{key, std::nullopt}}));
  EXPECT_EQ(fixture_->due(TimeTable::kDue, Instant{5000}, 10).error().kind(), ErrorKind::kCorrupt);
  expect_sealed();
}

TEST_F(Tampered, AFinishedTaskThatComesBackIsCaught) {
  const auto tasks = fixture_->due(TimeTable::kDue, Instant{5000}, 10);
  auto transaction = fixture_->begin();
  (*transaction)->remove_timed(tasks->at(0).key, tasks->at(0).record->modified());
  ASSERT_TRUE((*transaction)->commit());
  expect_caught({{tasks->at(0).key, rows_.at(tasks->at(0).key)}});
}

TEST_F(Tampered, ATaskMovedInTimeIsCaught) {
  const std::string key = keys(kTimeTableBase + 1).at(0);
  std::string later = key;
  later[8] = static_cast<char>(later[8] ^ 0x40);
  expect_caught({{key, std::nullopt}, {later, rows_.at(key)}});
}

TEST_F(Tampered, MissingOrOlderSumsAreRefusedAtStart) {
  const auto deltas = keys(kOwnTable, 3);
  ASSERT_GT(deltas.size(), 30U);
  for (const std::size_t i : {std::size_t{0}, deltas.size() / 2}) {
    const auto outcome = tamper({{deltas[i], std::nullopt}});
    ASSERT_FALSE(outcome) << i;
    EXPECT_EQ(outcome.error().code(), "Barrier.StateCorrupt");
    EXPECT_EQ(tamper({{deltas[i], rows_.at(deltas[i])}}).has_value(), true);
  }
  EXPECT_FALSE(tamper({{deltas[3], rows_.at(deltas[4])}}));
  ASSERT_TRUE(tamper({{deltas[3], rows_.at(deltas[3])}}));
  EXPECT_FALSE(tamper({{chunk_key(4), std::nullopt}}));
  EXPECT_FALSE(tamper({{chunk_key(4), rows_.at(chunk_key(5))}}));
  ASSERT_TRUE(tamper({{chunk_key(4), rows_.at(chunk_key(4))}}));
  EXPECT_FALSE(tamper({{keyring_key(), std::nullopt}}));
}

// The newest delta gone together with the row that it covers, but not with the rest of its commit.
TEST_F(Tampered, PartOfTheLastCommitTakenBackIsCaught) {
  const auto deltas = keys(kOwnTable, 3);
  const auto tasks = keys(kTimeTableBase + 1);
  expect_caught({{deltas.back(), std::nullopt}, {tasks[0], std::nullopt}});
}

// The store was put back as a whole and went on from there: nothing of the abandoned history may be
// mixed in.
TEST_F(Tampered, DeltasOfTwoHistoriesAreRefused) {
  const auto fork = everything();
  const auto go_on = [this] {
    for (int i = 0; i < 5; ++i)
      put(*fixture_, {RecordType::kSecret, kAccounts[1], "busy"}, std::to_string(i));
    return everything();
  };
  const auto abandoned = go_on();
  std::map<std::string, std::optional<std::string>> back;
  for (const auto& [key, record] : abandoned) back[key] = std::nullopt;
  for (const auto& [key, record] : fork) back[key] = record;
  ASSERT_TRUE(tamper(back));
  ASSERT_TRUE(fixture_->verify_all()) << "the whole store put back is what the sums cannot see";
  const auto current = go_on();
  const std::string delta = delta_key(35, 0);
  ASSERT_TRUE(abandoned.contains(delta) && !fork.contains(delta));
  const auto mixed = tamper({{delta, abandoned.at(delta)}});
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().code(), "Barrier.StateCorrupt");
  ASSERT_TRUE(tamper({{delta, current.at(delta)}}));
}

// An old chunk with the deltas that go with it, from before the table moved on.
TEST_F(Tampered, AnOlderChunkIsCaughtOrHarmless) {
  const auto early = everything();
  for (int i = 0; i < 130; ++i)
    put(*fixture_, {RecordType::kSecret, kAccounts[1], "busy"}, std::to_string(i));
  const auto late = everything();
  int replaced = 0;
  for (std::uint16_t chunk = 0; chunk < kChunks; ++chunk) {
    const std::string key = chunk_key(chunk);
    if (early.at(key) == late.at(key)) continue;
    ++replaced;
    // All deltas since the early chunk are still there, so the same sums come out.
    ASSERT_TRUE(tamper({{key, early.at(key)}}));
    EXPECT_TRUE(fixture_->verify_all());
    ASSERT_TRUE(tamper({{key, late.at(key)}}));
  }
  EXPECT_GE(replaced, 2);
}

// Nobody touches the row: the background walk comes to it.
TEST_F(Tampered, TheBackgroundCheckFindsWhatNobodyReads) {
  const std::string key = key_of_secret(0);
  ASSERT_TRUE(tamper({{key, old_rows_.at(key)}}));
  fixture_.stop();
  ASSERT_TRUE(fixture_.try_start(true));
  while (!fixture_->sealed() && !fixture_->verification().complete()) std::this_thread::yield();
  EXPECT_TRUE(fixture_->sealed());
}

TEST_F(Tampered, TheBackgroundCheckEndsWhileWritersWork) {
  fixture_.stop();
  ASSERT_TRUE(fixture_.try_start(true));
  for (int i = 0; !fixture_->verification().complete(); ++i) {
    put(*fixture_, {RecordType::kSecret, kAccounts[1], "busy"}, std::to_string(i));
  }
  EXPECT_FALSE(fixture_->sealed());
}

TEST_F(Tampered, DeltasCutOffBehindTheTableAreRefused) {
  for (int i = 0; i < 70; ++i)
    put(*fixture_, {RecordType::kSecret, kAccounts[1], "busy"}, std::to_string(i));
  rows_ = everything();
  std::map<std::string, std::optional<std::string>> cut;
  for (const std::string& key : keys(kOwnTable, 3)) {
    if (key >= delta_key(50, 0)) cut[key] = std::nullopt;  // a chunk was written at 58
  }
  ASSERT_GT(cut.size(), 8U);
  const auto outcome = tamper(cut);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), "Barrier.StateCorrupt");
}

// A row is written over after it was tampered with: the difference stays in the sum.
TEST_F(Tampered, WritingOverATamperedRowDoesNotHideIt) {
  const std::string key = key_of_secret(0);
  ASSERT_TRUE(tamper({{key, old_rows_.at(key)}}));
  store::Change change;  // through the hook, without the barrier's reading first
  change.writes.push_back({key, rows_.at(key)});
  ASSERT_TRUE(fixture_.engine().commit(std::move(change)));
  EXPECT_FALSE(fixture_->verify_all());
  expect_sealed();
}

}  // namespace
}  // namespace strongroom::barrier
