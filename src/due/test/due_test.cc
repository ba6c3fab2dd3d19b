#include "strongroom/due/due.h"

#include <gtest/gtest.h>

#include "strongroom/base/bytes.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::due {
namespace {

using barrier::TimeTable;

Task sample(Random& random) {
  return {.kind = Kind::kDeleteKey,
          .account = AccountId(1000000000000001),
          .name = "key-hzz62f1cb66fa42qo5hiz",
          .resource = Uuid::generate(random),
          .attempts = 3};
}

TEST(Due, TasksSurviveTheirEncoding) {
  SystemRandom random;
  const Task task = sample(random);
  const auto decoded = decode(as_bytes(encode(task)));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->kind, task.kind);
  EXPECT_EQ(decoded->account, task.account);
  EXPECT_EQ(decoded->name, task.name);
  EXPECT_EQ(decoded->resource, task.resource);
  EXPECT_EQ(decoded->attempts, 3);
}

TEST(Due, TheEncodingOfATaskIsFixed) {
  const Task task{
      .kind = Kind::kPurgeSecret, .account = AccountId(0x0102), .name = "ab", .resource = {}};
  EXPECT_EQ(hex_encode(as_bytes(encode(task))),
            "01"
            "01"
            "0000000000000102"
            "00000000000000000000000000000000"
            "00000000"
            "0002"
            "6162");
}

TEST(Due, AnythingElseIsRefused) {
  SystemRandom random;
  const std::string good = encode(sample(random));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(decode(as_bytes(good.substr(0, size)))) << size;
  }
  EXPECT_FALSE(decode(as_bytes(good + "x")));
  std::string format = good;
  format[0] = 2;
  EXPECT_FALSE(decode(as_bytes(format)));
  std::string kind = good;
  kind[1] = 99;
  EXPECT_FALSE(decode(as_bytes(kind)));
}

TEST(Due, EventsSurviveTheirEncoding) {
  const Event event{.name = "Secret:Purged",
                    .account = AccountId(1000000000000001),
                    .resource = "acs:kms:cn-hangzhou:1000000000000001:secret/a",
                    .detail_json = R"({"a":1})"};
  const auto decoded = decode_event(as_bytes(encode(event)));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->name, event.name);
  EXPECT_EQ(decoded->account, event.account);
  EXPECT_EQ(decoded->resource, event.resource);
  EXPECT_EQ(decoded->detail_json, event.detail_json);
  EXPECT_FALSE(decode_event(as_bytes(encode(event) + "x")));
  EXPECT_FALSE(decode_event({}));
}

TEST(Due, AScheduledTaskFallsDueOnceItsTimeHasCome) {
  test::SealedStoreFixture fixture;
  const Task task = sample(fixture.random());
  {
    auto transaction = fixture->begin();
    schedule(**transaction, Instant{5000}, task);
    ASSERT_TRUE((*transaction)->commit());
  }
  fixture.restart();
  EXPECT_TRUE(fixture->due(TimeTable::kDue, Instant{4999}, 10)->empty());
  const auto rows = fixture->due(TimeTable::kDue, Instant{5000}, 10);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(decode(rows->front().record->body())->resource, task.resource);
}

TEST(Due, NothingIsScheduledWhenTheTransactionFails) {
  test::SealedStoreFixture fixture;
  const barrier::Address address{barrier::RecordType::kSecret, AccountId(1), "n"};
  auto loser = fixture->begin();
  ASSERT_FALSE((*loser)->read(address));
  {
    auto winner = fixture->begin();
    (*winner)->put(address, {}, as_bytes("x"));
    ASSERT_TRUE((*winner)->commit());
  }
  (*loser)->put(address, {}, as_bytes("y"));
  schedule(**loser, Instant{5000}, sample(fixture.random()));
  ASSERT_FALSE((*loser)->commit());
  EXPECT_TRUE(fixture->due(TimeTable::kDue, Instant{9000}, 10)->empty());
}

TEST(Due, AnEventGoesToTheEventTableAndTheOutbox) {
  test::SealedStoreFixture fixture;
  auto transaction = fixture->begin();
  record(**transaction, Instant{7000},
         {.name = "Secret:Purged", .account = AccountId(1), .resource = "r"});
  ASSERT_TRUE((*transaction)->commit());
  for (const TimeTable table : {TimeTable::kEvent, TimeTable::kOutbox}) {
    const auto rows = fixture->due(table, Instant{7000}, 10);
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 1U);
    EXPECT_EQ(decode_event(rows->front().record->body())->name, "Secret:Purged");
  }
}

}  // namespace
}  // namespace strongroom::due
