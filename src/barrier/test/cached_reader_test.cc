// What an I/O thread holds: hits without storage, nothing older than an acknowledged write, bounds
// (T-CACHE).

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "barrier_test_support.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/suite1.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::barrier {
namespace {

using test::SealedStoreFixture;

const AccountId kAlice(1000000000000001);
const Address kHead{RecordType::kSecret, kAlice, "db-password"};
const Address kVersion{RecordType::kSecretVersion, kAlice, "db-password", 1};

ErrorKind kind_of_miss(CachedReader& cache, const Address& address) {
  const auto record = cache.read(address);
  return record ? ErrorKind::kInternal : record.error().kind();
}

/// What a worker does after a miss.
ReadSet read_set(SealedStore& store, std::initializer_list<Address> heads,
                 std::initializer_list<Address> raws = {}) {
  const auto reader = store.reader();
  EXPECT_TRUE(reader);
  for (const Address& address : heads) (void)(*reader)->read(address);
  for (const Address& address : raws) (void)(*reader)->read_raw(address);
  return (*reader)->take_read_set();
}

std::shared_ptr<const crypto::DerivedKey> some_derived_key() {
  return std::make_shared<const crypto::DerivedKey>(
      crypto::DerivedKey{std::move(*SecretBytes::zeroed(64)), std::string(32, 's')});
}

void put_version(SealedStore& store, const Address& address, std::string_view bytes) {
  auto transaction = store.begin();
  (*transaction)->put_raw(address, std::string(bytes));
  ASSERT_TRUE((*transaction)->commit());
}

TEST(CachedReader, AnswersOnlyWhatItWasGiven) {
  SealedStoreFixture fixture;
  put(*fixture, kHead, "one");
  const auto cache = fixture->make_cache(1);
  EXPECT_EQ(kind_of_miss(*cache, kHead), ErrorKind::kNotCached);
  cache->fill(read_set(*fixture, {kHead}));
  EXPECT_EQ(text(*cache->read(kHead)), "one");
  EXPECT_EQ(kind_of_miss(*cache, {RecordType::kSecret, kAlice, "other"}), ErrorKind::kNotCached);
  EXPECT_EQ(kind_of_miss(*cache, {RecordType::kSecret, AccountId(2), "db-password"}),
            ErrorKind::kNotCached);
  EXPECT_EQ(kind_of_miss(*cache, {RecordType::kKey, kAlice, "db-password"}), ErrorKind::kNotCached);
  EXPECT_EQ(kind_of_miss(*cache, {RecordType::kSecret, kAlice, "db-password", 1}),
            ErrorKind::kNotCached);
  cache->clear();
  EXPECT_EQ(kind_of_miss(*cache, kHead), ErrorKind::kNotCached);
}

TEST(CachedReader, ForgetsWhatAnAcknowledgedWriteReplaced) {
  SealedStoreFixture fixture;
  put(*fixture, kHead, "one");
  const auto cache = fixture->make_cache(1);
  cache->fill(read_set(*fixture, {kHead}));
  put(*fixture, kHead, "two");
  EXPECT_EQ(kind_of_miss(*cache, kHead), ErrorKind::kNotCached);
  cache->fill(read_set(*fixture, {kHead}));
  EXPECT_EQ(text(*cache->read(kHead)), "two");
}

TEST(CachedReader, AFillThatCameTooLateIsNotTaken) {
  SealedStoreFixture fixture;
  put(*fixture, kHead, "one");
  const auto cache = fixture->make_cache(1);
  ReadSet late = read_set(*fixture, {kHead});
  put(*fixture, kHead, "two");
  cache->fill(std::move(late));
  EXPECT_EQ(kind_of_miss(*cache, kHead), ErrorKind::kNotCached);
}

TEST(CachedReader, KnowsWhatIsAbsentUntilItAppears) {
  SealedStoreFixture fixture;
  const auto cache = fixture->make_cache(1);
  cache->fill(read_set(*fixture, {kHead}));
  EXPECT_EQ(kind_of_miss(*cache, kHead), ErrorKind::kNotFound);
  put(*fixture, kHead, "one");
  EXPECT_EQ(kind_of_miss(*cache, kHead), ErrorKind::kNotCached);
}

TEST(CachedReader, HoldsSealedRowsAndTheirDerivedKeys) {
  SealedStoreFixture fixture;
  put_version(*fixture, kVersion, "sealed");
  const auto cache = fixture->make_cache(1);
  cache->remember(kVersion, some_derived_key());
  EXPECT_EQ(cache->derived(kVersion), nullptr) << "a key without its row is of no use";
  cache->fill(read_set(*fixture, {}, {kVersion}));
  EXPECT_EQ((*cache->read_raw(kVersion))->bytes, "sealed");
  const auto key = some_derived_key();
  cache->remember(kVersion, key);
  EXPECT_EQ(cache->derived(kVersion), key);

  auto transaction = fixture->begin();
  (*transaction)->remove(kVersion);
  ASSERT_TRUE((*transaction)->commit());
  EXPECT_EQ(cache->read_raw(kVersion).error().kind(), ErrorKind::kNotCached);
  EXPECT_EQ(cache->derived(kVersion), nullptr);
}

TEST(CachedReader, TakesDerivedKeysFromTheReadSet) {
  SealedStoreFixture fixture;
  put_version(*fixture, kVersion, "sealed");
  const auto reader = fixture->reader();
  ASSERT_TRUE((*reader)->read_raw(kVersion));
  EXPECT_EQ((*reader)->derived(kVersion), nullptr);
  const auto key = some_derived_key();
  (*reader)->remember(kVersion, key);
  EXPECT_EQ((*reader)->derived(kVersion), key);
  const auto cache = fixture->make_cache(1);
  cache->fill((*reader)->take_read_set());
  EXPECT_EQ(cache->derived(kVersion), key);
  EXPECT_TRUE((*reader)->take_read_set().raws.empty());
}

TEST(CachedReader, CountsChangesOfIdentityRecordsOnly) {
  SealedStoreFixture fixture;
  const auto cache = fixture->make_cache(1);
  const auto grows = [&](RecordType type) {
    const auto before = cache->identity_generation();
    put(*fixture, {type, kAlice, "x"}, "x");
    return cache->identity_generation() != before;
  };
  EXPECT_TRUE(grows(RecordType::kUser));
  EXPECT_TRUE(grows(RecordType::kUserPolicies));
  EXPECT_TRUE(grows(RecordType::kAccessKey));
  EXPECT_TRUE(grows(RecordType::kAccount));
  EXPECT_FALSE(grows(RecordType::kAccessKeyUse));
  EXPECT_FALSE(grows(RecordType::kSecret));
  EXPECT_FALSE(grows(RecordType::kAccountCounters));
  const auto before = cache->identity_generation();
  cache->clear();
  EXPECT_NE(cache->identity_generation(), before);
}

TEST(CachedReader, EachCacheIsTold) {
  SealedStoreFixture fixture;
  put(*fixture, kHead, "one");
  const auto first = fixture->make_cache(0.5);
  const auto second = fixture->make_cache(0.5);
  first->fill(read_set(*fixture, {kHead}));
  second->fill(read_set(*fixture, {kHead}));
  {
    const auto gone = fixture->make_cache(0.5);
  }
  put(*fixture, kHead, "two");
  EXPECT_EQ(kind_of_miss(*first, kHead), ErrorKind::kNotCached);
  EXPECT_EQ(kind_of_miss(*second, kHead), ErrorKind::kNotCached);
}

TEST(CachedReader, ForgetsEverythingWhenItFellBehind) {
  SealedStoreFixture fixture;
  put(*fixture, kHead, "one");
  const auto cache = fixture->make_cache(1);
  const auto before = cache->identity_generation();
  cache->fill(read_set(*fixture, {kHead}));
  ReadSet old = read_set(*fixture, {kHead});
  // More changed rows than wait for one thread, none of them kHead.
  constexpr std::size_t kRowsPerCommit = limits::kCommitOperationsMax / 2;
  std::uint32_t version = 0;
  for (std::size_t changed = 0; changed <= limits::kInvalidationBacklogMax;
       changed += kRowsPerCommit) {
    store::Change change;
    for (std::size_t i = 0; i < kRowsPerCommit; ++i) {
      std::string key = "\x10pppppppppppppppp\x51";
      append_u32(key, version++);
      change.writes.push_back({key, "x"});
    }
    fixture.engine().submit(std::move(change), [](Result<store::Revision>) {});
  }
  put(*fixture, kHead, "two");
  EXPECT_EQ(kind_of_miss(*cache, kHead), ErrorKind::kNotCached);
  cache->fill(std::move(old));
  EXPECT_EQ(kind_of_miss(*cache, kHead), ErrorKind::kNotCached);
  EXPECT_NE(cache->identity_generation(), before);
  cache->fill(read_set(*fixture, {kHead}));
  EXPECT_EQ(text(*cache->read(kHead)), "two");
}

TEST(CachedReader, KeepsItsBound) {
  SealedStoreFixture fixture;
  constexpr double kShare = 1.0 / 4096;  // 12 KiB of heads
  const auto cache = fixture->make_cache(kShare);
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) names.push_back("n" + std::to_string(i));
  for (const std::string& name : names) {
    put(*fixture, {RecordType::kSecret, kAlice, name}, std::string(1000, 'x'));
    cache->fill(read_set(*fixture, {{RecordType::kSecret, kAlice, name}}));
  }
  int held = 0;
  for (const std::string& name : names)
    held += cache->read({RecordType::kSecret, kAlice, name}).has_value() ? 1 : 0;
  EXPECT_GT(held, 3);
  EXPECT_LE(held, 12);
}

// Writers and I/O threads at once. A reader notes what has been acknowledged, then reads: older is
// a failure.
TEST(CachedReader, NeverServesWhatIsOlderThanAnAcknowledgedWrite) {
  constexpr int kRecords = 4;
  constexpr int kWritesEach = 150;
  SealedStoreFixture fixture;
  std::vector<std::string> names;
  for (int i = 0; i < kRecords; ++i) names.push_back("counter-" + std::to_string(i));
  for (const std::string& name : names) put(*fixture, {RecordType::kSecret, kAlice, name}, "0");
  std::array<std::atomic<int>, kRecords> acknowledged{};
  std::atomic<int> writers_left{kRecords};
  std::atomic<int> stale{0};
  std::atomic<int> hits{0};

  std::vector<std::jthread> threads;
  for (int i = 0; i < kRecords; ++i) {
    threads.emplace_back([&, i] {
      for (int value = 1; value <= kWritesEach; ++value) {
        put(*fixture, {RecordType::kSecret, kAlice, names[static_cast<std::size_t>(i)]},
            std::to_string(value));
        acknowledged[static_cast<std::size_t>(i)].store(value, std::memory_order_release);
      }
      writers_left.fetch_sub(1);
    });
  }
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      const auto cache = fixture->make_cache(1.0 / 3);
      for (std::size_t turn = 0; writers_left.load() > 0; ++turn) {
        const std::size_t i = turn % kRecords;
        const Address address{RecordType::kSecret, kAlice, names[i]};
        const int least = acknowledged[i].load(std::memory_order_acquire);
        auto record = cache->read(address);
        if (record) {
          hits.fetch_add(1);
        } else {
          const auto reader = fixture->reader();
          record = (*reader)->read(address);
          cache->fill((*reader)->take_read_set());
          std::this_thread::yield();
        }
        if (!record || number_in(*record) < least) stale.fetch_add(1);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(stale.load(), 0);
  EXPECT_GT(hits.load(), 0);
}

}  // namespace
}  // namespace strongroom::barrier
