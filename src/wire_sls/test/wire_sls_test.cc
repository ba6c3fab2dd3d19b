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
  EXPECT_EQ(signature->tag, "tag");
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
  EXPECT_EQ(read_signature(get("", headers)).error().code(), "ParameterInvalid");
  headers[4].value = "acs LTAI1:dGFn";
  EXPECT_EQ(read_signature(get("", headers)).error().code(), "ParameterInvalid");
  headers[4].value = "LOG LTAI1:n!";
  EXPECT_EQ(read_signature(get("", headers)).error().code(), "ParameterInvalid");
  headers[4].value = "LOG nocolon";
  EXPECT_EQ(read_signature(get("", headers)).error().code(), "ParameterInvalid");
  headers.pop_back();
  EXPECT_EQ(read_signature(get("", headers)).error().code(), "Unauthorized");
  headers = kNode;
  headers[1].value = "yesterday";
  EXPECT_EQ(read_signature(get("", headers)).error().code(), "ParameterInvalid");
}

// As @alicloud/sls20201230 5.9.0 sends it.
const std::string kEmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const std::string kCredential =
    "SLS4-HMAC-SHA256 Credential=LTAI1/20261121/cn-hangzhou/sls/aliyun_v4_request,Signature=";

std::vector<NameValue> version_4(std::string_view authorization) {
  return {{"accept", "application/json"},       {"Host", "kms-audit.sls.local:45797"},
          {"x-log-apiversion", "0.6.0"},        {"x-log-date", "20261121T225832Z"},
          {"x-log-content-sha256", kEmptyHash}, {"authorization", authorization}};
}

TEST(SignatureV4Test, WhatIsCovered) {
  const std::string authorization = kCredential + std::string(64, 'a');
  const auto signature =
      read_signature(get("type=log&from=1&query=a%3A%20b+c&topic=", version_4(authorization)));
  ASSERT_TRUE(signature.has_value()) << signature.error().message();
  EXPECT_EQ(signature->access_key_id, "LTAI1");
  EXPECT_EQ(signature->tag, std::string(32, '\xaa'));
  EXPECT_EQ(signature->content_sha256, kEmptyHash);
  EXPECT_EQ(signature->signed_at.unix_ms, 1'795'301'912'000);
  EXPECT_EQ(signature->text,
            "SLS4-HMAC-SHA256\n20261121T225832Z\n20261121/cn-hangzhou/sls/aliyun_v4_request\n");
  EXPECT_EQ(signature->canonical_request,
            "GET\n/logstores/kms_audit_log\nfrom=1&query=a%3A%20b%20c&topic&type=log\n"
            "host:kms-audit.sls.local:45797\nx-log-apiversion:0.6.0\nx-log-content-sha256:" +
                kEmptyHash +
                "\nx-log-date:20261121T225832Z\n\n"
                "host;x-log-apiversion;x-log-content-sha256;x-log-date\n" +
                kEmptyHash);
  EXPECT_EQ(signature->key_path,
            (std::vector<std::string>{"20261121", "cn-hangzhou", "sls", "aliyun_v4_request"}));
}

TEST(SignatureV4Test, WhatIsRefused) {
  const std::string tag(64, 'a');
  const auto code = [](const std::vector<NameValue>& headers) {
    const auto signature = read_signature(get("", headers));
    return signature ? std::string("taken") : std::string(signature.error().code());
  };
  const std::string front = "SLS4-HMAC-SHA256 Credential=";
  for (const std::string& authorization : {
           kCredential + "abc",
           kCredential + std::string(64, 'g'),
           front + "LTAI1/20261121/cn-hangzhou/kms/aliyun_v4_request,Signature=" + tag,
           front + "LTAI1/20261121/cn-hangzhou/sls,Signature=" + tag,
           front + "LTAI1/20261121/cn-hangzhou/sls/aliyun_v4_request/x,Signature=" + tag,
           front + "/20261121/cn-hangzhou/sls/aliyun_v4_request,Signature=" + tag,
           front + "LTAI1/20261122/cn-hangzhou/sls/aliyun_v4_request,Signature=" + tag,
           front + ",Signature=" + tag,
       })
    EXPECT_EQ(code(version_4(authorization)), "ParameterInvalid") << authorization;
  const std::string good = kCredential + tag;
  EXPECT_EQ(code(version_4(good)), "taken");
  for (const std::size_t field : {3U, 4U}) {
    auto headers = version_4(good);
    headers[field].value = "yesterday";
    EXPECT_EQ(code(headers), "ParameterInvalid") << field;
  }
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
