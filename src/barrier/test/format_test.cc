// The barrier's bytes: fixed encodings, refusal of everything else, arithmetic of sums, AAD.

#include "strongroom/barrier/format.h"

#include <gtest/gtest.h>

#include <random>

#include "clock_map.h"
#include "row_key.h"
#include "sealed_record.h"
#include "strongroom/barrier/aad.h"
#include "strongroom/base/bytes.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::barrier {
namespace {

Sum number(std::uint64_t low, std::uint64_t high = 0) {
  return {{low, 0, 0, high}};
}

TEST(Sum, CarriesAndBorrows) {
  Sum sum{{~0ULL, ~0ULL, ~0ULL, 0}};
  sum.add(number(1));
  EXPECT_EQ(sum, (Sum{{0, 0, 0, 1}}));
  sum.subtract(number(1));
  EXPECT_EQ(sum, (Sum{{~0ULL, ~0ULL, ~0ULL, 0}}));
  Sum zero;
  zero.subtract(number(1));
  EXPECT_EQ(zero, (Sum{{~0ULL, ~0ULL, ~0ULL, ~0ULL}}));
  zero.add(number(1));
  EXPECT_TRUE(zero.is_zero());
}

TEST(Sum, SubtractUndoesAddInAnyOrder) {
  std::mt19937_64 random(1);
  std::vector<Sum> terms(200);
  for (Sum& term : terms) {
    for (auto& limb : term.limbs) limb = random() | (random() % 3 == 0 ? ~0ULL << 32U : 0);
  }
  Sum sum;
  for (const Sum& term : terms) sum.add(term);
  std::shuffle(terms.begin(), terms.end(), random);
  for (const Sum& term : terms) sum.subtract(term);
  EXPECT_TRUE(sum.is_zero());
}

// The bytes are on disk: this test may only ever grow.
TEST(Aad, TheEncodingIsFixed) {
  const Uuid cluster = *Uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
  const Uuid secret = *Uuid::parse("0f8fad5b-d9cb-469f-a165-70867728950e");
  const std::string common =
      "0001"
      "00000006"
      "535252454331"
      "0002"
      "00000001"
      "51"
      "0003"
      "00000010"
      "00112233445566778899aabbccddeeff"
      "0004"
      "00000008"
      "00038d7ea4c68001"
      "0005"
      "00000010"
      "0f8fad5bd9cb469fa16570867728950e"
      "0006"
      "00000002"
      "6462"
      "0007"
      "00000002"
      "7631";
  EXPECT_EQ(
      hex_encode(as_bytes(value_aad({cluster, AccountId(1000000000000001), secret, "db", "v1"}))),
      common +
          "0008"
          "00000005"
          "76616c7565"
          "0009"
          "00000008"
          "0000000000000000"
          "000a"
          "00000003"
          "64656b");
  EXPECT_EQ(hex_encode(as_bytes(data_key_aad(
                {cluster, AccountId(1000000000000001), secret, "db", "v1", "k", "kv"}))),
            common +
                "0008"
                "00000003"
                "64656b"
                "0009"
                "00000008"
                "0000000000000000"
                "000a"
                "00000004"
                "6b006b76");
}

TEST(Aad, NoTwoBindingsShareOne) {
  const auto of = [](std::string_view name, std::string_view version) {
    return value_aad({{}, AccountId(1), {}, name, version});
  };
  EXPECT_NE(of("ab", "c"), of("a", "bc"));
  EXPECT_NE(of("", "x"), of("x", ""));
}

TEST(RecordHeader, RoundTripsAndRefusesOthers) {
  const RecordHeader header{.rev = 7,
                            .resource = *Uuid::parse("0f8fad5b-d9cb-469f-a165-70867728950e"),
                            .epoch = 3,
                            .masked_account = 9};
  const std::string bytes = encode_header(header);
  ASSERT_EQ(bytes.size(), kRecordHeaderBytes);
  const auto parsed = parse_header(bytes + "anything");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->rev, 7U);
  EXPECT_EQ(parsed->resource, header.resource);
  EXPECT_EQ(parsed->epoch, 3U);
  EXPECT_EQ(parsed->masked_account, 9U);
  EXPECT_FALSE(parse_header(bytes.substr(0, bytes.size() - 1)));
  std::string other = bytes;
  other[0] = 2;
  EXPECT_FALSE(parse_header(other));
}

TEST(Delta, RoundTripsAndRefusesCuts) {
  const Delta delta{.number = 5,
                    .part = 1,
                    .parts = 2,
                    .link = {'a'},
                    .previous = {'b'},
                    .sums = {{3, number(1, 2)}, {65'551, number(9)}}};
  const std::string bytes = encode_delta(delta);
  const auto parsed = parse_delta(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->number, 5U);
  EXPECT_EQ(parsed->link, delta.link);
  EXPECT_EQ(parsed->previous, delta.previous);
  EXPECT_EQ(parsed->sums, delta.sums);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(parse_delta(bytes.substr(0, size)));
  EXPECT_FALSE(parse_delta(bytes + "x"));
}

TEST(Chunk, RoundTripsAndRefusesCuts) {
  Chunk chunk{.number = 5, .link = {'a'}, .sums = std::vector<Sum>(kBucketsPerChunk)};
  chunk.sums[0] = number(1);
  chunk.sums[4095] = number(2, 3);
  const std::string bytes = encode_chunk(chunk);
  EXPECT_EQ(bytes.size(), 8 + 16 + 512 + 2 * 32U);
  const auto parsed = parse_chunk(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->sums, chunk.sums);
  EXPECT_EQ(parsed->number, 5U);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(parse_chunk(bytes.substr(0, size)));
  EXPECT_FALSE(parse_chunk(bytes + "x"));
}

TEST(RowKeys, HaveTheirDocumentedForm) {
  BlindedPrefix prefix;
  prefix.fill('p');
  const std::string key = resource_key(prefix, RecordType::kSecretVersion, 0x01020304);
  EXPECT_EQ(key, "\x10pppppppppppppppp\x51\x01\x02\x03\x04");
  EXPECT_EQ(type_of(key), RecordType::kSecretVersion);
  EXPECT_FALSE(type_of(key + "x"));
  std::string unknown = key;
  unknown[17] = 0x7f;
  EXPECT_FALSE(type_of(unknown));
  const std::string timed = time_key(TimeTable::kOutbox, Instant{0x0102}, "rrrrrrrrrrrrrrrr");
  EXPECT_EQ(timed, std::string("\x22\0\0\0\0\0\0\x01\x02rrrrrrrrrrrrrrrr", 25));
  EXPECT_EQ(time_table_of(timed), TimeTable::kOutbox);
  EXPECT_EQ(time_of(timed), Instant{0x0102});
  EXPECT_LT(timed, time_key_after(TimeTable::kOutbox, Instant{0x0102}));
  EXPECT_GT(timed, time_key_after(TimeTable::kOutbox, Instant{0x0101}));
}

TEST(ClockMap, FindsWhatIsThereAndKeepsItsBound) {
  ClockMap<std::uint64_t, std::uint64_t> map(100'000);
  std::mt19937_64 random(1);
  for (std::uint64_t i = 0; i < 20'000; ++i) map.insert(random(), i, i * 2, 100);
  EXPECT_LE(map.bytes(), 100'000U);
  EXPECT_GT(map.size(), 100U);
  random.seed(1);
  std::size_t found = 0;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const auto* value = map.find(random(), i);
    if (value == nullptr) continue;
    EXPECT_EQ(*value, i * 2);
    ++found;
  }
  EXPECT_EQ(found, map.size());
}

TEST(ClockMap, AgreesWithAPlainMapUnderCollisions) {
  ClockMap<std::uint32_t, std::uint32_t> map(1U << 30U);
  std::map<std::uint32_t, std::uint32_t> model;
  std::mt19937 random(7);
  for (int step = 0; step < 200'000; ++step) {
    const std::uint32_t key = random() % 600;
    const std::uint64_t hash = key % 97;  // many keys a hash
    switch (random() % 3) {
      case 0:
        map.insert(hash, key, static_cast<std::uint32_t>(step), 1);
        model[key] = static_cast<std::uint32_t>(step);
        break;
      case 1:
        map.erase(hash, key);
        model.erase(key);
        break;
      default: {
        const auto* value = map.find(hash, key);
        const auto expected = model.find(key);
        ASSERT_EQ(value != nullptr, expected != model.end());
        if (value != nullptr) {
          ASSERT_EQ(*value, expected->second);
        }
      }
    }
    ASSERT_EQ(map.size(), model.size());
  }
}

TEST(ClockMap, KeepsWhatIsUsed) {
  ClockMap<std::uint64_t, int> map(50'000);
  map.insert(1, 1, 42, 100);
  std::mt19937_64 random(3);
  for (std::uint64_t i = 2; i < 5'000; ++i) {
    map.insert(random(), i, 0, 100);
    ASSERT_NE(map.find(1, std::uint64_t{1}), nullptr) << i;
  }
}

}  // namespace
}  // namespace strongroom::barrier
