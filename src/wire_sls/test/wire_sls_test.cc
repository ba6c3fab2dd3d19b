#include "strongroom/wire_sls/wire_sls.h"

#include <gtest/gtest.h>

#include <vector>

namespace strongroom::wire_sls {
namespace {

const std::vector<NameValue> kNode = {
    {"content-type", "application/json"}, {"Date", "Sun, 22 Nov 2026 06:48:49 GMT"},
    {"x-log-apiversion", "0.6.0"},        {"x-log-signaturemethod", "hmac-sha1"},
    {"authorization", "LOG LTAI1:dGFn"},
};

RequestParts get(std::string_view query, std::span<const NameValue> headers = kNode) {
  return {.method = "GET",
          .path = "/logstores/kms_audit_log",
          .query = query,
          .headers = headers,
          .body = ""};
}

TEST(SignatureTest, TheStringCoversDecodedSortedParameters) {
  const auto signature = read_signature(get("type=log&from=1&to=2&query=a%3A%20b"));
  ASSERT_TRUE(signature.has_value());
  EXPECT_EQ(signature->access_key_id, "LTAI1");
  EXPECT_EQ(signature->signed_at.unix_ms, 1'795'330'129'000);
  EXPECT_EQ(signature->text,
            "GET\n\napplication/json\nSun, 22 Nov 2026 06:48:49 GMT\n"
            "x-log-apiversion:0.6.0\nx-log-signaturemethod:hmac-sha1\n"
            "/logstores/kms_audit_log?from=1&query=a: b&to=2&type=log");
}

TEST(SignatureTest, ADateThatWasAddedAfterwardsIsLeftOutOfTheSecondText) {
  std::vector<NameValue> headers = kNode;
  headers.push_back({"x-log-date", "Sun, 22 Nov 2026 06:48:49 GMT"});
  const auto signature = read_signature(get("type=log", headers));
  ASSERT_TRUE(signature.has_value());
  EXPECT_NE(signature->text.find("x-log-date:"), std::string::npos);
  EXPECT_EQ(signature->text_without_date.find("x-log-date:"), std::string::npos);
}

TEST(SignatureTest, WhatIsRefused) {
  std::vector<NameValue> headers = kNode;
  headers[4].value = "SLS4-HMAC-SHA256 Credential=a,Signature=b";
  EXPECT_EQ(read_signature(get("", headers)).error().code(), "SignatureNotMatch");
  headers[4].value = "LOG nocolon";
  EXPECT_EQ(read_signature(get("", headers)).error().code(), "ParameterInvalid");
  headers.pop_back();
  EXPECT_EQ(read_signature(get("", headers)).error().code(), "Unauthorized");
  headers = kNode;
  headers[1].value = "yesterday";
  EXPECT_EQ(read_signature(get("", headers)).error().code(), "ParameterInvalid");
}

TEST(GetLogsTest, BothForms) {
  const auto first = read_get_logs(get("type=log&from=100&to=200&line=5&reverse=true&query=x"));
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->from.unix_ms, 100'000);
  EXPECT_EQ(first->line, 5);
  EXPECT_TRUE(first->reverse);
  EXPECT_FALSE(first->second_form);
  RequestParts post = get("");
  post.method = "POST";
  post.path = "/logstores/kms_audit_log/logs";
  post.body = R"({"from":100,"to":200,"reverse":false,"query":"x","powerSql":false})";
  const auto second = read_get_logs(post);
  ASSERT_TRUE(second.has_value());
  EXPECT_TRUE(second->second_form);
  EXPECT_EQ(second->logstore, "kms_audit_log");
  EXPECT_EQ(second->query, "x");
  post.body = "[1";
  EXPECT_EQ(read_get_logs(post).error().code(), "ParameterInvalid");
}

TEST(GetLogsTest, WhatIsRefused) {
  EXPECT_EQ(read_get_logs(get("type=histogram&from=1&to=2")).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(read_get_logs(get("type=log&from=2&to=1")).error().code(), "ParameterInvalid");
  EXPECT_EQ(read_get_logs(get("type=log&from=1")).error().code(), "ParameterInvalid");
  EXPECT_EQ(read_get_logs(get("type=log&from=1&to=2&line=101")).error().code(), "ParameterInvalid");
  EXPECT_FALSE(parse_http_date("Sun, 32 Nov 2026 06:48:49 GMT").has_value());
}

}  // namespace
}  // namespace strongroom::wire_sls
