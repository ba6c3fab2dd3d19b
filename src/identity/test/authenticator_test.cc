#include "strongroom/identity/authenticator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "strongroom/crypto/asymmetric.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/crypto/mac.h"
#include "world.h"

namespace strongroom::identity {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using wire_openapi::Call;
using wire_openapi::Scheme;

constexpr std::string_view kKeyId = "LTAI5tTestAccessKeyId0001";
constexpr std::string_view kSecret = "TestAccessKeySecretABCDEFGHIJK";
constexpr std::string_view kCanonical =
    "GET&%2F&AccessKeyId%3DLTAI5tTestAccessKeyId0001%26Action%3DGetSecretValue%26Text%3Da%2520b";

// A call as decode() would have made it, signed as the test says.
struct Signed {
  std::string timestamp, nonce, signature, canonical{kCanonical};
  Call call;

  Signed(Instant at, std::string nonce_text, std::string_view key, std::string_view signed_text)
      : timestamp(format_utc(at)), nonce(std::move(nonce_text)) {
    signature = base64_encode(
        crypto::hmac(crypto::MacHash::kSha1, test::secret(key), as_bytes(signed_text)).view());
    call.scheme = Scheme::kRpcHmacSha1;
    call.action = "GetSecretValue";
    call.version = "2016-01-20";
    call.access_key_id = kKeyId;
    call.timestamp = timestamp;
    call.nonce = nonce;
    call.signature = signature;
    call.canonical = canonical;
  }
};

class AuthenticatorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.make_account();
    world_.make_user("app");
    const SecretBytes secret = test::secret(kSecret);
    ASSERT_TRUE(world_.commit([&](auto& txn) {
      return world_.directory.import_access_key(txn, {world_.account, "app"}, {kKeyId, secret},
                                                World::kNow);
    }));
  }

  Signed good(std::string nonce = "n-1", std::int64_t skew_ms = 0) {
    return Signed({World::kNow.unix_ms + skew_ms}, std::move(nonce), key_, kCanonical);
  }
  Result<PrincipalRef> run(const Call& call, bool mutation = false) {
    auto reader = world_.begin();
    return authenticator_.authenticate(call, {.reader = *reader,
                                              .cache = nullptr,
                                              .now = now_,
                                              .source_address = "192.0.2.1",
                                              .mutation = mutation});
  }
  std::string code(const Call& call, bool mutation = false) {
    const auto principal = run(call, mutation);
    return principal ? "ok" : principal.error().code();
  }
  std::string code_from(const Call& call, std::string_view address) {
    auto reader = world_.begin();
    const auto principal = authenticator_.authenticate(
        call, {.reader = *reader, .cache = nullptr, .now = World::kNow, .source_address = address});
    return principal ? "ok" : principal.error().code();
  }
  std::string message(const Call& call) {
    const auto principal = run(call);
    return principal ? "ok" : principal.error().message();
  }

  const std::string key_ = std::string(kSecret) + "&";
  World world_;
  NonceTable nonces_{world_.random};
  SourceLimiter sources_{world_.random};
  Instant now_ = World::kNow;
  Authenticator authenticator_{world_.directory, nonces_, sources_,
                               Instant{World::kNow.unix_ms - 300'000}};
};

TEST_F(AuthenticatorTest, AGoodSignatureNamesItsPrincipal) {
  const auto principal = run(good().call);
  ASSERT_TRUE(principal) << principal.error().message();
  EXPECT_EQ((*principal)->arn, "acs:ram::1000000000000001:user/app");
  EXPECT_EQ((*principal)->access_key_id, kKeyId);
}

TEST_F(AuthenticatorTest, EachCheckHasItsCode) {
  struct Row {
    std::string want;
    std::function<void(Call&)> spoil;
  };
  const Row rows[] = {
      {"MissingAccessKeyId", [](Call& c) { c.access_key_id = ""; }},
      {"MissingAccessKeyId", [](Call& c) { c.scheme = Scheme::kUnsigned; }},
      {"MissingTimestamp", [](Call& c) { c.timestamp = ""; }},
      {"InvalidTimeStamp.Format", [](Call& c) { c.timestamp = "2026-13-01T00:00:00Z"; }},
      {"InvalidTimeStamp.Format", [](Call& c) { c.timestamp = "yesterday"; }},
      {"MissingSignature", [](Call& c) { c.signature = ""; }},
      {"InvalidAccessKeyId.NotFound", [](Call& c) { c.access_key_id = "LTAI5tNobody"; }},
      {"MissingSecurityToken", [](Call& c) { c.access_key_id = "STS.abc"; }},
      {"InvalidSecurityToken.Malformed",
       [](Call& c) {
         c.access_key_id = "STS.abc";
         c.security_token = "CAIS";
       }},
      {"InvalidSecurityToken.MismatchWithAccessKey", [](Call& c) { c.security_token = "CAIS"; }},
      {"IncompleteSignature", [](Call& c) { c.signature = "not base64"; }},
      {"SignatureDoesNotMatch", [](Call& c) { c.canonical = "POST&%2F&x"; }},
      {"InvalidSignatureMethod", [](Call& c) { c.scheme = Scheme::kRpcRsaSha256; }},
      {"InvalidSignatureMethod", [](Call& c) { c.scheme = Scheme::kAcs3RsaSha256; }},
  };
  for (const Row& row : rows) {
    Signed request = good();
    row.spoil(request.call);
    EXPECT_EQ(code(request.call), row.want);
  }
  EXPECT_EQ(code(good().call), "ok");  // none of them took the nonce
}

TEST_F(AuthenticatorTest, ChecksComeInTheDocumentedOrder) {
  // Everything is wrong at once; repairing the first finding uncovers the next.
  Signed request(World::kNow, "n", "wrong key&", kCanonical);
  Call& call = request.call;
  const std::string late = format_utc({World::kNow.unix_ms - 3'600'000});
  call.access_key_id = "";
  call.timestamp = "bad";
  call.security_token = "token";
  EXPECT_EQ(code(call), "MissingAccessKeyId");
  call.access_key_id = "LTAI5tNobody";
  EXPECT_EQ(code(call), "InvalidTimeStamp.Format");
  call.timestamp = late;
  EXPECT_EQ(code(call), "InvalidAccessKeyId.NotFound");
  call.access_key_id = kKeyId;
  const Owner app{world_.account, "app"};
  ASSERT_TRUE(world_.commit(
      [&](auto& txn) { return world_.directory.set_access_key_active(txn, app, kKeyId, false); }));
  EXPECT_EQ(code(call), "InvalidAccessKeyId.Inactive");
  ASSERT_TRUE(world_.commit(
      [&](auto& txn) { return world_.directory.set_access_key_active(txn, app, kKeyId, true); }));
  EXPECT_EQ(code(call), "InvalidSecurityToken.MismatchWithAccessKey");
  call.security_token = "";
  EXPECT_EQ(code(call), "InvalidTimeStamp.Expired");
  call.timestamp = request.timestamp;
  EXPECT_EQ(code(call), "SignatureDoesNotMatch");
  EXPECT_EQ(code(good("n").call), "ok");
  EXPECT_EQ(code(good("n").call), "SignatureNonceUsed");
}

TEST_F(AuthenticatorTest, TheWindowIsFifteenMinutesInclusive) {
  EXPECT_EQ(code(good("a", 900'000).call), "ok");
  EXPECT_EQ(code(good("b", -900'000).call), "ok");
  EXPECT_EQ(code(good("c", 901'000).call), "InvalidTimeStamp.Expired");
  EXPECT_EQ(code(good("d", -901'000).call), "InvalidTimeStamp.Expired");
  const std::string text = message(good("e", -3'600'000).call);
  EXPECT_THAT(text, StartsWith("Specified time stamp or date value is expired."));
  EXPECT_THAT(text, HasSubstr(format_utc(World::kNow)));
  EXPECT_THAT(text, HasSubstr(format_utc({World::kNow.unix_ms - 3'600'000})));
}

TEST_F(AuthenticatorTest, ASmallerWindowIsKeptAndNamed) {
  authenticator_.set_window(120'000);
  EXPECT_EQ(code(good("a", 120'000).call), "ok");
  EXPECT_THAT(message(good("b", -121'000).call), HasSubstr("They may differ by 2 minutes"));
}

TEST_F(AuthenticatorTest, AfterARestartOldMutationsAreRefusedAndReadsAreNot) {
  // Started five minutes ago.
  EXPECT_EQ(code(good("a", -359'000).call, true), "ok");
  EXPECT_EQ(code(good("b", -361'000).call, true), "InvalidTimeStamp.Expired");
  EXPECT_EQ(code(good("c", -361'000).call, false), "ok");
}

TEST_F(AuthenticatorTest, AClockThatWasSetBackLosesNoCallAndNothingOlderIsTaken) {
  constexpr std::int64_t kHour = 3'600'000;
  EXPECT_EQ(code(good("a").call, true), "ok");
  now_ = {World::kNow.unix_ms - kHour};  // before the start, and before what was signed already
  EXPECT_EQ(code(good("b", -kHour).call, true), "ok");
  EXPECT_EQ(code(good("c", -kHour - 59'000).call, true), "ok");
  EXPECT_EQ(code(good("b", -kHour).call, true), "SignatureNonceUsed");
  // Its nonce may have been among those that are forgotten.
  EXPECT_EQ(code(good("d", -kHour - 61'000).call, true), "InvalidTimeStamp.Expired");
}

class OneClientKey final : public ClientKeySource {
 public:
  static constexpr std::string_view kId = "KAAP.5a1e7c9e-0000-4000-8000-000000000001";

  Result<CredentialRef> load(barrier::Reader&, std::string_view) override {
    Credential made = *keyed_credential(test::secret("unknown to all"));
    auto principal = std::make_shared<Principal>();
    principal->kind = PrincipalKind::kClientKey;
    made.principal = principal;
    made.client = ClientKeyFacts{
        .key = std::move(*crypto::RsaPublicKey::from_der(as_bytes(pair.public_key().spki()))),
        .not_before = World::kNow,
        .not_after = {World::kNow.unix_ms + 1'000}};
    return std::make_shared<const Credential>(std::move(made));
  }
  Result<std::shared_ptr<const policy::AccessGrants>> grants_of_role(barrier::Reader&, AccountId,
                                                                     std::string_view) override {
    return std::shared_ptr<const policy::AccessGrants>();
  }
  std::string sign(std::string_view text) const {
    return *pair.sign(crypto::SignatureScheme::kRsaPkcs1Sha256, crypto::sha256(as_bytes(text)));
  }

  crypto::PrivateKey pair = *crypto::PrivateKey::generate(crypto::KeyKind::kRsa2048);
};

TEST_F(AuthenticatorTest, AClientKeySignsInBothFormsAndWithoutANonceOnce) {
  OneClientKey source;
  authenticator_.set_client_keys(&source);
  Signed request = good("");
  Call& call = request.call;
  call.access_key_id = OneClientKey::kId;
  call.scheme = Scheme::kRpcRsaSha256;
  const std::string rpc = base64_encode(as_bytes(source.sign(kCanonical)));
  call.signature = rpc;
  EXPECT_EQ(code(call), "ok");
  EXPECT_EQ(code(call), "SignatureNonceUsed");

  constexpr std::string_view kAcs3 = "GET\n/\n\n\nx-acs-action\n";
  call.scheme = Scheme::kAcs3RsaSha256;
  call.canonical = kAcs3;
  const crypto::Digest32 none = crypto::sha256(ByteView());
  const std::string whole = std::string(kAcs3) + hex_encode(none);
  std::string hex = hex_encode(
      as_bytes(source.sign("ACS3-RSA-SHA256\n" + hex_encode(crypto::sha256(as_bytes(whole))))));
  call.signature = hex;
  EXPECT_EQ(code(call), "ok");
  std::ranges::transform(hex, hex.begin(), [](unsigned char c) { return std::toupper(c); });
  EXPECT_EQ(code(call), "SignatureNonceUsed");
  hex.back() = hex.back() == '0' ? '1' : '0';
  EXPECT_EQ(code(call), "SignatureDoesNotMatch");
  hex.back() = 'x';
  EXPECT_EQ(code(call), "IncompleteSignature");
  call.scheme = Scheme::kRpcHmacSha256;
  EXPECT_EQ(code(call), "InvalidSignatureMethod");
}

// Equal calls of one second are the same bytes.
TEST_F(AuthenticatorTest, ABearerTokenMayBeRepeatedFromItsOwnAddressAlone) {
  OneClientKey source;
  authenticator_.set_client_keys(&source);
  constexpr std::string_view kText = "Date=now&SecretName=a&x-kms-apiname=GetSecretValue";
  Signed request = good("");
  Call& call = request.call;
  call.access_key_id = OneClientKey::kId;
  call.scheme = Scheme::kBearerRsaSha256;
  call.canonical = kText;
  const std::string token = base64_encode(as_bytes(source.sign(kText)));
  call.signature = token;
  const std::string old = format_utc({World::kNow.unix_ms - kFleetMillis - 1'000});
  call.timestamp = old;
  EXPECT_EQ(code_from(call, "10.0.0.1"), "ok");
  EXPECT_EQ(code_from(call, "10.0.0.1"), "ok");
  EXPECT_EQ(code_from(call, "10.0.0.2"), "SignatureNonceUsed");
  EXPECT_EQ(code_from(call, "10.0.0.2"), "SignatureNonceUsed");
  EXPECT_EQ(code_from(call, "10.0.0.1"), "ok");
  call.canonical = "Date=now&SecretName=b&x-kms-apiname=GetSecretValue";
  EXPECT_EQ(code_from(call, "10.0.0.1"), "SignatureDoesNotMatch");
  call.canonical = kText;
  // Two instances of one application, in the same second.
  const std::string recent = format_utc({World::kNow.unix_ms - kFleetMillis});
  call.timestamp = recent;
  EXPECT_EQ(code_from(call, "10.0.0.1"), "ok");
  EXPECT_EQ(code_from(call, "10.0.0.2"), "ok");
  authenticator_.set_strict_replay(true);
  EXPECT_EQ(code_from(call, "10.0.0.1"), "SignatureNonceUsed");
  EXPECT_EQ(code_from(call, "10.0.0.2"), "SignatureNonceUsed");
  EXPECT_EQ(code(call, true), "InvalidSignatureMethod");  // what changes something needs a nonce
  call.access_key_id = kKeyId;                            // no client key
  EXPECT_EQ(code_from(call, "10.0.0.1"), "InvalidSignatureMethod");
}

TEST_F(AuthenticatorTest, WithoutANonceTheSignatureTakesItsPlace) {
  EXPECT_EQ(code(good("").call), "ok");
  EXPECT_EQ(code(good("").call), "SignatureNonceUsed");
  EXPECT_EQ(code(good("", 1000).call), "SignatureNonceUsed");  // the same MAC: same canonical text
}

TEST_F(AuthenticatorTest, AFailedSignatureTakesNoNonce) {
  Signed forged = good("n");
  forged.call.canonical = "GET&%2F&other";
  EXPECT_EQ(code(forged.call), "SignatureDoesNotMatch");
  EXPECT_EQ(code(good("n").call), "ok");
}

TEST_F(AuthenticatorTest, TheMessageEndsWithTheExactStringToSign) {
  const Signed request(World::kNow, "n", "somebody else's key&", kCanonical);
  EXPECT_EQ(message(request.call),
            "Specified signature is not matched with our calculation. server string to sign is:" +
                std::string(kCanonical));
}

TEST_F(AuthenticatorTest, CommonMistakesAreNamed) {
  const std::string secret(kSecret);
  std::string other_method(kCanonical);
  other_method.replace(0, 3, "POST");
  std::string plus(kCanonical);
  plus.replace(plus.find("%2520"), 5, "%2B");
  struct Row {
    std::string key;
    std::string text;
    std::string hint;
  };
  const std::string text(kCanonical);
  const Row rows[] = {
      {secret + "\n&", text, "line feed"},
      {secret + "\r\n&", text, "line feed"},
      {secret + " &", text, "blank"},
      {secret, text, "followed by \"&\""},
      {base64_encode(as_bytes(secret)) + "&", text, "Base64"},
      {key_, other_method, "another HTTP method"},
      {key_, plus, "%20"},
  };
  for (const Row& row : rows) {
    const Signed request(World::kNow, "n", row.key, row.text);
    const std::string said = message(request.call);
    EXPECT_THAT(said, StartsWith("Specified signature is not matched with our calculation."));
    EXPECT_THAT(said, HasSubstr(row.hint));
    EXPECT_THAT(said, EndsWith("server string to sign is:" + text));
    EXPECT_THAT(said, Not(HasSubstr(secret)));
  }
}

TEST_F(AuthenticatorTest, ASourceThatKeepsFailingIsSlowedAndOthersAreNot) {
  SourceLimiter strict(world_.random, {.per_second = 1, .burst = 3});
  Authenticator authenticator(world_.directory, nonces_, strict, Instant{0});
  auto reader = world_.begin();
  const auto ask = [&](const Call& call, std::string_view source) {
    const auto principal = authenticator.authenticate(call, {.reader = *reader,
                                                             .cache = nullptr,
                                                             .now = World::kNow,
                                                             .source_address = source,
                                                             .mutation = false});
    return principal ? "ok" : principal.error().code();
  };
  const Signed bad(World::kNow, "n", "wrong&", kCanonical);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(bad.call, "192.0.2.7"), "SignatureDoesNotMatch");
  EXPECT_EQ(ask(bad.call, "192.0.2.7"), "Throttling.User");
  EXPECT_EQ(ask(good("g").call, "192.0.2.7"), "Throttling.User");
  EXPECT_EQ(ask(good("g").call, "198.51.100.9"), "ok");
}

TEST_F(AuthenticatorTest, AFullNonceTableRefusesRatherThanForgets) {
  NonceTable tiny(world_.random, NonceTable::kSegmentBytes);
  Authenticator authenticator(world_.directory, tiny, sources_, Instant{0});
  auto reader = world_.begin();
  std::map<std::string, int> outcomes;
  for (int i = 0; i < 4'000; ++i) {
    const auto principal =
        authenticator.authenticate(good("n" + std::to_string(i)).call, {.reader = *reader,
                                                                        .cache = nullptr,
                                                                        .now = World::kNow,
                                                                        .source_address = "s",
                                                                        .mutation = false});
    ++outcomes[principal ? "ok" : principal.error().code()];
  }
  EXPECT_GT(outcomes["ok"], 1'000);
  EXPECT_GT(outcomes["Throttling.User"], 1'000);
  EXPECT_EQ(outcomes["ok"] + outcomes["Throttling.User"], 4'000);
}

TEST_F(AuthenticatorTest, TheLastUseIsKnownAtOnce) {
  auto reader = world_.begin();
  const Owner app{world_.account, "app"};
  EXPECT_EQ(*world_.directory.access_key_last_used(*reader, app, kKeyId), std::nullopt);
  EXPECT_EQ(code(good().call), "ok");
  EXPECT_EQ(*world_.directory.access_key_last_used(*reader, app, kKeyId), World::kNow);
}

}  // namespace
}  // namespace strongroom::identity
