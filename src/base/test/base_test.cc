#include <gtest/gtest.h>

#include <set>

#include "strongroom/base/ascii.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom {
namespace {

TEST(Time, FormatsAndParsesUtc) {
  EXPECT_EQ(format_utc({0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_utc({1'795'305'723'999}), "2026-11-22T00:02:03Z");
  EXPECT_EQ(parse_utc("2026-11-22T00:02:03Z"), (Instant{1'795'305'723'000}));
  for (const char* bad :
       {"", "2026-11-22T00:02:03", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z",
        "2026-11-22t00:02:03Z", "2026-11-22T00:02:03.5Z", "2026-11-22 00:02:03Z"}) {
    EXPECT_FALSE(parse_utc(bad)) << bad;
  }
}

TEST(Ascii, LettersAloneChangeTheirCase) {
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  std::string expected = every;
  for (char& c : expected) c = lower1(c);
  for (std::size_t size = 0; size <= every.size(); size += size < 20 ? 1 : 59) {
    std::string out = "-";
    append_lower(out, std::string_view(every).substr(0, size));
    EXPECT_EQ(out, "-" + expected.substr(0, size));
    EXPECT_TRUE(equals_lower(std::string_view(every).substr(0, size), expected.substr(0, size)));
  }
  for (std::size_t at = 0; at < every.size(); ++at) {
    std::string other = expected;
    other[at] = static_cast<char>(other[at] ^ 1);
    EXPECT_FALSE(equals_lower(every, other)) << at;
  }
}

TEST(Ids, UuidFormsAndUniqueness) {
  SystemRandom random;
  std::set<Uuid> seen;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(Uuid::generate(random)).second);
  const Uuid id = *seen.begin();
  EXPECT_EQ(Uuid::parse(id.lower()), id);
  EXPECT_EQ(Uuid::parse(id.upper()), id);
  EXPECT_EQ(id.lower()[14], '4');
  EXPECT_FALSE(Uuid::parse("0f8fad5bd9cb469fa16570867728950e"));
  for (std::size_t at = 0; at < 36; ++at) {
    for (const char bad : {'-', 'g', '/', ':', '@', '`', '\xff', '\0'}) {
      std::string text = id.lower();
      if (text[at] == bad) continue;
      text[at] = bad;
      EXPECT_FALSE(Uuid::parse(text)) << text;
    }
  }
}

TEST(Ids, AccountIdsHaveSixteenDigits) {
  SystemRandom random;
  for (int i = 0; i < 1'000; ++i) {
    const AccountId id = AccountId::generate(random);
    EXPECT_EQ(id.text().size(), 16U);
    EXPECT_EQ(AccountId::parse(id.text()), id);
  }
  EXPECT_FALSE(AccountId::parse("0123456789012345"));
  EXPECT_FALSE(AccountId::parse("123"));
}

TEST(JsonWriter, NestsAndEscapes) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("a", "q\"\\\n\x01<>&中");
  json.member("n", std::int64_t{-5});
  json.member("t", true);
  json.begin_object("w");
  json.begin_array("list");
  json.element("x");
  json.element("y");
  json.end_array();
  json.end_object();
  json.begin_array("empty");
  json.end_array();
  json.end_object();
  EXPECT_EQ(out, R"({"a":"q\"\\\n\u0001<>&中","n":-5,"t":true,"w":{"list":["x","y"]},"empty":[]})");
}

TEST(JsonWriter, ReplacesWhatIsNotUtf8) {
  std::string out;
  append_json_string(out, "a\xFFz");
  EXPECT_EQ(out, "\"a\xEF\xBF\xBDz\"");
}

Result<int> half(int n) {
  if (n % 2 != 0) return fail(ErrorKind::kInvalidInput, "Odd", "odd");
  return n / 2;
}
Result<int> quarter(int n) {
  SR_TRY(const int first, half(n));
  SR_TRY(const int second, half(first));
  return second;
}

TEST(Result, TryPassesErrorsUp) {
  EXPECT_EQ(quarter(8), 2);
  EXPECT_EQ(quarter(6).error().code(), "Odd");
}

}  // namespace
}  // namespace strongroom
