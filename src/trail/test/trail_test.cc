#include <gtest/gtest.h>

#include <algorithm>

#include "strongroom/trail/access_log.h"

namespace strongroom::trail {
namespace {

constexpr std::string_view kShared =
    R"({"time":"2026-11-22T01:02:03.123Z","request_id":"AAAA","service":"Kms","action":"GetSecretValue","api_version":"2016-01-20","region":"cn-hangzhou","account":"1","principal_type":"ram-user","principal_id":"7","principal_name":"bob","access_key_id":"LTAI1","source_ip":"192.0.2.1","user_agent":"x","resource":"acs:kms:cn-hangzhou:1:secret/db","version_id":"v1","key_id":"key-1","decision":"allow","policy":"p","status":200,"duration_us":1381})";
constexpr std::string_view kDedicated =
    R"({"time":"2026-11-22T01:02:03.123Z","request_id":"BBBB","service":"Kms","action":"Encrypt","api_version":"dkms-gcs-0.2","region":"cn-hangzhou","account":"1","principal_type":"client-key","principal_id":"KAAP.1","principal_name":"web","access_key_id":"KAAP.1","resource":"acs:kms:cn-hangzhou:1:key/key-1","key_id":"key-1","decision":"implicit-deny","error_code":"Forbidden.NoPermission","status":403,"instance":"kst-1","key_fingerprint":"ab"})";

std::string value(const LogRecord& record, std::string_view name) {
  const auto found = std::ranges::find(record, name, &LogRecord::value_type::first);
  return found == record.end() ? "<absent>" : found->second;
}

TEST(AccessLogTest, ASharedCall) {
  const LogRecord record = access_log_record(kShared);
  EXPECT_EQ(value(record, "time"), "2026-11-22T01:02:03Z");
  EXPECT_EQ(value(record, "gateway_type"), "shared");
  EXPECT_EQ(value(record, "share_gateway_api_name"), "GetSecretValue");
  EXPECT_EQ(value(record, "resource_id"), "db");
  EXPECT_EQ(value(record, "duration"), "1.381");
  EXPECT_EQ(value(record, "identity_type"), "ram-user");
  EXPECT_EQ(value(record, "resource_parameters"),
            R"({"key_id":"key-1","key_version_id":"v1","index":""})");
  EXPECT_EQ(value(record, "error_message"), "");
  EXPECT_EQ(value(record, "level"), "INFO");
}

TEST(AccessLogTest, ACallOfAnAccessPoint) {
  const LogRecord record = access_log_record(kDedicated);
  EXPECT_EQ(value(record, "gateway_type"), "dedicated");
  EXPECT_EQ(value(record, "identity_type"), "aap");
  EXPECT_EQ(value(record, "principal_id"), "web");
  EXPECT_EQ(value(record, "access_key_fingerprint"), "sha256-ab");
  EXPECT_EQ(value(record, "api_version"), "dkms-gcs-0.2");
  EXPECT_EQ(value(record, "share_gateway_api_name"), "");
  EXPECT_EQ(value(record, "status_code"), "403");
  EXPECT_NE(value(record, "error_message"), "");
}

TEST(AccessLogTest, EveryRecordHasTheSameFields) {
  const LogRecord one = access_log_record(kShared);
  const LogRecord other = access_log_record("{}");
  ASSERT_EQ(one.size(), other.size());
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].first, other[i].first);
}

TEST(QueryTest, WhatIsOffered) {
  EXPECT_EQ(parse_query("")->size(), 0U);
  EXPECT_EQ(parse_query("*")->size(), 1U);
  const auto both = parse_query("access_key_id: KAAP.1 and not status_code:200");
  ASSERT_TRUE(both.has_value());
  ASSERT_EQ(both->size(), 2U);
  EXPECT_EQ((*both)[0].any[0].field, "access_key_id");
  EXPECT_EQ((*both)[1].any[0].field, "status");
  EXPECT_TRUE((*both)[1].negated);
  const auto any = parse_query("client_ip: 2001:db8::1 or client_ip: \"192.0.2.1\"");
  ASSERT_EQ(any->size(), 1U);
  ASSERT_EQ((*any)[0].any.size(), 2U);
  EXPECT_EQ((*any)[0].any[0].value, "2001:db8::1");
  EXPECT_GT(parse_query("KAAP.1")->front().any.size(), 5U);
  EXPECT_EQ(parse_query("identity_type: aap")->front().any[0].value, "client-key");
  EXPECT_TRUE(parse_query("gateway_type: dedicated")->front().negated);
}

TEST(QueryTest, WhatIsNot) {
  for (const char* query : {"* | select count(1)", "KAAP*", "(a or b) and c", "a and b or c",
                            "nosuch: 1", "status_code > 200", "\"open", "a and", "not", "x:"}) {
    const auto parsed = parse_query(query);
    ASSERT_FALSE(parsed.has_value()) << query;
    EXPECT_EQ(parsed.error().code(), "ParameterInvalid");
  }
}

}  // namespace
}  // namespace strongroom::trail
