#include "strongroom/wire_sls/put_logs.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "strongroom/base/bytes.h"
#include "strongroom/wire_sls/wire_sls.h"

namespace strongroom::wire_sls {
namespace {

// What aliyun-log-python-sdk 0.9.52 makes of the same: LogGroup(Topic="t", Source="s") with two
// Logs of Time 1795330129, Time_ns 7000000 and 0, serialised.
constexpr std::string_view kMessage =
    "0a2408d1a08ad80612100a086170695f6e616d6512044c69737412050a016b120025c0cf6a00"
    "0a0b08d2a08ad80625000000001a0174220173";

TEST(LogGroupTest, IsTheServicesMessage) {
  LogGroup group;
  group.add({1'795'330'129'007}, {{"api_name", "List"}, {"k", ""}});
  group.add({1'795'330'130'000}, {});
  EXPECT_EQ(hex_encode(as_bytes(group.finish("t", "s"))), kMessage);
  EXPECT_EQ(hex_encode(as_bytes(group.finish("t", "s"))), "1a0174220173") << "starts anew";
}

TEST(LogGroupTest, ALongValueHasALongLength) {
  LogGroup group;
  group.add({0}, {{"k", std::string(300, 'x')}});
  const std::string message = group.finish("", "");
  EXPECT_EQ(hex_encode(as_bytes(message.substr(0, 14))), "0abc02080012b2020a016b12ac02");
}

TEST(PutLogsTest, WhatIsSigned) {
  const PutLogsRequest request = put_logs_request({.logstore = "kms",
                                                   .body = "zip",
                                                   .body_md5 = "ADCBF4",
                                                   .compression = "zstd",
                                                   .raw_bytes = 57,
                                                   .now = {1'795'330'129'000}});
  EXPECT_EQ(request.path, "/logstores/kms/shards/lb");
  EXPECT_EQ(request.text,
            "POST\nADCBF4\napplication/x-protobuf\nSun, 22 Nov 2026 06:48:49 GMT\n"
            "x-log-apiversion:0.6.0\nx-log-bodyrawsize:57\nx-log-compresstype:zstd\n"
            "x-log-signaturemethod:hmac-sha256\n/logstores/kms/shards/lb");
  const auto named = [&request](std::string_view name) {
    return std::ranges::any_of(request.headers, [&](const auto& one) { return one.first == name; });
  };
  EXPECT_TRUE(named("Content-MD5") && named("Date"));
}

TEST(HttpDateTest, ThereAndBack) {
  for (const std::int64_t seconds : {0LL, 951'782'400LL, 1'795'330'129LL, 4'102'444'799LL}) {
    const auto read = parse_http_date(http_date(Instant::from_seconds(seconds)));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->unix_seconds(), seconds);
  }
  EXPECT_EQ(http_date(Instant::from_seconds(951'782'400)), "Tue, 29 Feb 2000 00:00:00 GMT");
}

}  // namespace
}  // namespace strongroom::wire_sls
