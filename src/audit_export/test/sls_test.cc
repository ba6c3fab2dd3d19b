// The log store as a place, without the service: what is sent to one is in tests/e2e (exports).

#include "strongroom/audit_export/sls.h"

#include <gtest/gtest.h>

#include "strongroom/test/reveal.h"

namespace strongroom::audit_export {
namespace {

constexpr Instant kNow{1'795'330'129'000};

TEST(SlsStoreTest, HostAndLogstore) {
  const auto store = parse_sls_store("p.cn-hangzhou.log.aliyuncs.com/kms-audit_1");
  ASSERT_TRUE(store.has_value());
  EXPECT_EQ(store->host, "p.cn-hangzhou.log.aliyuncs.com");
  EXPECT_EQ(store->logstore, "kms-audit_1");
  EXPECT_TRUE(parse_sls_store("localhost:8443/x").has_value());
  for (const std::string_view bad :
       {"", "host", "host/", "/store", "https://host/store", "host/Store", "host/a/b", "ho st/a"})
    EXPECT_FALSE(parse_sls_store(bad).has_value()) << bad;
  EXPECT_FALSE(parse_sls_store("host/" + std::string(64, 'a')).has_value());
}

TEST(SlsStoreTest, ARecordHasTheFieldsTheNumberAndTheEntry) {
  const std::string entry =
      R"({"time":"2026-11-22T06:48:40.123Z","request_id":"R-1","action":"GetSecretValue"})";
  const std::string group = sls_log_group({{41, entry}}, kNow);
  for (const std::string_view piece : {"api_name", "GetSecretValue", "R-1", "index", "41"})
    EXPECT_TRUE(group.contains(piece)) << piece;
  EXPECT_TRUE(group.contains(entry));
}

TEST(SlsStoreTest, RecordsOlderThanTheServiceTakesHaveTheTimeOfSending) {
  const audit_format::Entry old{1, R"({"time":"2026-01-01T00:00:00.000Z"})"};
  const audit_format::Entry fresh{1, R"({"time":"2026-11-20T00:00:00.000Z"})"};
  const Instant later{kNow.unix_ms + 1'000};
  EXPECT_NE(sls_log_group({old}, kNow), sls_log_group({old}, later));
  EXPECT_EQ(sls_log_group({fresh}, kNow), sls_log_group({fresh}, later));
}

TEST(SlsPlaceTest, WithoutAKeyOrAServiceNothingIsTaken) {
  const ManualClock clock(kNow);
  SlsStore store{.host = "127.0.0.1:1", .logstore = "x", .access_key = {}};
  store.access_key = []() -> Result<SlsAccessKey> {
    return fail(ErrorKind::kNotFound, "NoKey", "no key");
  };
  EXPECT_EQ(sls_place(store, clock, {})({{1, "{}"}}).error().code(), "NoKey");
  store.access_key = []() -> Result<SlsAccessKey> {
    return SlsAccessKey{"LTAI1", test::secret("s")};
  };
  EXPECT_EQ(sls_place(store, clock, {})({{1, "{}"}}).error().kind(), ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace strongroom::audit_export
