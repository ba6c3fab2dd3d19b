#include "encode.h"

#include <gtest/gtest.h>

#include "fixture.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/audit_format/merkle.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/limits.h"

namespace strongroom::audit {
namespace {

TEST(Encode, EveryFieldInOrder) {
  const std::string id = request_id(7);
  Record record = record_of(id);
  record.error_code = "Forbidden.ResourceNotFound";
  record.mutation = true;
  record.instance = "kst-1";
  record.key_fingerprint = "00ff";
  EXPECT_EQ(
      encode(record),
      R"({"time":"2026-11-18T11:06:40.123Z","request_id":"00000000-0000-4000-8000-000000000007",)"
      R"("service":"Kms","action":"GetSecretValue","api_version":"2016-01-20","region":"cn-hangzhou",)"
      R"("account":"1234567890123456","principal_type":"ram-user","principal_id":"234567890123456789",)"
      R"("principal_name":"reader","access_key_id":"LTAI5tExampleExample","source_ip":"192.0.2.7",)"
      R"("user_agent":"AlibabaCloud (linux; amd64) Java/17",)"
      R"("resource":"acs:kms:cn-hangzhou:1234567890123456:secret/db","version_id":"v1","key_id":"key-1",)"
      R"("decision":"allow","policy":"AliyunKMSReadOnlyAccess","error_code":"Forbidden.ResourceNotFound",)"
      R"("status":200,"mutation":true,"instance":"kst-1","key_fingerprint":"00ff"})");
}

TEST(Encode, EmptyFieldsAreLeftOut) {
  EXPECT_EQ(encode({.time = {0}, .status = 400}),
            R"({"time":"1970-01-01T00:00:00.000Z","status":400})");
}

TEST(Encode, LongFieldsAreCutBetweenCharacters) {
  const std::string long_text = std::string(199, 'a') + "\xC3\xA9" + std::string(5'000, 'b');
  const std::string text = encode({.time = {0}, .action = long_text, .user_agent = long_text});
  EXPECT_NE(text.find(R"("action":")" + std::string(64, 'a') + '"'), std::string::npos);
  EXPECT_NE(text.find(R"("user_agent":")" + std::string(199, 'a') + '"'), std::string::npos);
}

TEST(Encode, HostileFieldsStayWithinTheBound) {
  for (const std::string& piece :
       {std::string("\x01"), std::string("\xFF"), std::string("\""), std::string("\xE2\x82\xAC")}) {
    std::string hostile;
    while (hostile.size() < 100'000) hostile += piece;
    const Record record{.time = {0},
                        .request_id = hostile,
                        .service = hostile,
                        .action = hostile,
                        .api_version = hostile,
                        .region = hostile,
                        .account = AccountId(1234567890123456),
                        .principal_type = hostile,
                        .principal_id = hostile,
                        .principal_name = hostile,
                        .access_key_id = hostile,
                        .source_ip = hostile,
                        .user_agent = hostile,
                        .resource = hostile,
                        .version_id = hostile,
                        .key_id = hostile,
                        .decision = hostile,
                        .policy = hostile,
                        .error_code = hostile,
                        .mutation = true};
    const std::string text = encode(record);
    EXPECT_LE(text.size(), limits::kAuditRecordBytesMax);
    EXPECT_TRUE(is_utf8(text));
    EXPECT_TRUE(text.ends_with(R"("status":200,"mutation":true})"));
  }
}

TEST(Encode, EscapedAndPlainAgree) {
  // A quote in one field takes the whole record the escaping way; the rest must come out the same.
  Record record = record_of("00000000-0000-4000-8000-000000000001");
  const std::string plain = encode(record);
  record.principal_name = "rea\"der";
  std::string escaped = encode(record);
  escaped.replace(escaped.find("rea\\\"der"), 8, "reader");
  EXPECT_EQ(escaped, plain);
  // The names alone stay below what is set aside for them.
  EXPECT_LT(encode(Record{.time = {0},
                          .account = AccountId(1234567890123456),
                          .status = -2147483647 - 1,
                          .mutation = true})
                .size(),
            130U);
}

TEST(Encode, EveryByteInEveryPlaceIsEscapedAsJsonDemands) {
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(byte);
        std::string expected = R"({"time":"1970-01-01T00:00:00.000Z","service":)";
        append_json_string(expected, text);
        expected += R"(,"status":200})";
        ASSERT_EQ(encode({.time = {0}, .service = text}), expected) << byte << " at " << at;
      }
    }
  }
}

TEST(Encode, FrameHoldsLengthLeafAndEntry) {
  const std::string id = request_id(1);
  std::string frames;
  append_frame(frames, record_of(id));
  append_frame(frames, std::string_view("second"));
  std::string_view rest = frames;
  const auto first = audit_format::take_spool_frame(rest, 0);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->entry, encode(record_of(id)));
  EXPECT_EQ(first->leaf, audit_format::leaf_hash(as_bytes(first->entry)));
  EXPECT_EQ(audit_format::take_spool_frame(rest, 0)->entry, "second");
  EXPECT_TRUE(rest.empty());
}

}  // namespace
}  // namespace strongroom::audit
