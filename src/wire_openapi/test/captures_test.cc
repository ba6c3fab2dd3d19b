// Every recorded request of real clients: decoded, and its canonical text compared with the
// published vectors.

#include "strongroom/test/captures.h"

#include <gtest/gtest.h>

#include <map>

#include "strongroom/wire_openapi/call.h"

namespace strongroom::wire_openapi {
namespace {

bool is_acs3(const Call& call) {
  return call.scheme == Scheme::kAcs3HmacSha256 || call.scheme == Scheme::kAcs3HmacSm3 ||
         call.scheme == Scheme::kAcs3RsaSha256;
}

TEST(Captures, EveryVectorIsRebuiltByteForByte) {
  const auto records = load_records();
  const auto vectors = load_vectors();
  ASSERT_EQ(records.size(), 86u);
  ASSERT_EQ(vectors.size(), 60u);
  Arena arena;
  for (const Vector& vector : vectors) {
    int found = 0;
    for (const Record& record : records) {
      if (record.capture != vector.capture || record.label != vector.label) continue;
      arena.reset();
      Call call;
      const auto decoded = decode(record.parts(), arena, call);
      ASSERT_TRUE(decoded) << vector.capture << " " << vector.label << ": "
                           << decoded.error().message();
      if (call.signature != vector.signature) continue;
      ++found;
      if (vector.canonical_request.empty()) {
        EXPECT_EQ(call.canonical, vector.string_to_sign) << vector.capture << " " << vector.label;
      } else {
        const std::string whole = std::string(call.canonical).append(call.content_hash);
        EXPECT_EQ(whole, vector.canonical_request) << vector.capture << " " << vector.label;
      }
    }
    EXPECT_EQ(found, 1) << vector.capture << " " << vector.label;
  }
}

TEST(Captures, EverySchemeIsRecognised) {
  Arena arena;
  std::map<std::string, int> seen;
  for (const Record& record : load_records()) {
    arena.reset();
    Call call;
    const auto decoded = decode(record.parts(), arena, call);
    std::string kind;
    if (decoded) {
      kind = call.scheme == Scheme::kUnsigned ? "unsigned " + std::string(call.action)
             : is_acs3(call)                  ? "acs3"
                                              : "rpc";
      if (call.scheme != Scheme::kUnsigned) {
        EXPECT_FALSE(call.canonical.empty());
        EXPECT_EQ(call.access_key_id, "LTAI5tTestAccessKeyId0001") << record.label;
        EXPECT_FALSE(call.nonce.empty());
      }
    } else {
      kind = decoded.error().code();
    }
    ++seen[kind];
    if (record.authorization.starts_with("ACS4")) {
      EXPECT_EQ(kind, "InvalidSignatureMethod");
    }
  }
  const std::map<std::string, int> expected = {
      {"acs3", 27},  // 23 HMAC-SHA256, 2 HMAC-SM3, 2 RSA-SHA256
      {"rpc", 33},
      {"unsigned AssumeRoleWithOIDC", 2},
      {"InvalidSignatureMethod", 11},  // 1 ACS4, 2 bearer, 8 of the log service
      {"MissingAccessKeyId", 2},       // anonymous GetSecretValue
      {"UnsupportedHTTPMethod", 5},    // PUT of the metadata server
      {"InvalidAction.NotFound", 6},   // GET of the metadata server and the credentials URI
  };
  EXPECT_EQ(seen, expected);
}

TEST(Captures, HardCharactersArriveWhole) {
  const std::string hard = "p@ss w0rd+/=&~*!'()\"#?%\n中文😀";
  Arena arena;
  int seen = 0;
  for (const Record& record : load_records()) {
    arena.reset();
    Call call;
    if (!decode(record.parts(), arena, call) || call.action != "CreateSecret") continue;
    EXPECT_EQ(call.find("SecretName"), "db/pass") << record.label;
    EXPECT_EQ(call.find("SecretData"), hard) << record.label;
    ++seen;
  }
  EXPECT_GE(seen, 10);
}

}  // namespace
}  // namespace strongroom::wire_openapi
