#include <gtest/gtest.h>

#include <string>

#include "requests.h"
#include "strongroom/wire_openapi/call.h"

namespace strongroom::wire_openapi {
namespace {

// As the Go secrets client of the second generation (2.0.1) sends it; its signature is shortened.
TestRequest bearer_request() {
  TestRequest request;
  request.query =
      "FetchExtendedConfig=true&SecretName=a+b%2Ac~%2F%C3%A9&SignatureType=BEARERTOKEN&"
      "VersionStage=ACSCurrent";
  request.headers = {{"Host", "localhost:28443"},
                     {"User-Agent", "AlibabaCloud (linux; amd64) Golang/1.26.8 Core/0.01 TeaDSL/2"},
                     {"Content-Length", "0"},
                     {"Date", "2026-11-23T04:24:52Z"},
                     {"accept", "application/json"},
                     {"x-acs-action", "GetSecretValue"},
                     {"x-acs-bearer-token", "pCV4Y8ydD0QBU6sK+lUT5qe1"},
                     {"x-acs-content-sha256", kEmptyHash},
                     {"x-acs-credentials-provider", "bearer"},
                     {"x-acs-date", "2026-11-23T04:24:52Z"},
                     {"x-acs-signature-nonce", "521c27372ef83916488bc725ded014b9"},
                     {"x-acs-version", "2016-01-20"},
                     {"x-kms-acccesskeyid", "KAAP.5a1e7c9e-0000-4000-8000-000000000001"},
                     {"x-kms-apiname", "GetSecretValue"},
                     {"x-kms-apiversion", "2016-01-02"},
                     {"x-kms-signaturemethod", "RSA_PKCS1_SHA_256"}};
  return request;
}

constexpr std::string_view kSignedText =
    "Date=2026-11-23T04%3A24%3A52Z&FetchExtendedConfig=true&SecretName=a%20b%2Ac~%2F%C3%A9&"
    "VersionStage=ACSCurrent&x-kms-acccesskeyid=KAAP.5a1e7c9e-0000-4000-8000-000000000001&"
    "x-kms-apiname=GetSecretValue&x-kms-apiversion=2016-01-02&"
    "x-kms-signaturemethod=RSA_PKCS1_SHA_256";

TEST(DecodeBearer, TheTokenOfAClientKeyCoversParametersAndFiveFields) {
  const Decoded decoded(bearer_request());
  ASSERT_TRUE(decoded.ok()) << decoded.message();
  const Call& call = decoded.call();
  EXPECT_EQ(call.scheme, Scheme::kBearerRsaSha256);
  EXPECT_EQ(call.canonical, kSignedText);
  EXPECT_EQ(call.action, "GetSecretValue");
  EXPECT_EQ(call.version, "2016-01-20");
  EXPECT_EQ(call.access_key_id, "KAAP.5a1e7c9e-0000-4000-8000-000000000001");
  EXPECT_EQ(call.timestamp, "2026-11-23T04:24:52Z");
  EXPECT_EQ(call.signature, "pCV4Y8ydD0QBU6sK+lUT5qe1");
  EXPECT_EQ(call.nonce, "");  // it is not signed
  EXPECT_EQ(call.find("SecretName"), "a b*c~/\xc3\xa9");
}

TEST(DecodeBearer, NamesOfFieldsAreSignedInOneCase) {
  TestRequest request = bearer_request().without("Date").without("x-kms-apiname");
  request.adding("date", "2026-11-23T04:24:52Z").adding("X-KMS-ApiName", "GetSecretValue");
  EXPECT_EQ(Decoded(request).call().canonical, kSignedText);
}

TEST(DecodeBearer, AFormIsCoveredToo) {
  TestRequest request = bearer_request();
  request.query = "SignatureType=BEARERTOKEN&VersionStage=ACSCurrent";
  request.body = "SecretName=a+b%2Ac~%2F%C3%A9&FetchExtendedConfig=true";
  request.adding("content-type", "application/x-www-form-urlencoded");
  EXPECT_EQ(Decoded(request).call().canonical, kSignedText);
  request.body = R"({"SecretName":"x"})";
  request.with("content-type", "application/json");
  EXPECT_EQ(Decoded(request).code(), "InvalidParameter");
}

// Neither x-acs-action nor x-acs-version is signed.
TEST(DecodeBearer, TheUnsignedFieldsDecideNothing) {
  EXPECT_EQ(Decoded(bearer_request().with("x-acs-action", "Decrypt")).code(),
            "IncompleteSignature");
  EXPECT_EQ(Decoded(bearer_request().with("x-acs-version", "2015-05-01")).code(),
            "InvalidSignatureMethod");
  EXPECT_EQ(Decoded(bearer_request().without("x-kms-apiname")).code(), "IncompleteSignature");
  EXPECT_EQ(Decoded(bearer_request().without("x-acs-version")).code(), "MissingVersion");
}

TEST(DecodeBearer, WhatIsMissingOrGivenTwiceIsRefused) {
  EXPECT_EQ(Decoded(bearer_request().without("Date")).code(), "MissingTimestamp");
  EXPECT_EQ(Decoded(bearer_request().without("x-kms-signaturemethod")).code(),
            "InvalidSignatureMethod");
  EXPECT_EQ(Decoded(bearer_request().with("x-kms-signaturemethod", "HMAC")).code(),
            "InvalidSignatureMethod");
  EXPECT_EQ(Decoded(bearer_request().with("x-acs-bearer-token", "")).code(), "IncompleteSignature");
  for (const char* name : {"Date", "x-kms-acccesskeyid", "X-Kms-ApiName", "x-kms-apiversion",
                           "x-kms-signaturemethod", "x-acs-bearer-token", "x-acs-action"}) {
    EXPECT_EQ(Decoded(bearer_request().adding(name, "other")).code(), "IncompleteSignature")
        << name;
  }
  // Another kind of token: nobody here issues any.
  EXPECT_EQ(Decoded(bearer_request().without("x-kms-acccesskeyid")).code(),
            "InvalidSignatureMethod");
}

TEST(DecodeBearer, NoParameterStandsForAFieldOrAnotherForm) {
  for (const char* parameter :
       {"&Date=2026-11-23T04%3A24%3A52Z", "&x-kms-apiname=GetSecretValue", "&Signature=c2ln"}) {
    TestRequest request = bearer_request();
    request.query += parameter;
    EXPECT_EQ(Decoded(request).code(), "IncompleteSignature") << parameter;
  }
  TestRequest other = bearer_request();
  other.query = "SecretName=a&SignatureType=PRIVATEKEY";
  EXPECT_EQ(Decoded(other).code(), "IncompleteSignature");
}

TEST(DecodeBearer, TheEchoShowsNoSecretValues) {
  TestRequest request = bearer_request().with("x-kms-apiname", "Encrypt");
  request.with("x-acs-action", "Encrypt");
  request.query = "KeyId=k&Plaintext=c2VjcmV0&SignatureType=BEARERTOKEN";
  const Decoded decoded(request);
  const std::string text = redacted_string_to_sign(decoded.call(), decoded.call().canonical);
  EXPECT_TRUE(text.starts_with("Date=2026-11-23T04%3A24%3A52Z&KeyId=k&Plaintext=***&x-kms-"))
      << text;
}

}  // namespace
}  // namespace strongroom::wire_openapi
