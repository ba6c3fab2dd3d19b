#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "strongroom/base/bytes.h"
#include "strongroom/oidc/issuers.h"

namespace strongroom::oidc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// RFC 7515 appendix A.2: key and signature; its payload has no sub, so only the signature is used.
constexpr std::string_view kRfcKey =
    R"({"keys":[{"kty":"RSA","kid":"rfc","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddx)"
    R"(HmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGz)"
    R"(jb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3q)"
    R"(Co5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",)"
    R"("e":"AQAB"}]})";
constexpr std::string_view kRfcSigned =
    "eyJhbGciOiJSUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";
constexpr std::string_view kRfcSignature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
    "O8W2Fp5jujG"
    "bds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
    "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
    "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
    "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6"
    "LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

std::string url64(std::string_view text) {
  std::string out = base64_encode(as_bytes(text));
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (out.ends_with('=')) out.pop_back();
  return out;
}

std::string jwt(std::string_view header, std::string_view payload) {
  return url64(header) + "." + url64(payload) + "." + url64("signature");
}

constexpr std::string_view kHeader = R"({"alg":"RS256","kid":"k1"})";
constexpr std::string_view kClaims =
    R"({"iss":"https://issuer.test","sub":"s","aud":["a","b"],"iat":1795300000,"exp":1795303600})";

TEST(Token, ClaimsAreRead) {
  const std::string text = jwt(kHeader, kClaims);
  const auto token = parse_token(text);
  ASSERT_TRUE(token) << token.error().message();
  EXPECT_EQ(token->key_id, "k1");
  EXPECT_EQ(token->issuer, "https://issuer.test");
  EXPECT_EQ(token->subject, "s");
  EXPECT_THAT(token->audiences, ElementsAre("a", "b"));
  EXPECT_EQ(token->expires, Instant::from_seconds(1'795'303'600));
  EXPECT_EQ(token->signature, "signature");
  EXPECT_EQ(token->signed_part, text.substr(0, text.rfind('.')));
}

TEST(Token, NothingElseIsAToken) {
  const std::string good = jwt(kHeader, kClaims);
  const std::string bad[] = {
      "",
      "a.b",
      good + ".x",
      good + "=",
      jwt(R"({"alg":"none"})", kClaims),
      jwt(R"({"alg":"HS256"})", kClaims),
      jwt(R"({"alg":"rs256"})", kClaims),
      jwt(R"({"alg":"RS256","crit":["x"]})", kClaims),
      jwt(R"({"alg":"RS256","alg":"RS256"})", kClaims),
      jwt("[]", kClaims),
      jwt(kHeader, "{}"),
      jwt(kHeader, R"({"iss":"i","sub":"s","aud":[],"iat":1,"exp":2})"),
      jwt(kHeader, R"({"iss":"i","sub":"s","aud":[1],"iat":1,"exp":2})"),
      jwt(kHeader, R"({"iss":"i","sub":"s","aud":"a","iat":-1,"exp":2})"),
      jwt(kHeader, R"({"iss":"i","sub":"s","aud":"a","iat":1,"exp":1e99})"),
      jwt(kHeader, R"({"iss":"i","sub":"s","aud":"a","iat":1,"exp":2,"nbf":"x"})"),
      jwt(kHeader, R"({"iss":"i","iss":"j","sub":"s","aud":"a","iat":1,"exp":2})"),
      std::string(20'001, 'a'),
  };
  for (const std::string& text : bad) {
    const auto token = parse_token(text);
    ASSERT_FALSE(token) << text;
    EXPECT_EQ(token.error().code(), "AuthenticationFail.OIDCToken.Invalid");
  }
}

TEST(KeySet, ASignatureOfTheRfcIsGoodAndAChangedOneIsNot) {
  const auto set = KeySet::parse(kRfcKey);
  ASSERT_TRUE(set) << set.error().message();
  Token token;
  token.key_id = "rfc";
  token.signed_part = kRfcSigned;
  token.signature = *base64url_decode(kRfcSignature);
  EXPECT_TRUE(set->verifies(token));
  token.key_id = "";
  EXPECT_TRUE(set->verifies(token));
  token.key_id = "other";
  EXPECT_FALSE(set->verifies(token));
  token.key_id = "rfc";
  token.signature[0] ^= 1;
  EXPECT_FALSE(set->verifies(token));
}

TEST(KeySet, OnlySigningKeysOfRsaCount) {
  for (const char* json :
       {"", "{}", R"({"keys":{}})", R"({"keys":[]})", R"({"keys":[{"kty":"EC","crv":"P-256"}]})",
        R"({"keys":[{"kty":"oct","k":"c2VjcmV0"}]})",
        R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]})", R"({"keys":[1]})"}) {
    EXPECT_FALSE(KeySet::parse(json)) << json;
  }
}

TEST(UrlParser, TakesHttpsWithHostPortAndPathAlone) {
  const auto url = Url::parse("https://a.example:8443/x/y");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "a.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/x/y");
  EXPECT_EQ(Url::parse("https://[::1]:1/")->host, "::1");
  EXPECT_EQ(Url::parse("https://[::1]")->port, 443);
  for (const char* bad :
       {"http://a/", "https://", "https:///x", "https://u@a/", "https://a:0/", "https://a:99999/",
        "https://a/?q", "https://a/#f", "https://a/ b", "https://a\r\nX: y/", "https://[::1/"}) {
    EXPECT_FALSE(Url::parse(bad)) << bad;
  }
}

class IssuersTest : public ::testing::Test {
 protected:
  static constexpr std::string_view kIssuer = "https://issuer.test/tenant";

  IssuersTest() {
    answers_["/tenant/.well-known/openid-configuration"] =
        R"({"issuer":"https://issuer.test/tenant","jwks_uri":"https://issuer.test/keys"})";
    answers_["/keys"] = kRfcKey;
    token_.key_id = "rfc";
    token_.issuer = kIssuer;
    token_.signed_part = kRfcSigned;
    token_.signature = *base64url_decode(kRfcSignature);
  }
  std::string check(std::int64_t at_seconds = 0) {
    const auto checked = issuers_.check_signature(
        token_, {kIssuer, pins_}, Instant::from_seconds(1'795'300'000 + at_seconds));
    return checked ? "" : checked.error().code();
  }

  std::map<std::string, std::string> answers_;
  std::vector<std::string> chain_{"AB01"};
  std::vector<std::string> pins_;
  int fetched_ = 0;
  Issuers issuers_{[this](const Url& url) -> Result<Fetched> {
    ++fetched_;
    const auto found = answers_.find(url.path);
    if (url.host != "issuer.test" || found == answers_.end()) {
      return fail(ErrorKind::kUnavailable, "FetchFailed", "nobody there");
    }
    return Fetched{found->second, chain_};
  }};
  Token token_;
};

TEST_F(IssuersTest, KeysAreFetchedOnceAnHour) {
  EXPECT_EQ(check(), "");
  EXPECT_EQ(check(10), "");
  EXPECT_EQ(fetched_, 2);
  EXPECT_EQ(check(3'601), "");
  EXPECT_EQ(fetched_, 4);
}

TEST_F(IssuersTest, AnUnknownKeyIdFetchesAnewOnceAMinute) {
  EXPECT_EQ(check(), "");
  token_.key_id = "new";
  EXPECT_EQ(check(10), "AuthenticationFail.OIDCToken.InvalidSignature");
  EXPECT_EQ(fetched_, 2);
  std::string rotated(kRfcKey);
  rotated.replace(rotated.find("\"rfc\""), 5, "\"new\"");
  answers_["/keys"] = rotated;
  EXPECT_EQ(check(61), "");
  EXPECT_EQ(fetched_, 4);
}

TEST_F(IssuersTest, TheKeysMustBeAtTheIssuersOwnHost) {
  answers_["/tenant/.well-known/openid-configuration"] =
      R"({"issuer":"https://issuer.test/tenant","jwks_uri":"https://evil.test/keys"})";
  EXPECT_EQ(check(), "AuthenticationFail.OIDCToken.HttpsUrlInvalid");
  EXPECT_EQ(fetched_, 1);
}

TEST_F(IssuersTest, TheDocumentMustNameTheIssuer) {
  answers_["/tenant/.well-known/openid-configuration"] =
      R"({"issuer":"https://issuer.test","jwks_uri":"https://issuer.test/keys"})";
  EXPECT_EQ(check(), "AuthenticationFail.OIDCToken.HttpsUrlInvalid");
}

TEST_F(IssuersTest, AnotherIssuersTokenIsNotFetchedFor) {
  token_.issuer = "https://evil.test";
  EXPECT_EQ(check(), "AuthenticationFail.OIDCToken.Invalid");
  EXPECT_EQ(fetched_, 0);
}

TEST_F(IssuersTest, APinnedChainMustHoldThePin) {
  pins_ = {"CD02"};
  EXPECT_EQ(check(), "AuthenticationFail.OIDCToken.HttpsUrlInvalid");
  pins_ = {"CD02", "AB01"};
  EXPECT_EQ(check(1), "");
}

TEST_F(IssuersTest, AFailedFetchWaitsAMinute) {
  answers_.clear();
  EXPECT_EQ(check(), "AuthenticationFail.OIDCToken.HttpsUrlInvalid");
  EXPECT_EQ(check(30), "AuthenticationFail.OIDCToken.HttpsUrlInvalid");
  EXPECT_EQ(fetched_, 1);
}

}  // namespace
}  // namespace strongroom::oidc
