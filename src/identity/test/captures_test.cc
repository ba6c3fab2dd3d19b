// Requests of unmodified official clients, recorded byte for byte, through decode and
// Authenticator.

#include "strongroom/test/captures.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "strongroom/identity/authenticator.h"
#include "world.h"

namespace strongroom::identity {
namespace {

using wire_openapi::Call;
using wire_openapi::Scheme;

constexpr std::string_view kKeyId = "LTAI5tTestAccessKeyId0001";

class CapturesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.make_account();
    const SecretBytes secret = test::secret("TestAccessKeySecretABCDEFGHIJK");
    ASSERT_TRUE(world_.commit([&](auto& txn) {
      return world_.directory.import_access_key(txn, {world_.account, ""}, {kKeyId, secret},
                                                World::kNow);
    }));
    auto txn = world_.begin();
    credential_ = *world_.directory.load_credential(*txn, kKeyId);
  }

  // Calls `visit` with every recorded request that is signed for this API.
  template <class F>
  void for_each_signed(F visit) {
    wire_openapi::Arena arena;
    for (const auto& record : wire_openapi::load_records()) {
      arena.reset();
      Call call;
      if (!wire_openapi::decode(record.parts(), arena, call)) continue;
      if (call.scheme != Scheme::kUnsigned) visit(record, call);
    }
  }
  static std::string check(const Call& call, const Credential& credential) {
    const auto checked = Authenticator::check_signature(call, credential);
    return checked ? "ok" : checked.error().code();
  }

  static Credential client_of(const std::string& pem) {
    Credential client = *keyed_credential(test::secret("unknown to all"));
    client.client = ClientKeyFacts{
        .key = std::move(*crypto::RsaPublicKey::from_pem(pem)), .not_before = {}, .not_after = {}};
    return client;
  }

  World world_;
  CredentialRef credential_;
};

TEST_F(CapturesTest, EverySignatureVerifies) {
  std::map<std::string, int> outcomes;
  for_each_signed([&](const auto& record, const Call& call) {
    const std::string outcome = check(call, *credential_);
    ++outcomes[outcome];
    if (call.scheme == Scheme::kAcs3RsaSha256) {
      EXPECT_EQ(outcome, "InvalidSignatureMethod") << record.label;
      Credential registered = client_of(record.rsa_public_key);
      EXPECT_EQ(check(call, registered), "ok") << record.capture << " " << record.label;
      Call changed = call;
      changed.body = "x";
      EXPECT_EQ(check(changed, registered), "SignatureDoesNotMatch") << record.label;
    } else {
      EXPECT_EQ(outcome, "ok") << record.capture << " " << record.label;
    }
  });
  // 33 RPC, 23 ACS3-HMAC-SHA256, 2 ACS3-HMAC-SM3; 2 RSA, which an AccessKey cannot make.
  const std::map<std::string, int> expected = {{"ok", 58}, {"InvalidSignatureMethod", 2}};
  EXPECT_EQ(outcomes, expected);
}

TEST_F(CapturesTest, WholeAuthenticationAcceptsEachOnceAndRefusesTokensOfNobody) {
  NonceTable nonces(world_.random);
  SourceLimiter sources(world_.random);
  Authenticator authenticator(world_.directory, nonces, sources, Instant{0});
  auto reader = world_.begin();
  std::map<std::string, int> first, second;
  for_each_signed([&](const auto&, const Call& call) {
    const AuthenticationContext context{.reader = *reader,
                                        .cache = nullptr,
                                        .now = *parse_utc(call.timestamp),
                                        .source_address = "192.0.2.1",
                                        .mutation = true};
    for (auto* outcomes : {&first, &second}) {
      const auto principal = authenticator.authenticate(call, context);
      ++(*outcomes)[principal ? (*principal)->arn : principal.error().code()];
    }
  });
  const int accepted = first["acs:ram::1000000000000001:root"];
  EXPECT_GT(accepted, 40);
  EXPECT_EQ(second["SignatureNonceUsed"], accepted);
  // The recorded STS token belongs to no session of ours, RSA to no key.
  EXPECT_EQ(first["InvalidSecurityToken.MismatchWithAccessKey"] + first["InvalidSignatureMethod"] +
                accepted,
            60);
}

TEST_F(CapturesTest, OneChangedByteIsRefused) {
  for_each_signed([&](const auto& record, const Call& call) {
    if (call.scheme == Scheme::kAcs3RsaSha256) return;
    std::string canonical(call.canonical);
    Call changed = call;
    for (std::size_t at = 0; at < canonical.size(); at += 11) {
      canonical[at] ^= 1;
      changed.canonical = canonical;
      ASSERT_EQ(check(changed, *credential_), "SignatureDoesNotMatch") << record.label << at;
      canonical[at] ^= 1;
    }
    const bool acs3 = call.scheme == Scheme::kAcs3HmacSha256 || call.scheme == Scheme::kAcs3HmacSm3;
    if (acs3) {
      std::string body(call.body);
      body.empty() ? body.push_back('x') : void(body[0] ^= 1);
      changed = call;
      changed.body = body;
      ASSERT_EQ(check(changed, *credential_), "SignatureDoesNotMatch") << record.label;
    }
  });
}

TEST_F(CapturesTest, EveryChangedCharacterOfASignatureIsRefused) {
  int positions = 0;
  for_each_signed([&](const auto& record, const Call& call) {
    if (call.scheme == Scheme::kAcs3RsaSha256 || positions > 500) return;
    std::string signature(call.signature);
    Call changed = call;
    for (std::size_t at = 0; at < signature.size(); ++at) {
      ++positions;
      const char kept = signature[at];
      for (const char other : {'0', 'A', '=', '%', 'b'}) {
        if ((other | 0x20) == (kept | 0x20)) continue;  // hex has two cases
        signature[at] = other;
        changed.signature = signature;
        const std::string outcome = check(changed, *credential_);
        ASSERT_TRUE(outcome == "SignatureDoesNotMatch" || outcome == "IncompleteSignature")
            << record.label << " " << at << " " << outcome;
      }
      signature[at] = kept;
    }
    for (const std::string_view wrong : {"", "=", "zz", "00"}) {
      changed.signature = wrong;
      ASSERT_EQ(check(changed, *credential_), "IncompleteSignature");
    }
    changed.signature = std::string_view(signature).substr(0, signature.size() - 4);
    ASSERT_EQ(check(changed, *credential_), "IncompleteSignature");
  });
}

}  // namespace
}  // namespace strongroom::identity
