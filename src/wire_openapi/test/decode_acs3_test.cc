// Signature version 3 (gateway.md §2): Authorization, signed headers, canonical request, bodies,
// refusals.

#include <gtest/gtest.h>

#include "requests.h"

namespace strongroom::wire_openapi {
namespace {

std::string authorization(const std::string& signed_headers,
                          const std::string& algorithm = "ACS3-HMAC-SHA256") {
  return algorithm + " Credential=K,SignedHeaders=" + signed_headers + ",Signature=00ff";
}
constexpr const char* kMinimum =
    "x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";

// The vendor's own sample: RunInstances, canonical hash 7ea06492….
TEST(DecodeAcs3, RebuildsTheManualsCanonicalRequest) {
  TestRequest request;
  request.query =
      "RegionId=cn-shanghai&ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd";
  request.headers = {{"Host", "ecs.cn-shanghai.aliyuncs.com"},
                     {"X-Acs-Action", "RunInstances"},
                     {"x-acs-content-sha256", kEmptyHash},
                     {"x-acs-date", "2023-10-26T10:22:32Z"},
                     {"x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"},
                     {"x-acs-version", "2014-05-26"},
                     {"Authorization", authorization(std::string("host;") + kMinimum)}};
  const Decoded decoded(request);
  ASSERT_TRUE(decoded.ok()) << decoded.message();
  EXPECT_EQ(
      decoded.call().canonical,
      "POST\n/\nImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai\n"
      "host:ecs.cn-shanghai.aliyuncs.com\nx-acs-action:RunInstances\n"
      "x-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
      "x-acs-date:2023-10-26T10:22:32Z\nx-acs-signature-nonce:3156853299f313e23d1673dc12e1703d\n"
      "x-acs-version:2014-05-26\n\n"
      "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version\n");
}

TEST(DecodeAcs3, FactsComeOutOfTheHeaders) {
  const Decoded decoded(acs3_request());
  ASSERT_TRUE(decoded.ok()) << decoded.message();
  const Call& call = decoded.call();
  EXPECT_EQ(call.scheme, Scheme::kAcs3HmacSha256);
  EXPECT_EQ(call.action, "GetSecretValue");
  EXPECT_EQ(call.version, "2016-01-20");
  EXPECT_EQ(call.access_key_id, "LTAI5tTestAccessKeyId0001");
  EXPECT_EQ(call.timestamp, "2026-11-21T22:34:21Z");
  EXPECT_EQ(call.content_hash, kEmptyHash);
  EXPECT_EQ(call.find("SecretName"), "db/pass");
  EXPECT_EQ(call.format, Format::kJson);
  EXPECT_TRUE(call.security_token.empty());
}

TEST(DecodeAcs3, AlgorithmsAreKnownByName) {
  const auto scheme = [](const char* algorithm) {
    const Decoded decoded(acs3_request().with("Authorization", authorization(kMinimum, algorithm)));
    return decoded.ok()                                 ? static_cast<int>(decoded.call().scheme)
           : decoded.code() == "InvalidSignatureMethod" ? -1
                                                        : -2;
  };
  EXPECT_EQ(scheme("ACS3-HMAC-SHA256"), static_cast<int>(Scheme::kAcs3HmacSha256));
  EXPECT_EQ(scheme("ACS3-HMAC-SM3"), static_cast<int>(Scheme::kAcs3HmacSm3));
  EXPECT_EQ(scheme("ACS3-RSA-SHA256"), static_cast<int>(Scheme::kAcs3RsaSha256));
  for (const char* unknown :
       {"ACS3-HMAC-SHA1", "ACS3-", "ACS3-HMAC-SHA256x", "ACS4-HMAC-SHA256", "ACS4-HMAC-SM3", "LOG",
        "SLS4-HMAC-SHA256", "acs", "Bearer", "Basic"}) {
    EXPECT_EQ(scheme(unknown), -1) << unknown;
  }
}

TEST(DecodeAcs3, AuthorizationFieldsInAnyOrderWithBlanks) {
  const std::string text =
      std::string("ACS3-HMAC-SHA256 Credential=K, Signature=aa ,  SignedHeaders=") + kMinimum;
  const Decoded decoded(acs3_request().with("Authorization", text));
  ASSERT_TRUE(decoded.ok()) << decoded.message();
  EXPECT_EQ(decoded.call().access_key_id, "K");
  EXPECT_EQ(decoded.call().signature, "aa");
}

TEST(DecodeAcs3, BrokenAuthorizationIsIncomplete) {
  const std::string minimum = kMinimum;
  for (const std::string& fields :
       {std::string(""), "Credential=K,SignedHeaders=" + minimum,
        "SignedHeaders=" + minimum + ",Signature=00", std::string("Credential=K,Signature=00"),
        "Credential=,Credential=,SignedHeaders=" + minimum + ",Signature=00",
        "Credential=K,Credential=L,SignedHeaders=" + minimum + ",Signature=00",
        "Credential=K,SignedHeaders=" + minimum + ",Signature=00,Signature=11",
        "Credential=K,SignedHeaders=" + minimum + ",Signature=00,Other=1",
        "Credential=K,SignedHeaders=" + minimum + ",Signature=00,,", std::string("nonsense")}) {
    EXPECT_EQ(Decoded(acs3_request().with("Authorization", "ACS3-HMAC-SHA256 " + fields)).code(),
              "IncompleteSignature")
        << fields;
  }
  EXPECT_EQ(Decoded(acs3_request().with("Authorization", "ACS3-HMAC-SHA256")).code(),
            "IncompleteSignature");
}

// Whoever forgot the AccessKeyId is told that, not that the header is malformed.
TEST(DecodeAcs3, AnEmptyCredentialIsAMissingAccessKeyId) {
  const std::string text =
      std::string("ACS3-HMAC-SHA256 Credential=,Signature=aa,SignedHeaders=") + kMinimum;
  const Decoded decoded(acs3_request().with("Authorization", text));
  ASSERT_TRUE(decoded.ok()) << decoded.message();
  EXPECT_EQ(decoded.call().access_key_id, "");
}

TEST(DecodeAcs3, RequiredHeadersMustBeThereAndSigned) {
  for (const char* name : {"x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce",
                           "x-acs-content-sha256"}) {
    const Decoded gone(acs3_request().without(name));
    EXPECT_EQ(gone.code(), "MissingParameter") << name;
    EXPECT_NE(gone.message().find(name), std::string::npos) << gone.message();

    std::string names = std::string("host;") + kMinimum;
    names.erase(names.find(name) - 1, std::string(name).size() + 1);
    EXPECT_EQ(Decoded(acs3_request().with("Authorization", authorization(names))).code(),
              "IncompleteSignature")
        << name;
  }
}

TEST(DecodeAcs3, ASecurityTokenMustBeSigned) {
  TestRequest request = acs3_request().with("x-acs-security-token", "tok+en==");
  EXPECT_EQ(Decoded(request).code(), "IncompleteSignature");
  request.with("Authorization",
               authorization("x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;x-"
                             "acs-signature-nonce;x-acs-version"));
  const Decoded decoded(request);
  ASSERT_TRUE(decoded.ok()) << decoded.message();
  EXPECT_EQ(decoded.call().security_token, "tok+en==");
}

// Headers outside the signature that the server does not act on may stay unsigned (the CLI sends
// one).
TEST(DecodeAcs3, OtherHeadersMayStayUnsigned) {
  EXPECT_TRUE(Decoded(acs3_request().with("x-acs-credentials-provider", "static_ak")).ok());
}

TEST(DecodeAcs3, SignedHeadersAreTakenLiterally) {
  // Every header signed, as one official client does; not sorted; values trimmed.
  TestRequest request = acs3_request().with("accept", "  application/json \t");
  request.with("Authorization", authorization(std::string("user-agent;accept;") + kMinimum));
  const Decoded decoded(request);
  ASSERT_TRUE(decoded.ok()) << decoded.message();
  EXPECT_NE(decoded.call().canonical.find(
                "\nuser-agent:AlibabaCloud (linux; x64)\naccept:application/json\nx-acs-action:"),
            std::string_view::npos)
      << decoded.call().canonical;

  for (const std::string& names :
       {std::string(kMinimum) + ";x-acs-absent", std::string(kMinimum) + ";host;host",
        std::string(kMinimum) + ";", ";" + std::string(kMinimum),
        std::string(kMinimum) + ";Host"}) {
    EXPECT_EQ(Decoded(acs3_request().with("Authorization", authorization(names))).code(),
              "IncompleteSignature")
        << names;
  }
}

TEST(DecodeAcs3, ValuesOfOneHeaderAreSortedAndJoined) {
  TestRequest request = acs3_request();
  request.adding("via", "b").adding("Via", "a");
  request.with("Authorization", authorization(std::string("via;") + kMinimum));
  const Decoded decoded(request);
  ASSERT_TRUE(decoded.ok()) << decoded.message();
  EXPECT_NE(decoded.call().canonical.find("\nvia:a,b\n"), std::string_view::npos);
}

TEST(DecodeAcs3, RepeatedHeadersOfTheSignatureAreRefused) {
  for (const char* name : {"x-acs-action", "X-Acs-Action", "x-acs-date", "x-acs-security-token"}) {
    TestRequest request = acs3_request();
    request.adding(name, "1").adding(name, "1");
    EXPECT_EQ(Decoded(request).code(), "IncompleteSignature") << name;
  }
  TestRequest unknown = acs3_request();
  unknown.adding("x-acs-future", "1").adding("X-ACS-Future", "1");
  EXPECT_EQ(Decoded(unknown).code(), "IncompleteSignature");
  TestRequest twice = acs3_request();
  twice.adding("authorization", authorization(kMinimum));
  EXPECT_EQ(Decoded(twice).code(), "IncompleteSignature");
}

TEST(DecodeAcs3, MixedSchemesAreRefused) {
  TestRequest request = acs3_request();
  request.query += "&Signature=c2ln";
  EXPECT_EQ(Decoded(request).code(), "IncompleteSignature");
  TestRequest in_body = acs3_with_body("application/x-www-form-urlencoded", "Signature=c2ln");
  EXPECT_EQ(Decoded(in_body).code(), "IncompleteSignature");
  for (const char* scheme :
       {"ACS4-HMAC-SHA256 Credential=K", "LOG K:s", "acs K:s", "SLS4-HMAC-SHA256 x"}) {
    EXPECT_EQ(Decoded(rpc_request().with("Authorization", scheme)).code(), "IncompleteSignature")
        << scheme;
  }
}

TEST(DecodeAcs3, BearerTokensAreRefused) {
  TestRequest request = acs3_request().without("Authorization").with("x-acs-bearer-token", "t");
  EXPECT_EQ(Decoded(request).code(), "InvalidSignatureMethod");
  TestRequest parameter = acs3_request().without("Authorization");
  parameter.query += "&SignatureType=BEARERTOKEN";
  EXPECT_EQ(Decoded(parameter).code(), "InvalidSignatureMethod");
}

TEST(DecodeAcs3, Sm3DigestUnderEitherHeader) {
  const Decoded kept_name(
      acs3_request().with("Authorization", authorization(kMinimum, "ACS3-HMAC-SM3")));
  EXPECT_EQ(kept_name.call().content_hash, kEmptyHash);
  TestRequest own =
      acs3_request().without("x-acs-content-sha256").with("x-acs-content-sm3", "1ab21d83");
  own.with(
      "Authorization",
      authorization("x-acs-action;x-acs-content-sm3;x-acs-date;x-acs-signature-nonce;x-acs-version",
                    "ACS3-HMAC-SM3"));
  const Decoded own_name(own);
  ASSERT_TRUE(own_name.ok()) << own_name.message();
  EXPECT_EQ(own_name.call().content_hash, "1ab21d83");
  own.with("Authorization",
           authorization(
               "x-acs-action;x-acs-content-sm3;x-acs-date;x-acs-signature-nonce;x-acs-version"));
  EXPECT_EQ(Decoded(own).code(), "MissingParameter") << "an SM3 digest is no SHA-256 digest";
}

TEST(DecodeAcs3, CanonicalQueryHoldsTheQueryAlone) {
  TestRequest request = acs3_with_body("application/x-www-form-urlencoded", "SecretData=v&B=2");
  request.query = "b=x+y&A=&a=%7E*";
  const Decoded decoded(request);
  ASSERT_TRUE(decoded.ok()) << decoded.message();
  EXPECT_TRUE(decoded.call().canonical.starts_with("POST\n/\nA=&a=~%2A&b=x%20y\ncontent-type:"))
      << decoded.call().canonical;
  EXPECT_EQ(decoded.call().parameters.size(), 5u);
  EXPECT_EQ(decoded.call().find("SecretData"), "v");
}

TEST(DecodeAcs3, JsonBodiesAreFlatObjectsOfScalars) {
  const TestRequest request = acs3_with_body(
      "application/json; charset=utf-8",
      R"({"SecretName":"db/pass","SecretData":"a\"\\\u4e2d\ud83d\ude00\n","RecoveryWindowInDays":-7.50e1 , "All":true,"No":false,"None":null})");
  const Decoded decoded(request);
  ASSERT_TRUE(decoded.ok()) << decoded.message();
  EXPECT_EQ(decoded.call().find("SecretName"), "db/pass");
  EXPECT_EQ(decoded.call().find("SecretData"), "a\"\\中😀\n");
  EXPECT_EQ(decoded.call().find("RecoveryWindowInDays"), "-7.50e1");
  EXPECT_EQ(decoded.call().find("All"), "true");
  EXPECT_EQ(decoded.call().find("No"), "false");
  EXPECT_FALSE(decoded.call().find("None"));
  EXPECT_TRUE(Decoded(acs3_with_body("application/json", "{}")).ok());
  EXPECT_TRUE(Decoded(acs3_with_body("application/json", "")).ok());
}

TEST(DecodeAcs3, EverythingElseInAJsonBodyIsRefused) {
  for (const char* body : {"[]",
                           "1",
                           "\"x\"",
                           "null",
                           "{",
                           "{\"a\":1",
                           "{\"a\":\"x}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\":1}x",
                           "{\"a\":1}{\"b\":2}",
                           "{\"a\":1} [2]",
                           "{\"a\":[1]}",
                           "{\"a\":{}}",
                           "{\"a\":{\"b\":1}}",
                           "{\"a\":01}",
                           "{\"a\":tru}",
                           "{\"a\":truex}",
                           "{\"a\":nul}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\ud800\"}",
                           "{\"a\":\"\xff\"}",
                           "{\"a\":\"\n\"}",
                           "{\"a\":1 \"b\":2}",
                           "{\"a\":1,,\"b\":2}",
                           "{\"a\":+1}",
                           "{\"a\":.5}",
                           "{\"a\":1.}",
                           "{\"a\":NaN}",
                           "{\"a\":1,\"a\":2}",
                           "{\"a\":\"1\",\"\\u0061\":\"2\"}",
                           "{1:2}",
                           " ",
                           "}",
                           "{]"}) {
    EXPECT_EQ(Decoded(acs3_with_body("application/json", body)).code(), "InvalidParameter") << body;
  }
}

TEST(DecodeAcs3, JsonBodiesShareTheParameterLimit) {
  const auto body = [](int members) {
    std::string text = "{";
    for (int i = 0; i < members; ++i) text += (i ? ",\"P" : "\"P") + std::to_string(i) + "\":\"v\"";
    return text + "}";
  };
  const Decoded full(acs3_with_body("application/json", body(256)));
  ASSERT_TRUE(full.ok()) << full.message();
  EXPECT_EQ(full.call().parameters.size(), 256u);
  EXPECT_EQ(Decoded(acs3_with_body("application/json", body(257))).code(), "InvalidParameter");
  TestRequest with_query = acs3_with_body("application/json", body(256));
  with_query.query = "Q=1";
  EXPECT_EQ(Decoded(with_query).code(), "InvalidParameter");
}

// Whoever changes an unsigned header must not change how signed bytes read.
TEST(DecodeAcs3, AnUnsignedContentTypeDecidesNothing) {
  for (const char* type : {"application/json", "application/x-www-form-urlencoded", "text/plain"}) {
    TestRequest json = acs3_with_body(type, " {\"SecretName\":\"a\"}");
    json.with("Authorization", authorization(kMinimum));
    EXPECT_EQ(Decoded(json).call().find("SecretName"), "a") << type;
    TestRequest form = acs3_with_body(type, "SecretName=a");
    form.with("Authorization", authorization(kMinimum));
    EXPECT_EQ(Decoded(form).call().find("SecretName"), "a") << type;
  }
  EXPECT_EQ(Decoded(acs3_with_body("text/plain", "SecretName=a")).code(), "InvalidParameter");
  TestRequest two = acs3_with_body("application/json", "{}");
  two.adding("Content-Type", "application/x-www-form-urlencoded");
  EXPECT_EQ(Decoded(two).code(), "InvalidParameter");
}

TEST(DecodeAcs3, DuplicatesAcrossQueryAndBody) {
  TestRequest same = acs3_with_body("application/json", R"({"SecretName":"a"})");
  same.query = "SecretName=a";
  EXPECT_TRUE(Decoded(same).ok());
  EXPECT_EQ(Decoded(same).call().parameters.size(), 1u);
  TestRequest different = same;
  different.query = "SecretName=b";
  EXPECT_EQ(Decoded(different).code(), "InvalidParameter");
}

TEST(DecodeAcs3, FormatMayBeAskedFor) {
  TestRequest request = acs3_request();
  request.query += "&Format=XML";
  EXPECT_EQ(Decoded(request).call().format, Format::kXml);
  TestRequest ram = acs3_request().with("x-acs-version", "2015-05-01");
  EXPECT_EQ(Decoded(ram).call().format, Format::kJson) << "V3 expects JSON everywhere";
}

TEST(DecodeAcs3, AnHugeNonceIsRefused) {
  EXPECT_TRUE(Decoded(acs3_request().with("x-acs-signature-nonce", std::string(128, 'n'))).ok());
  EXPECT_EQ(Decoded(acs3_request().with("x-acs-signature-nonce", std::string(129, 'n'))).code(),
            "InvalidParameter");
}

TEST(DecodeAcs3, TooManyHeadersAreRefused) {
  TestRequest request = acs3_request();
  for (int i = 0; i < 92; ++i) request.adding("x-" + std::to_string(i), "1");
  EXPECT_EQ(Decoded(request).code(), "InvalidParameter");
}

TEST(Arena, ResetWipesWhatWasUsed) {
  Arena arena;
  char* first = arena.allocate(16);
  std::fill_n(first, 16, 'x');
  arena.shrink_last(first, 8);
  char* second = arena.allocate(4, 8);
  EXPECT_EQ(second, first + 8);
  arena.allocate(100'000);
  arena.reset();
  char* again = arena.allocate(8);
  ASSERT_EQ(again, first);
  EXPECT_EQ(std::string_view(again, 8), std::string_view("\0\0\0\0\0\0\0\0", 8));
}

}  // namespace
}  // namespace strongroom::wire_openapi
