// Signature version 1.0 (gateway.md §1): string-to-sign, places of parameters, refusals.

#include <gtest/gtest.h>

#include "requests.h"

namespace strongroom::wire_openapi {
namespace {

// The sample of the vendor's RAM manual; its signature is checked where the MAC is.
TEST(DecodeRpc, RebuildsTheRamManualsString) {
  TestRequest request;
  request.method = "GET";
  request.query =
      "UserName=test&SignatureVersion=1.0&Format=JSON&Timestamp=2015-08-18T03%3A15%3A45Z&"
      "AccessKeyId=testid&"
      "SignatureMethod=HMAC-SHA1&Version=2015-05-01&Signature=kRA2cnpJVacIhDMzXnoNZG9tDCI%3D&"
      "Action=CreateUser&"
      "SignatureNonce=6a6e0ca6-4557-11e5-86a2-b8e8563dc8d2";
  const Decoded decoded(request);
  ASSERT_TRUE(decoded.ok()) << decoded.message();
  EXPECT_EQ(decoded.call().canonical,
            "GET&%2F&AccessKeyId%3Dtestid%26Action%3DCreateUser%26Format%3DJSON%26SignatureMethod%"
            "3DHMAC-SHA1"
            "%26SignatureNonce%3D6a6e0ca6-4557-11e5-86a2-b8e8563dc8d2%26SignatureVersion%3D1.0"
            "%26Timestamp%3D2015-08-18T03%253A15%253A45Z%26UserName%3Dtest%26Version%3D2015-05-01");
  EXPECT_EQ(decoded.call().signature, "kRA2cnpJVacIhDMzXnoNZG9tDCI=");
  EXPECT_EQ(decoded.call().scheme, Scheme::kRpcHmacSha1);
}

TEST(DecodeRpc, FactsComeOutOfTheParameters) {
  TestRequest request = rpc_request();
  request.query += "&SecurityToken=CAIS%2Btok";
  const Decoded decoded(request);
  ASSERT_TRUE(decoded.ok()) << decoded.message();
  const Call& call = decoded.call();
  EXPECT_EQ(call.action, "GetSecretValue");
  EXPECT_EQ(call.version, "2016-01-20");
  EXPECT_EQ(call.access_key_id, "testid");
  EXPECT_EQ(call.timestamp, "2026-11-21T22:34:21Z");
  EXPECT_EQ(call.nonce, "n1");
  EXPECT_EQ(call.security_token, "CAIS+tok");
  EXPECT_EQ(call.find("SecretName"), "db/pass");
  EXPECT_FALSE(call.find("SecretNam"));
}

// One canonical form for every client's spelling of the same parameters (gateway.md §1.3).
TEST(DecodeRpc, EncodingsOfTheSameValueGiveOneString) {
  const auto canonical = [](const std::string& spelled) {
    TestRequest request = rpc_request();
    request.query += "&SecretData=" + spelled;
    const Decoded decoded(request);
    EXPECT_TRUE(decoded.ok()) << decoded.message();
    return std::string(decoded.call().canonical);
  };
  const std::string expected = canonical("a%20b%2A%21%27%28%29~%2F");
  EXPECT_NE(expected.find("SecretData%3Da%2520b%252A%2521%2527%2528%2529~%252F"),
            std::string::npos);
  EXPECT_EQ(canonical("a+b*!'()~/"), expected);
  EXPECT_EQ(canonical("a%20b%2a%21%27%28%29%7e%2f"), expected);
}

TEST(DecodeRpc, EmptyValuesStay) {
  TestRequest request = rpc_request();
  request.query += "&SignatureType=&Tag.2.Value";
  const Decoded decoded(request);
  ASSERT_TRUE(decoded.ok());
  EXPECT_NE(decoded.call().canonical.find("%26SignatureType%3D%26SignatureVersion"),
            std::string_view::npos);
  EXPECT_NE(decoded.call().canonical.find("%26Tag.2.Value%3D%26"), std::string_view::npos);
}

TEST(DecodeRpc, FormAndQueryAreOneSet) {
  TestRequest split = rpc_request();
  split.method = "POST";
  split.query = without_parameter(split.query, "SecretName");
  split.body = "SecretName=db%2Fpass";
  split.with("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  TestRequest whole = rpc_request();
  whole.method = "POST";
  const Decoded a(split);
  const Decoded b(whole);
  ASSERT_TRUE(a.ok()) << a.message();
  EXPECT_EQ(a.call().canonical, b.call().canonical);
  EXPECT_EQ(a.call().find("SecretName"), "db/pass");

  TestRequest form = rpc_request();
  form.method = "POST";
  form.body = form.query;
  form.query = "";
  form.with("content-type", "APPLICATION/X-WWW-FORM-URLENCODED");
  EXPECT_EQ(Decoded(form).call().canonical, b.call().canonical);
}

TEST(DecodeRpc, AFormContentTypeWithoutBodyIsFine) {
  EXPECT_TRUE(
      Decoded(rpc_request().with("content-type", "application/x-www-form-urlencoded")).ok());
  EXPECT_TRUE(Decoded(rpc_request().with("content-type", "application/json")).ok());
}

TEST(DecodeRpc, RepeatedParametersMustAgree) {
  TestRequest same = rpc_request();
  same.query += "&SecretName=db/pass";
  const Decoded decoded(same);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded.call().canonical, Decoded(rpc_request()).call().canonical);

  TestRequest different = rpc_request();
  different.query += "&SecretName=other";
  EXPECT_EQ(Decoded(different).code(), "InvalidParameter");
  EXPECT_NE(Decoded(different).message().find("\"SecretName\""), std::string::npos);

  TestRequest across = rpc_request();
  across.body = "SecretName=other";
  across.with("content-type", "application/x-www-form-urlencoded");
  EXPECT_EQ(Decoded(across).code(), "InvalidParameter");
}

TEST(DecodeRpc, MissingCommonParametersAreNamed) {
  for (const char* name :
       {"Action", "Version", "AccessKeyId", "Timestamp", "SignatureMethod", "Signature"}) {
    TestRequest request = rpc_request();
    request.query = without_parameter(request.query, name);
    const Decoded decoded(request);
    EXPECT_EQ(decoded.code(), std::string("Missing") + name);
    EXPECT_EQ(decoded.message(), std::string(name) + " is mandatory for this action.");
  }
  // Neither is required by the service's own table.
  for (const char* name : {"SignatureNonce", "SignatureVersion", "Format"}) {
    TestRequest request = rpc_request();
    request.query = without_parameter(request.query, name);
    EXPECT_TRUE(Decoded(request).ok()) << name;
  }
  TestRequest empty = rpc_request();
  empty.query = without_parameter(empty.query, "Signature") + "&Signature=";
  EXPECT_EQ(Decoded(empty).code(), "MissingSignature");
}

// A header is not covered by this signature: it must never choose the action of a signed call.
TEST(DecodeRpc, HeadersDoNotReplaceSignedParameters) {
  TestRequest request = rpc_request();
  request.with("x-acs-action", "DeleteSecret").with("x-acs-version", "2015-05-01");
  EXPECT_EQ(Decoded(request).call().action, "GetSecretValue");
  EXPECT_EQ(Decoded(request).call().version, "2016-01-20");
  request.query = without_parameter(request.query, "Action");
  EXPECT_EQ(Decoded(request).code(), "MissingAction");
}

TEST(DecodeRpc, SignatureMethods) {
  const auto scheme = [](const std::string& method, const std::string& type) {
    TestRequest request = rpc_request();
    request.query =
        without_parameter(request.query, "SignatureMethod") + "&SignatureMethod=" + method;
    if (type != "-") request.query += "&SignatureType=" + type;
    const Decoded decoded(request);
    return decoded.ok()                                 ? static_cast<int>(decoded.call().scheme)
           : decoded.code() == "InvalidSignatureMethod" ? -1
                                                        : -2;
  };
  EXPECT_EQ(scheme("HMAC-SHA1", "-"), static_cast<int>(Scheme::kRpcHmacSha1));
  EXPECT_EQ(scheme("HMAC-SHA1", ""), static_cast<int>(Scheme::kRpcHmacSha1));
  EXPECT_EQ(scheme("HMAC-SHA256", ""), static_cast<int>(Scheme::kRpcHmacSha256));
  EXPECT_EQ(scheme("SHA256withRSA", "PRIVATEKEY"), static_cast<int>(Scheme::kRpcRsaSha256));
  EXPECT_EQ(scheme("SHA256withRSA", ""), -1);
  EXPECT_EQ(scheme("HMAC-SHA1", "PRIVATEKEY"), -1);
  EXPECT_EQ(scheme("HMAC-MD5", ""), -1);
  EXPECT_EQ(scheme("hmac-sha1", ""), -1);
  EXPECT_EQ(scheme("HMAC-SHA1", "BEARERTOKEN"), -1);
  EXPECT_EQ(scheme("BEARERTOKEN", "BEARERTOKEN"), -1);
}

TEST(DecodeRpc, OtherSignatureVersionsAreRefused) {
  TestRequest request = rpc_request();
  request.query = without_parameter(request.query, "SignatureVersion") + "&SignatureVersion=2.0";
  EXPECT_EQ(Decoded(request).code(), "IncompleteSignature");
}

TEST(DecodeRpc, BodiesThatTheSignatureDoesNotCoverAreRefused) {
  TestRequest request = rpc_request();
  request.method = "POST";
  request.body = "{\"SecretData\":\"x\"}";
  for (const char* type : {"application/json", "text/plain", "", "application/octet-stream"}) {
    EXPECT_EQ(Decoded(request.with("content-type", type)).code(), "InvalidParameter") << type;
  }
  EXPECT_EQ(Decoded(request.without("content-type")).code(), "InvalidParameter");
}

TEST(DecodeRpc, FormatRules) {
  const auto format = [](const std::string& text, const std::string& version) {
    TestRequest request = rpc_request();
    request.query = without_parameter(without_parameter(request.query, "Format"), "Version") +
                    "&Version=" + version;
    if (text != "-") request.query += "&Format=" + text;
    const Decoded decoded(request);
    if (!decoded.ok()) return decoded.code();
    return std::string(decoded.call().format == Format::kXml ? "xml" : "json");
  };
  EXPECT_EQ(format("-", "2016-01-20"), "json");
  EXPECT_EQ(format("-", "2015-05-01"), "xml");
  EXPECT_EQ(format("-", "2015-04-01"), "xml");
  EXPECT_EQ(format("json", "2015-05-01"), "json");
  EXPECT_EQ(format("JSON", "2015-04-01"), "json");
  EXPECT_EQ(format("XML", "2016-01-20"), "xml");
  EXPECT_EQ(format("Xml", "2016-01-20"), "xml");
  EXPECT_EQ(format("None", "2015-05-01"), "json");
  EXPECT_EQ(format("RAW", "2016-01-20"), "json");
  EXPECT_EQ(format("YAML", "2016-01-20"), "InvalidParameter.Format");
}

TEST(DecodeRpc, ErrorsKnowTheFormAndTheAction) {
  TestRequest request = rpc_request();
  request.query =
      without_parameter(without_parameter(request.query, "Format"), "Signature") + "&Format=XML";
  const Decoded decoded(request);
  EXPECT_EQ(decoded.code(), "MissingSignature");
  EXPECT_EQ(decoded.call().format, Format::kXml);
  EXPECT_EQ(decoded.call().action, "GetSecretValue");
}

TEST(DecodeRpc, MethodPathAndNames) {
  TestRequest put = rpc_request();
  put.method = "PUT";
  EXPECT_EQ(Decoded(put).code(), "UnsupportedHTTPMethod");
  TestRequest elsewhere = rpc_request();
  elsewhere.path = "/kms";
  EXPECT_EQ(Decoded(elsewhere).code(), "InvalidAction.NotFound");
  for (const char* action : {"Get%20Secret", "..%2F", "%00", "A%0AB", "%E4%B8%AD"}) {
    TestRequest request = rpc_request();
    request.query = without_parameter(request.query, "Action") + "&Action=" + action;
    const Decoded decoded(request);
    EXPECT_EQ(decoded.code(), "InvalidParameter") << action;
    EXPECT_NE(decoded.message().find("\"Action or Version\""), std::string::npos);
  }
}

TEST(DecodeRpc, MalformedEscapesAreRefused) {
  for (const char* value : {"%", "%2", "%zz", "%2g", "a%", "%ff", "%C3%28", "%ED%A0%80", "\xFF"}) {
    TestRequest request = rpc_request();
    request.query += std::string("&SecretData=") + value;
    EXPECT_EQ(Decoded(request).code(), "InvalidParameter") << value;
    TestRequest in_name = rpc_request();
    in_name.query += std::string("&") + value + "=x";
    EXPECT_EQ(Decoded(in_name).code(), "InvalidParameter") << value;
  }
}

TEST(DecodeRpc, AtMost256Parameters) {
  TestRequest request = rpc_request();
  const auto total =
      static_cast<std::size_t>(std::count(request.query.begin(), request.query.end(), '&')) + 1;
  for (std::size_t i = total; i < 256; ++i) request.query += "&P" + std::to_string(i) + "=v";
  const Decoded full(request);
  ASSERT_TRUE(full.ok()) << full.message();
  EXPECT_EQ(full.call().parameters.size(), 256u);
  EXPECT_TRUE(std::is_sorted(full.call().parameters.begin(), full.call().parameters.end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));
  EXPECT_EQ(full.call().find("P255"), "v");
  request.query += "&One=more";
  EXPECT_EQ(Decoded(request).code(), "InvalidParameter");
  TestRequest in_body = rpc_request();
  in_body.with("content-type", "application/x-www-form-urlencoded");
  for (int i = 0; i < 250; ++i) in_body.body += "&B" + std::to_string(i) + "=v";
  EXPECT_EQ(Decoded(in_body).code(), "InvalidParameter");
}

TEST(DecodeRpc, AnHugeNonceIsRefused) {
  TestRequest request = rpc_request();
  request.query = without_parameter(request.query, "SignatureNonce") +
                  "&SignatureNonce=" + std::string(129, 'n');
  EXPECT_EQ(Decoded(request).code(), "InvalidParameter");
}

TEST(DecodeRpc, ALargeValueFitsWholeInTheRequestLine) {
  TestRequest request = rpc_request();
  std::string expected;
  request.query += "&SecretData=";
  for (int i = 0; i < 30'720; ++i) {
    request.query += "%26";
    expected += '&';
  }
  const Decoded decoded(request);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded.call().find("SecretData"), expected);
  EXPECT_GT(decoded.call().canonical.size(), 5u * 30'720u);
}

TEST(Unsigned, OnlyWhatBringsItsOwnProof) {
  TestRequest request;
  request.query =
      "Version=2015-04-01&Action=AssumeRoleWithOIDC&Format=JSON&Timestamp=2026-11-21T22%3A34%3A21Z";
  request.body = "RoleSessionName=x&OIDCToken=a.b.c";
  request.headers = {{"content-type", "application/x-www-form-urlencoded"}};
  const Decoded decoded(request);
  ASSERT_TRUE(decoded.ok()) << decoded.message();
  EXPECT_EQ(decoded.call().scheme, Scheme::kUnsigned);
  EXPECT_EQ(decoded.call().find("OIDCToken"), "a.b.c");

  request.query = "Version=2015-04-01&Action=AssumeRoleWithSAML";
  EXPECT_TRUE(Decoded(request).ok());

  for (const char* action : {"AssumeRole", "GetSecretValue", "assumerolewithoidc"}) {
    TestRequest other;
    other.query = std::string("Version=2015-04-01&Format=JSON&Action=") + action;
    EXPECT_EQ(Decoded(other).code(), "MissingAccessKeyId") << action;
  }
  TestRequest nothing;
  EXPECT_EQ(Decoded(nothing).code(), "MissingAction");
}

TEST(Redaction, SecretValuesAreStarred) {
  TestRequest request = rpc_request();
  request.query +=
      "&SecretData=s3cr3t%26Plaintext%3D&ExtendedConfig.CustomData.k=hidden&Password=pw&Plaintext="
      "pt";
  const Decoded decoded(request);
  ASSERT_TRUE(decoded.ok());
  const std::string text = redacted_string_to_sign(decoded.call(), decoded.call().canonical);
  for (const char* secret : {"s3cr3t", "hidden", "Dpw", "Dpt"})
    EXPECT_EQ(text.find(secret), std::string::npos) << text;
  EXPECT_NE(text.find("%26SecretData%3D***%26SecretName%3Ddb%252Fpass%26"), std::string::npos)
      << text;
  EXPECT_TRUE(text.starts_with("GET&%2F&AccessKeyId%3Dtestid%26Action%3D"));

  const Decoded plain(rpc_request());
  EXPECT_EQ(redacted_string_to_sign(plain.call(), plain.call().canonical), plain.call().canonical);
}

}  // namespace
}  // namespace strongroom::wire_openapi
