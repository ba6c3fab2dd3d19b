// Records through the front door: put, read, conflict, restart, walks, time tables.

#include "strongroom/barrier/sealed_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <utility>

#include "barrier_test_support.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::barrier {
namespace {

using test::SealedStoreFixture;

const AccountId kAlice(1000000000000001);
const AccountId kBob(1000000000000002);

TEST(SealedStore, ReadsWhatItWrote) {
  SealedStoreFixture fixture;
  const Address address{RecordType::kSecret, kAlice, "db-password"};
  const Uuid id = Uuid::generate(fixture.random());
  const auto revision = put(*fixture, address, "body", id);
  const auto record = read(*fixture, address);
  ASSERT_TRUE(record);
  EXPECT_EQ(text(*record), "body");
  EXPECT_EQ((*record)->rev(), 1U);
  EXPECT_EQ((*record)->resource(), id);
  EXPECT_EQ((*record)->modified(), revision);
}

TEST(SealedStore, EmptyAndLargeBodiesSurvive) {
  SealedStoreFixture fixture;
  for (const std::size_t size : {0UL, 1UL, 59UL, 60UL, 61UL, 64UL, 4096UL, 300'000UL}) {
    const std::string name = "size" + std::to_string(size);
    const Address named{RecordType::kSystem, {}, name};
    const std::string body(size, 'x');
    put(*fixture, named, body);
    const auto record = read(*fixture, named);
    ASSERT_TRUE(record) << size;
    EXPECT_EQ(text(*record), body) << size;
  }
}

TEST(SealedStore, AnAbsentRecordIsNotFound) {
  SealedStoreFixture fixture;
  const auto record = read(*fixture, {RecordType::kSecret, kAlice, "nothing"});
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().kind(), ErrorKind::kNotFound);
}

TEST(SealedStore, AccountsKindsAndVersionsAreApart) {
  SealedStoreFixture fixture;
  put(*fixture, {RecordType::kSecret, kAlice, "n"}, "alice");
  put(*fixture, {RecordType::kSecret, kBob, "n"}, "bob");
  put(*fixture, {RecordType::kKey, kAlice, "n"}, "key");
  put(*fixture, {RecordType::kKeyMaterial, kAlice, "n", 1}, "one");
  put(*fixture, {RecordType::kKeyMaterial, kAlice, "n", 2}, "two");
  EXPECT_EQ(text(*read(*fixture, {RecordType::kSecret, kAlice, "n"})), "alice");
  EXPECT_EQ(text(*read(*fixture, {RecordType::kSecret, kBob, "n"})), "bob");
  EXPECT_EQ(text(*read(*fixture, {RecordType::kKey, kAlice, "n"})), "key");
  EXPECT_EQ(text(*read(*fixture, {RecordType::kKeyMaterial, kAlice, "n", 1})), "one");
  EXPECT_EQ(text(*read(*fixture, {RecordType::kKeyMaterial, kAlice, "n", 2})), "two");
}

TEST(SealedStore, RevCountsRewrites) {
  SealedStoreFixture fixture;
  const Address address{RecordType::kSecret, kAlice, "n"};
  put(*fixture, address, "one");
  put(*fixture, address, "two");
  put(*fixture, address, "three");
  const auto record = read(*fixture, address);
  ASSERT_TRUE(record);
  EXPECT_EQ((*record)->rev(), 3U);
  EXPECT_EQ(text(*record), "three");
}

TEST(Transaction, ConflictsWhenWhatItReadHasChanged) {
  SealedStoreFixture fixture;
  const Address address{RecordType::kSecret, kAlice, "n"};
  put(*fixture, address, "one");
  auto slow = fixture->begin();
  ASSERT_TRUE(slow);
  ASSERT_TRUE((*slow)->read(address));
  put(*fixture, address, "two");
  (*slow)->put({RecordType::kSecret, kAlice, "other"}, {}, as_bytes("x"));
  bool ran = false;
  (*slow)->after_commit([&ran] { ran = true; });
  const auto outcome = (*slow)->commit();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kConflict);
  EXPECT_FALSE(ran);
  EXPECT_FALSE(read(*fixture, {RecordType::kSecret, kAlice, "other"}));
}

/// What submit() came to, and what the caller saw when it was told.
struct Told {
  std::promise<Result<store::Revision>> outcome;
  std::atomic<bool> after_commit = false;
  bool ran_before = false;
};

TEST(Transaction, SubmitTellsOnceAllIsDone) {
  SealedStoreFixture fixture;
  const Address address{RecordType::kSecret, kAlice, "n"};
  Told told;
  {
    auto transaction = fixture->begin();
    (*transaction)->put(address, {}, as_bytes("x"));
    (*transaction)->after_commit([&told] { told.after_commit = true; });
    (*transaction)->submit([&told](Result<store::Revision> outcome) {
      told.ran_before = told.after_commit;
      told.outcome.set_value(std::move(outcome));
    });
  }
  const auto outcome = told.outcome.get_future().get();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(told.ran_before);
  const auto record = read(*fixture, address);
  ASSERT_TRUE(record);
  EXPECT_EQ((*record)->modified(), *outcome);
}

/// Found nothing at `address` and wants to put "second" there; by now it holds "first".
std::unique_ptr<Transaction> outrun(SealedStoreFixture& fixture, const Address& address) {
  auto slow = fixture->begin();
  EXPECT_FALSE((*slow)->read(address));
  put(*fixture, address, "first");
  (*slow)->put(address, {}, as_bytes("second"));
  return std::move(*slow);
}

TEST(Transaction, SubmitConflictsAsCommitDoes) {
  SealedStoreFixture fixture;
  const Address address{RecordType::kSecret, kAlice, "n"};
  const auto slow = outrun(fixture, address);
  Told told;
  slow->after_commit([&told] { told.after_commit = true; });
  slow->submit(
      [&told](Result<store::Revision> outcome) { told.outcome.set_value(std::move(outcome)); });
  const auto outcome = told.outcome.get_future().get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kConflict);
  EXPECT_FALSE(told.after_commit);
  EXPECT_EQ(text(*read(*fixture, address)), "first");
}

TEST(Transaction, SubmitOfNothingSucceedsAtOnce) {
  SealedStoreFixture fixture;
  auto transaction = fixture->begin();
  bool told = false;
  (*transaction)->submit([&told](const Result<store::Revision>& outcome) {
    told = outcome.has_value();
  });
  EXPECT_TRUE(told);
}

TEST(Transaction, ConflictsWhenWhatWasAbsentAppears) {
  SealedStoreFixture fixture;
  const Address address{RecordType::kSecret, kAlice, "n"};
  EXPECT_FALSE(outrun(fixture, address)->commit());
  EXPECT_EQ(text(*read(*fixture, address)), "first");
}

TEST(Transaction, PutOfWhatItDidNotReadMeansCreate) {
  SealedStoreFixture fixture;
  const Address address{RecordType::kSecret, kAlice, "n"};
  put(*fixture, address, "first");
  auto blind = fixture->begin();
  (*blind)->put(address, {}, as_bytes("second"));
  const auto outcome = (*blind)->commit();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kConflict);
}

TEST(Transaction, ReadsItsOwnWrites) {
  SealedStoreFixture fixture;
  const Address address{RecordType::kAccountCounters, kAlice, ""};
  auto transaction = fixture->begin();
  (*transaction)->put(address, {}, as_bytes("1"));
  EXPECT_EQ(text(*(*transaction)->read(address)), "1");
  (*transaction)->put(address, {}, as_bytes("2"));
  EXPECT_EQ(text(*(*transaction)->read(address)), "2");
  ASSERT_TRUE((*transaction)->commit());
  const auto record = read(*fixture, address);
  EXPECT_EQ(text(*record), "2");
  EXPECT_EQ((*record)->rev(), 1U);
}

TEST(Transaction, RemovesRecordsAndRawRows) {
  SealedStoreFixture fixture;
  const Address head{RecordType::kSecret, kAlice, "n"};
  const Address version{RecordType::kSecretVersion, kAlice, "n", 7};
  {
    auto transaction = fixture->begin();
    (*transaction)->put(head, {}, as_bytes("head"));
    (*transaction)->put_raw(version, "sealed elsewhere");
    ASSERT_TRUE((*transaction)->commit());
  }
  ASSERT_TRUE(read(*fixture, head));
  auto reader = fixture->reader();
  EXPECT_EQ((*(*reader)->read_raw(version))->bytes, "sealed elsewhere");
  auto transaction = fixture->begin();
  ASSERT_TRUE((*transaction)->read(head));
  (*transaction)->remove(head);
  EXPECT_FALSE((*transaction)->read(head));
  (*transaction)->remove(version);
  ASSERT_TRUE((*transaction)->commit());
  EXPECT_FALSE(read(*fixture, head));
  reader = fixture->reader();
  EXPECT_FALSE((*reader)->read_raw(version));
  reader = fail(ErrorKind::kInternal, "", "");  // the engine may not go while a snapshot is open
  fixture.restart();
  EXPECT_TRUE(fixture->verify_all());
}

TEST(Transaction, ARawRowIsNeverOverwritten) {
  SealedStoreFixture fixture;
  const Address version{RecordType::kSecretVersion, kAlice, "n", 7};
  for (const bool first : {true, false}) {
    auto transaction = fixture->begin();
    (*transaction)->put_raw(version, first ? "a" : "b");
    EXPECT_EQ((*transaction)->commit().has_value(), first);
  }
}

TEST(SealedStore, StateSurvivesRestart) {
  SealedStoreFixture fixture;
  // Past the point where every chunk of the table was rewritten, so that deltas were dropped as
  // well.
  for (int i = 0; i < 1100; ++i) {
    const std::string name = "n" + std::to_string(i % 40);
    put(*fixture, {RecordType::kSecret, kAlice, name}, std::to_string(i));
    if (i % 300 == 150) fixture.restart();
  }
  fixture.restart();
  for (int i = 1060; i < 1100; ++i) {
    const std::string name = "n" + std::to_string(i % 40);
    const auto record = read(*fixture, {RecordType::kSecret, kAlice, name});
    ASSERT_TRUE(record);
    EXPECT_EQ(text(*record), std::to_string(i));
  }
  EXPECT_TRUE(fixture->verify_all());
  EXPECT_TRUE(fixture->verification().complete());
}

TEST(SealedStore, VisitsEveryRecordOfAType) {
  SealedStoreFixture fixture;
  std::set<std::string> expected;
  auto transaction = fixture->begin();
  for (int i = 0; i < 600; ++i) {
    const std::string name = "n" + std::to_string(i);
    (*transaction)
        ->put({RecordType::kSecret, i % 2 == 0 ? kAlice : kBob, name}, {}, as_bytes(name));
    expected.insert(name);
    if (i % 40 != 39) continue;
    ASSERT_TRUE((*transaction)->commit());
    transaction = fixture->begin();
  }
  put(*fixture, {RecordType::kKey, kAlice, "k"}, "key");
  std::set<std::string> seen;
  std::set<std::string> keys;
  int done = 0;
  const auto into = [&](RecordType type, std::set<std::string>& names) {
    return Visit{type,
                 [&names](const RecordRef& record) -> Result<void> {
                   names.insert(text(record));
                   return {};
                 },
                 [&done] { ++done; }};
  };
  const Visit visits[] = {into(RecordType::kSecret, seen), into(RecordType::kKey, keys),
                          into(RecordType::kAlias, keys)};
  ASSERT_TRUE(fixture->visit_all(visits));
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(keys, std::set<std::string>{"key"});
  EXPECT_EQ(done, 3);
}

TEST(SealedStore, AVisitThatFailsSeesNoMoreAndTheOthersGoOn) {
  SealedStoreFixture fixture;
  for (const char* name : {"a", "b", "c"}) put(*fixture, {RecordType::kSecret, kAlice, name}, "x");
  int failing = 0;
  int going_on = 0;
  int done = 0;
  const Visit visits[] = {{RecordType::kSecret,
                           [&](const RecordRef&) -> Result<void> {
                             ++failing;
                             return fail(ErrorKind::kInternal, "Test", "stop");
                           },
                           [&] { done += 100; }},
                          {RecordType::kSecret,
                           [&](const RecordRef&) -> Result<void> {
                             ++going_on;
                             return {};
                           },
                           [&] { ++done; }}};
  const auto outcome = fixture->visit_all(visits);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), "Test");
  EXPECT_EQ(failing, 1);
  EXPECT_EQ(going_on, 3);
  EXPECT_EQ(done, 1);
}

TEST(TimeTable, GivesWhatIsDueOldestFirst) {
  SealedStoreFixture fixture;
  for (const std::int64_t at : {300, 100, 200, 900}) {
    auto transaction = fixture->begin();
    (*transaction)->put_timed(TimeTable::kDue, Instant{at}, as_bytes(std::to_string(at)));
    ASSERT_TRUE((*transaction)->commit());
  }
  auto rows = fixture->due(TimeTable::kDue, Instant{300}, 10);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_EQ(text((*rows)[0].record), "100");
  EXPECT_EQ(text((*rows)[2].record), "300");
  EXPECT_EQ((*rows)[2].when, Instant{300});
  EXPECT_EQ(fixture->due(TimeTable::kDue, Instant{300}, 2)->size(), 2U);
  EXPECT_TRUE(fixture->due(TimeTable::kOutbox, Instant{300}, 2)->empty());

  // Two workers: one of them gets it.
  const TimedRow& row = rows->front();
  auto first = fixture->begin();
  auto second = fixture->begin();
  (*first)->remove_timed(row.key, row.record->modified());
  (*second)->remove_timed(row.key, row.record->modified());
  EXPECT_TRUE((*first)->commit());
  EXPECT_FALSE((*second)->commit());
  fixture.restart();
  EXPECT_EQ(fixture->due(TimeTable::kDue, Instant{1000}, 10)->size(), 3U);
}

TEST(SealedStore, DerivedKeysAreStableAndApart) {
  SealedStoreFixture fixture;
  auto one = fixture->derive("one");
  auto two = fixture->derive("two");
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(crypto::ct_equal(*one, *two));
  fixture.restart();
  EXPECT_TRUE(crypto::ct_equal(*one, *fixture->derive("one")));
}

TEST(SealedStore, ListenersHearOfEveryChange) {
  struct Listener : ChangeListener {
    std::vector<RecordType> types;
    void on_change(store::Revision, std::span<const store::AppliedWrite> writes) override {
      for (const auto& applied : writes) {
        if (const auto type = type_of(applied.write->key)) types.push_back(*type);
      }
    }
  };
  Listener listener;
  SealedStoreFixture fixture;
  fixture->add_listener(&listener);
  put(*fixture, {RecordType::kSecret, kAlice, "n"}, "x");
  put(*fixture, {RecordType::kKey, kAlice, "n"}, "x");
  EXPECT_THAT(listener.types, testing::ElementsAre(RecordType::kSecret, RecordType::kKey));
}

TEST(OpenSealedStore, AnEmptyStoreIsRefusedAfterInitialising) {
  SealedStoreFixture fixture;
  fixture.stop();
  std::filesystem::remove_all(fixture.store_directory());
  const auto outcome = fixture.try_start();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), "Barrier.StoreEmpty");
}

TEST(OpenSealedStore, AStoreOfAnotherDirectoryIsRefused) {
  SealedStoreFixture one;
  SealedStoreFixture other;
  one.stop();
  other.stop();
  std::filesystem::remove_all(one.store_directory());
  std::filesystem::rename(other.store_directory(), one.store_directory());
  const auto outcome = one.try_start();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), "Barrier.KeyringCorrupt");
}

TEST(SealedStore, StoredBytesShowNeitherNamesNorBodies) {
  SealedStoreFixture fixture;
  put(*fixture, {RecordType::kSecret, kAlice, "canary-name-4711"}, "canary-body-4711");
  fixture.stop();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(fixture.directory())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(file_bytes(entry.path()), testing::Not(testing::HasSubstr("canary")))
        << entry.path();
  }
}

TEST(SealedStore, SizesOfSmallBodiesDoNotShow) {
  SealedStoreFixture fixture;
  put(*fixture, {RecordType::kSecret, kAlice, "a"}, std::string(1, 'x'));
  put(*fixture, {RecordType::kSecret, kAlice, "b"}, std::string(60, 'x'));
  const auto rows = raw_resource_rows(fixture.engine());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].record.size(), rows[1].record.size());
}

}  // namespace
}  // namespace strongroom::barrier
