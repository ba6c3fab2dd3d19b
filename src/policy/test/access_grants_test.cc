#include "strongroom/policy/access_grants.h"

#include <gtest/gtest.h>

namespace strongroom::policy {
namespace {

constexpr std::string_view kInstance = "kst-1";

AccessPolicy policy_of(std::string scope, std::uint8_t roles, std::vector<std::string> resources) {
  return {.name = "p",
          .scope = std::move(scope),
          .roles = roles,
          .resources = std::move(resources),
          .restricted = false,
          .networks = {}};
}
bool allowed(const AccessPolicy& policy, const AccessQuery& query) {
  return AccessGrants::compile({policy})->decide(query).allowed;
}
constexpr AccessQuery secret(std::string_view scope, std::string_view name,
                             std::string_view source = "10.0.0.1") {
  return {.scope = scope, .use = AccessUse::kSecretValue, .resource = name, .source = source};
}
constexpr AccessQuery key(std::string_view scope, std::string_view name) {
  return {.scope = scope, .use = AccessUse::kCrypto, .resource = name, .source = "10.0.0.1"};
}

TEST(AccessGrants, RolesBelongToTheirGateway) {
  const std::vector<std::string> all = {"key/*", "secret/*"};
  EXPECT_TRUE(allowed(policy_of("kst-1", kCryptoServiceKeyUser, all), key(kInstance, "key/k")));
  EXPECT_FALSE(
      allowed(policy_of("kst-1", kCryptoServiceKeyUser, all), secret(kInstance, "secret/s")));
  EXPECT_TRUE(
      allowed(policy_of("kst-1", kCryptoServiceSecretUser, all), secret(kInstance, "secret/s")));
  EXPECT_FALSE(allowed(policy_of("kst-1", kSecretUser, all), secret(kInstance, "secret/s")));
  EXPECT_TRUE(allowed(policy_of("shared", kSecretUser, all), secret("shared", "secret/s")));
  EXPECT_FALSE(allowed(policy_of("shared", 3, all), secret("shared", "secret/s")));
  EXPECT_FALSE(allowed(policy_of("shared", 7, all), key("shared", "key/k")));
  EXPECT_FALSE(allowed(policy_of("kst-2", 7, all), key(kInstance, "key/k")));
}

TEST(AccessGrants, AStarIsAnyRunOfAResource) {
  const auto may = [](std::string pattern, std::string_view resource) {
    return allowed(policy_of("shared", kSecretUser, {std::move(pattern)}),
                   secret("shared", resource));
  };
  EXPECT_TRUE(may("secret/app/*", "secret/app/db"));
  EXPECT_TRUE(may("secret/*", "secret/acs/ram/user/x"));
  EXPECT_FALSE(may("secret/app/*", "secret/apple"));
  EXPECT_TRUE(may("secret/*/db", "secret/app/db"));
  EXPECT_TRUE(may("secret/app-*/db", "secret/app-a/b/db"));
  EXPECT_TRUE(may("secret/db-?", "secret/db-1"));
  EXPECT_FALSE(may("secret/*/db", "secret/app/db2"));
  EXPECT_FALSE(may("secret/*/db", "secret/db"));
  EXPECT_FALSE(may("secret/*db", "key/db"));
  EXPECT_FALSE(may("secret/app", "secret/app/db"));
  EXPECT_TRUE(may("*", "secret/x"));
  EXPECT_FALSE(may("key/*", "secret/x"));
}

TEST(AccessGrants, AResourceOfManyStarsStaysCheap) {
  std::string pattern = "secret/";
  for (int i = 0; i < 60; ++i) pattern += "a*";
  const auto grants = AccessGrants::compile({policy_of(
      "kst-1", kCryptoServiceSecretUser, std::vector<std::string>(200, pattern + "?b"))});
  const std::string resource = "secret/" + std::string(20'000, 'a');
  EXPECT_FALSE(grants
                   ->decide({.scope = "kst-1",
                             .use = AccessUse::kSecretValue,
                             .resource = resource,
                             .source = "10.0.0.1"})
                   .allowed);
}

TEST(AccessGrants, ARuleThatIsGoneMatchesNoAddress) {
  AccessPolicy policy = policy_of("kst-1", kCryptoServiceSecretUser, {"secret/*"});
  policy.restricted = true;
  EXPECT_FALSE(allowed(policy, secret(kInstance, "secret/s")));
  policy.networks = {{NetworkType::kPrivate, {"10.0.0.0/24", "2001:db8::/32"}}};
  EXPECT_TRUE(allowed(policy, secret(kInstance, "secret/s")));
  EXPECT_TRUE(allowed(policy, secret(kInstance, "secret/s", "::ffff:10.0.0.9")));
  EXPECT_TRUE(allowed(policy, secret(kInstance, "secret/s", "2001:db8::9")));
  EXPECT_FALSE(allowed(policy, secret(kInstance, "secret/s", "10.0.1.1")));
  EXPECT_FALSE(allowed(policy, secret(kInstance, "secret/s", "nonsense")));
  policy.networks[0].type = NetworkType::kPublic;  // not the instance's path
  EXPECT_FALSE(allowed(policy, secret(kInstance, "secret/s")));
  policy.scope = "shared";
  policy.roles = kSecretUser;
  EXPECT_TRUE(allowed(policy, secret("shared", "secret/s")));
}

TEST(AccessGrants, PoliciesAreAlternativesAndTheLastCheckIsTold) {
  AccessPolicy one = policy_of("kst-1", kCryptoServiceKeyUser, {"key/a"});
  AccessPolicy two = policy_of("kst-1", kCryptoServiceSecretUser, {"secret/b"});
  two.name = "two";
  const auto grants = AccessGrants::compile({one, two});
  EXPECT_EQ(grants->decide(secret(kInstance, "secret/b")).policy, "two");
  EXPECT_EQ(grants->decide(secret(kInstance, "secret/c")).refusal, AccessRefusal::kResource);
  EXPECT_EQ(grants->decide(secret("kst-9", "secret/b")).refusal, AccessRefusal::kScope);
  EXPECT_EQ(AccessGrants::compile({one})->decide(secret(kInstance, "secret/b")).refusal,
            AccessRefusal::kRole);
  EXPECT_TRUE(
      grants->decide({.scope = kInstance, .use = AccessUse::kCrypto, .resource = "", .source = ""})
          .allowed);
  EXPECT_FALSE(AccessGrants::compile({})->decide(key(kInstance, "key/a")).allowed);
}

}  // namespace
}  // namespace strongroom::policy
