// AssumeRoleWithOIDC with tokens signed by a key of the test.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "oidc_token.h"
#include "service_world.h"

namespace strongroom::service {
namespace {

using ::testing::HasSubstr;

constexpr const char* kTrust =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":)"
    R"({"Federated":"acs:ram::1000000000000001:oidc-provider/k8s"},"Condition":{"StringEquals":)"
    R"({"oidc:iss":"https://issuer.test","oidc:aud":"sts.aliyuncs.com",)"
    R"("oidc:sub":"system:serviceaccount:ns:app"}}}]})";

class StsOidcTest : public ::testing::Test {
 protected:
  StsOidcTest() {
    world_.pages["/.well-known/openid-configuration"] =
        R"({"issuer":"https://issuer.test","jwks_uri":"https://issuer.test/keys"})";
    world_.pages["/keys"] = signer_.key_set("k1");
    EXPECT_EQ(world_
                  .call(kIms, "CreateOIDCProvider",
                        {{"OIDCProviderName", "k8s"},
                         {"IssuerUrl", "https://issuer.test"},
                         {"ClientIds", "sts.aliyuncs.com,other"}})
                  .code,
              "");
    EXPECT_EQ(
        world_.call(kRam, "CreateRole", {{"RoleName", "app"}, {"AssumeRolePolicyDocument", kTrust}})
            .code,
        "");
  }
  static std::int64_t now() { return ServiceWorld::kNow.unix_seconds(); }
  static std::string claims(std::string_view subject = "system:serviceaccount:ns:app",
                            std::string_view audience = "sts.aliyuncs.com",
                            std::int64_t issued = now(), std::int64_t expires = now() + 600) {
    return R"({"iss":"https://issuer.test","sub":")" + std::string(subject) + R"(","aud":")" +
           std::string(audience) + R"(","iat":)" + std::to_string(issued) + R"(,"exp":)" +
           std::to_string(expires) + "}";
  }
  Answered assume(const std::string& token,
                  const std::string& role = "acs:ram::1000000000000001:role/app",
                  const std::string& provider = "acs:ram::1000000000000001:oidc-provider/k8s") {
    const auto anonymous = std::make_shared<const identity::Principal>(
        identity::Principal{.kind = identity::PrincipalKind::kAnonymous,
                            .account = AccountId(),
                            .id = "",
                            .name = "",
                            .arn = "",
                            .access_key_id = "",
                            .session = false,
                            .policies = nullptr});
    return world_.call(kSts, "AssumeRoleWithOIDC",
                       {{"RoleArn", role},
                        {"OIDCProviderArn", provider},
                        {"OIDCToken", token},
                        {"RoleSessionName", "pod-1"}},
                       anonymous);
  }

  ServiceWorld world_;
  test::OidcSigner signer_;
};

TEST_F(StsOidcTest, ATrustedTokenGetsASession) {
  const Answered answered = assume(signer_.token("k1", claims()));
  EXPECT_EQ(answered.code, "") << answered.text;
  EXPECT_THAT(answered.text, HasSubstr(R"("AccessKeyId":"STS.NT)"));
  EXPECT_THAT(answered.text, HasSubstr(R"("Subject":"system:serviceaccount:ns:app")"));
}

TEST_F(StsOidcTest, EachWrongTokenHasItsCode) {
  test::OidcSigner other;
  struct Row {
    std::string token;
    const char* code;
  };
  const Row rows[] = {
      {"a.b.c", "AuthenticationFail.OIDCToken.Invalid"},
      {other.token("k1", claims()), "AuthenticationFail.OIDCToken.InvalidSignature"},
      {signer_.token("k1", claims("system:serviceaccount:ns:app", "nobody")),
       "AuthenticationFail.OIDCToken.AudienceNotMatch"},
      {signer_.token("k1", claims("system:serviceaccount:ns:app", "sts.aliyuncs.com", now() - 700,
                                  now() - 61)),
       "AuthenticationFail.OIDCToken.Expired"},
      {signer_.token("k1", claims("system:serviceaccount:ns:app", "sts.aliyuncs.com",
                                  now() - 13 * 3600, now() + 600)),
       "AuthenticationFail.OIDCToken.Expired"},
      {signer_.token("k1", claims("system:serviceaccount:ns:app", "sts.aliyuncs.com", now() + 120)),
       "AuthenticationFail.OIDCToken.Invalid"},
      {signer_.token("k1", claims("system:serviceaccount:ns:other")),
       "AuthenticationFail.NoPermission"},
      {signer_.token("k1", claims("system:serviceaccount:ns:app", "other")),
       "AuthenticationFail.NoPermission"},
  };
  for (const Row& row : rows) EXPECT_EQ(assume(row.token).code, row.code);
  // A minute's difference between clocks is forgiven.
  EXPECT_EQ(assume(signer_.token("k1", claims("system:serviceaccount:ns:app", "sts.aliyuncs.com",
                                              now() + 50, now() + 600)))
                .code,
            "");
}

TEST_F(StsOidcTest, NeitherRolesNorProvidersCanBeProbed) {
  const std::string good = signer_.token("k1", claims());
  const Answered no_role = assume(good, "acs:ram::1000000000000001:role/none");
  const Answered no_provider = assume(good, "acs:ram::1000000000000001:role/app",
                                      "acs:ram::1000000000000001:oidc-provider/none");
  EXPECT_EQ(no_role.code, "AuthenticationFail.NoPermission");
  EXPECT_EQ(no_role.text, no_provider.text);
}

TEST_F(StsOidcTest, ProvidersAnswerInTheApisShape) {
  const Answered got = world_.call(kIms, "GetOIDCProvider", {{"OIDCProviderName", "k8s"}});
  EXPECT_THAT(got.text, HasSubstr(R"("Arn":"acs:ram::1000000000000001:oidc-provider/k8s")"));
  EXPECT_THAT(got.text, HasSubstr(R"("ClientIds":"sts.aliyuncs.com,other")"));
  EXPECT_THAT(world_
                  .call(kIms, "AddFingerprintToOIDCProvider",
                        {{"OIDCProviderName", "k8s"}, {"Fingerprint", std::string(40, 'a')}})
                  .text,
              HasSubstr(R"("Fingerprints":")" + std::string(40, 'A')));
  EXPECT_THAT(world_
                  .call(kIms, "RemoveClientIdFromOIDCProvider",
                        {{"OIDCProviderName", "k8s"}, {"ClientId", "other"}})
                  .text,
              HasSubstr(R"("ClientIds":"sts.aliyuncs.com")"));
  EXPECT_EQ(world_
                .call(kIms, "CreateOIDCProvider",
                      {{"OIDCProviderName", "x"}, {"IssuerUrl", "http://issuer.test"}})
                .code,
            "InvalidParameter.IssuerUrl.Format");
  EXPECT_EQ(world_.call(kIms, "DeleteOIDCProvider", {{"OIDCProviderName", "k8s"}}).code, "");
  EXPECT_EQ(assume(signer_.token("k1", claims())).code, "AuthenticationFail.NoPermission");
}

}  // namespace
}  // namespace strongroom::service
