#include "strongroom/identity/sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strongroom/base/limits.h"
#include "strongroom/crypto/mac.h"
#include "strongroom/identity/authenticator.h"
#include "world.h"

namespace strongroom::identity {
namespace {

using ::testing::MatchesRegex;
using ::testing::StartsWith;
using wire_openapi::Call;
using wire_openapi::Scheme;

constexpr std::string_view kTrust =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":)"
    R"({"RAM":"acs:ram::1000000000000001:root"}}]})";
constexpr std::string_view kCanonical = "GET&%2F&Action%3DGetSecretValue";

class SessionsTest : public ::testing::Test {
 protected:
  SessionsTest() {
    world_.make_account();
    role_ = *world_.commit([&](auto& t) {
      return world_.directory.roles().create(
          t, {.account = world_.account, .name = "app", .trust_document = std::string(kTrust)},
          World::kNow);
    });
  }
  IssuedSession issue(std::int64_t seconds = 900) {
    auto issued = sessions_.issue({.account = world_.account,
                                   .role_id = role_.id,
                                   .role_name = role_.name,
                                   .name = "job",
                                   .issued = {World::kNow.unix_ms + 1},
                                   .expires = {World::kNow.unix_ms + seconds * 1000}});
    EXPECT_TRUE(issued);
    return std::move(*issued);
  }
  std::string code(const IssuedSession& session, std::string_view token, Instant now,
                   PrincipalCache* cache = nullptr) {
    Call call;
    const std::string stamp = format_utc(now);
    const std::string nonce = "n" + std::to_string(++calls_);
    const std::string signature =
        base64_encode(crypto::hmac(crypto::MacHash::kSha1,
                                   test::secret(test::reveal(session.access_key_secret) + "&"),
                                   as_bytes(kCanonical))
                          .view());
    call.scheme = Scheme::kRpcHmacSha1;
    call.action = "GetSecretValue";
    call.access_key_id = session.access_key_id;
    call.timestamp = stamp;
    call.nonce = nonce;
    call.security_token = token;
    call.signature = signature;
    call.canonical = kCanonical;
    const auto reader = world_.reader();
    const auto principal = authenticator_.authenticate(
        call, {.reader = *reader, .cache = cache, .now = now, .source_address = "192.0.2.1"});
    if (!principal) return principal.error().code();
    EXPECT_EQ((*principal)->arn, "acs:ram::1000000000000001:assumed-role/app/job");
    EXPECT_TRUE((*principal)->session);
    return "";
  }

  World world_;
  Role role_;
  int calls_ = 0;
  Sessions sessions_{test::secret(std::string(32, 'k')), world_.random};
  NonceTable nonces_{world_.random};
  SourceLimiter sources_{world_.random};
  Authenticator authenticator_{world_.directory, nonces_, sources_, World::kNow, &sessions_};
};

TEST_F(SessionsTest, ATokenSaysWhatWasSealed) {
  const IssuedSession issued = issue();
  EXPECT_THAT(issued.access_key_id, MatchesRegex("STS\\.NT[A-Za-z0-9]{22}"));
  EXPECT_THAT(issued.security_token, StartsWith("CAIS"));
  const auto opened = sessions_.open(issued.security_token);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->account, world_.account);
  EXPECT_EQ(opened->role_id, role_.id);
  EXPECT_EQ(opened->name, "job");
  EXPECT_EQ(opened->access_key_id, issued.access_key_id);
  EXPECT_EQ(test::reveal(opened->access_key_secret), test::reveal(issued.access_key_secret));
}

TEST_F(SessionsTest, TheLongestTokenFits) {
  const auto issued = sessions_.issue({.account = world_.account,
                                       .role_id = role_.id,
                                       .role_name = std::string(64, 'r'),
                                       .name = std::string(64, 's'),
                                       .policy = std::string(limits::kSessionPolicyCharsMax, 'p'),
                                       .source_identity = std::string(64, 'i'),
                                       .issued = World::kNow,
                                       .expires = World::kNow});
  ASSERT_TRUE(issued);
  EXPECT_LE(issued->security_token.size(), limits::kSecurityTokenBytesMax);
  EXPECT_TRUE(sessions_.open(issued->security_token));
}

TEST_F(SessionsTest, EveryChangedCharacterIsNoticed) {
  const std::string token = issue().security_token;
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string spoilt = token;
    spoilt[i] = spoilt[i] == 'A' ? 'B' : 'A';
    const auto opened = sessions_.open(spoilt);
    ASSERT_FALSE(opened) << i;
    EXPECT_EQ(opened.error().code(), "InvalidSecurityToken.Malformed");
  }
  EXPECT_FALSE(sessions_.open(""));
  EXPECT_FALSE(sessions_.open(token.substr(4)));
  EXPECT_FALSE(sessions_.open(std::string(limits::kSecurityTokenBytesMax + 1, 'A')));
}

TEST_F(SessionsTest, AnotherKeyOpensNothing) {
  const Sessions other(test::secret(std::string(32, 'o')), world_.random);
  EXPECT_FALSE(other.open(issue().security_token));
}

TEST_F(SessionsTest, EachWrongTokenHasItsCode) {
  const IssuedSession one = issue();
  const IssuedSession two = issue();
  const Instant later{World::kNow.unix_ms + 900'000};
  EXPECT_EQ(code(one, one.security_token, World::kNow), "");
  EXPECT_EQ(code(one, "", World::kNow), "MissingSecurityToken");
  EXPECT_EQ(code(one, "CAIS", World::kNow), "InvalidSecurityToken.Malformed");
  EXPECT_EQ(code(one, two.security_token, World::kNow),
            "InvalidSecurityToken.MismatchWithAccessKey");
  EXPECT_EQ(code(one, one.security_token, later), "InvalidSecurityToken.Expired");
}

TEST_F(SessionsTest, ACachedSessionStillNeedsItsOwnTokenAndItsTime) {
  const auto cache = world_.store->make_cache(1.0);
  PrincipalCache principals(*cache, 1.0);
  const IssuedSession one = issue();
  const IssuedSession two = issue();
  EXPECT_EQ(code(one, one.security_token, World::kNow, &principals), "");
  EXPECT_EQ(principals.size(), 1U);
  EXPECT_EQ(code(one, one.security_token, World::kNow, &principals), "");
  EXPECT_EQ(code(one, "", World::kNow, &principals), "MissingSecurityToken");
  EXPECT_EQ(code(one, two.security_token, World::kNow, &principals),
            "InvalidSecurityToken.MismatchWithAccessKey");
  EXPECT_EQ(code(one, one.security_token, {World::kNow.unix_ms + 900'000}, &principals),
            "InvalidSecurityToken.Expired");
  world_.commit([&](auto& t) {
    return world_.directory.roles().revoke_sessions(t, {world_.account, "app"},
                                                    {World::kNow.unix_ms + 1});
  });
  EXPECT_EQ(code(one, one.security_token, World::kNow, &principals),
            "InvalidSecurityToken.Expired");
}

TEST_F(SessionsTest, WhatAClockIssuedThatWasAheadEndsWithIt) {
  const auto cache = world_.store->make_cache(1.0);
  PrincipalCache principals(*cache, 1.0);
  const IssuedSession one = issue();
  const Instant a_little_before{World::kNow.unix_ms + 1 - 15 * 60'000};
  EXPECT_EQ(code(one, one.security_token, a_little_before), "");
  EXPECT_EQ(code(one, one.security_token, {a_little_before.unix_ms - 1}),
            "InvalidSecurityToken.Expired");
  EXPECT_EQ(code(one, one.security_token, World::kNow, &principals), "");
  const Instant years_before{World::kNow.unix_ms - 3'650 * kMillisPerDay};
  EXPECT_EQ(code(one, one.security_token, years_before, &principals),
            "InvalidSecurityToken.Expired");
  EXPECT_EQ(principals.size(), 1U);  // it was known
}

TEST_F(SessionsTest, AnAccountRevokesAllItsSessions) {
  const IssuedSession one = issue();
  EXPECT_EQ(code(one, one.security_token, World::kNow), "");
  world_.commit([&](auto& t) {
    return world_.directory.revoke_sessions(t, world_.account, {World::kNow.unix_ms + 1});
  });
  EXPECT_EQ(code(one, one.security_token, World::kNow), "InvalidSecurityToken.Expired");
}

}  // namespace
}  // namespace strongroom::identity
