// At least 20,000 forged requests against decoding and authentication together: none is
// accepted.
//
// A variant of a signed request is forged if it does not say exactly what was signed. Some variants
// say the same in other bytes (an escape in lower case, a header in another place): those may be
// accepted, and are counted apart.

#include <gtest/gtest.h>

#include <string>

#include "forgeries.h"
#include "strongroom/identity/authenticator.h"
#include "strongroom/test/reveal.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::test {
namespace {

using wire_openapi::Arena;
using wire_openapi::Call;

constexpr Instant kNow{1'795'300'020'000};
constexpr std::string_view kSecret = "TestAccessKeySecretABCDEFGHIJK";
constexpr std::string_view kStrangersSecret = "StrangersKeySecretABCDEFGHIJKL";

// What a call says and who is said to say it; equal texts mean that nothing was forged.
std::string meaning(const Call& call) {
  std::string out;
  const auto add = [&](std::string_view text) {
    out.append(std::to_string(text.size())).append(":").append(text);
  };
  const bool hex = call.scheme == wire_openapi::Scheme::kAcs3HmacSha256 ||
                   call.scheme == wire_openapi::Scheme::kAcs3HmacSm3;
  out += std::to_string(static_cast<int>(call.scheme));
  for (const std::string_view text : {call.action, call.version, call.access_key_id, call.timestamp,
                                      call.nonce, call.security_token}) {
    add(text);
  }
  // Hexadecimal has two cases, Base64 is taken in one form only.
  add(hex ? hex_decode(call.signature).value_or("?") : std::string(call.signature));
  for (const NameValue& field : call.parameters) {
    add(field.name);
    add(field.value);
  }
  return out;
}

class ForgedSignatures : public ::testing::Test {
 protected:
  void SetUp() override {
    import(AccountId(1'000'000'000'000'001), kKeyId, kSecret);
    import(AccountId(1'000'000'000'000'002), kStrangersKeyId, kStrangersSecret);
    reader_ = std::move(*store_->begin());
  }

  void import(AccountId account, std::string_view id, std::string_view key_secret) {
    auto transaction = std::move(*store_->begin());
    ASSERT_TRUE(directory_.create_account(*transaction, account, kNow));
    const SecretBytes held = secret(key_secret);
    ASSERT_TRUE(directory_.create_user(*transaction, account, {.name = "app"}, kNow));
    ASSERT_TRUE(directory_.import_access_key(*transaction, {account, "app"}, {id, held}, kNow));
    ASSERT_TRUE(transaction->commit());
  }

  Plan plan(Algorithm algorithm, Place place) {
    return {.algorithm = algorithm,
            .place = place,
            .key_id = std::string(kKeyId),
            .secret = std::string(kSecret),
            .timestamp = format_utc(kNow),
            .nonce = "nonce-" + std::to_string(++nonces_made_),
            .parameters = {{"SecretName", "db/pass"},
                           {"VersionId", "v2"},
                           {"SecretData", "p@ss w0rd+/=&~*!'()\"#?%"},
                           {"VersionStages", "[\"ACSCurrent\"]"},
                           {"Empty", ""}}};
  }
  Plan stranger() {
    Plan other = plan(Algorithm::kAcs3Sha256, Place::kQuery);
    other.key_id = kStrangersKeyId;
    other.secret = kStrangersSecret;
    return other;
  }

  // The code that the server answers with, "" if it accepts; `said` receives the meaning it
  // understood.
  std::string submit(const Wire& wire, std::string& said) {
    arena_.reset();
    Call call;
    const auto headers = wire.views();
    const auto decoded = wire_openapi::decode(
        {wire.method, wire.path, wire.query, headers, wire.body}, arena_, call);
    said = meaning(call);
    if (!decoded) return decoded.error().code();
    const auto principal = authenticator_.authenticate(call, {.reader = *reader_,
                                                              .cache = nullptr,
                                                              .now = kNow,
                                                              .source_address = "192.0.2.1",
                                                              .mutation = true});
    return principal ? "" : principal.error().code();
  }

  // Checks one variant of what `genuine` means.
  void offer(const std::string& genuine, const std::string& what, const Wire& wire) {
    std::string said;
    const std::string code = submit(wire, said);
    // The nonce is looked at last: a second variant that verifies is refused for its nonce alone.
    const bool verified = code.empty() || code == "SignatureNonceUsed";
    if (verified && said == genuine) {
      ++respelled_;
      return;
    }
    ++forged_;
    ++codes_[code];
    EXPECT_FALSE(verified) << "accepted: " << what << "\n"
                           << wire.method << " " << wire.path << "?" << wire.query << "\n"
                           << wire.body;
  }

  // Every way of forging, on fresh requests of this kind; each kind of request is itself accepted.
  void forge_all(Algorithm algorithm, Place place, int random_edits) {
    const auto run = [&](auto&& ways) {
      const Plan base = plan(algorithm, place);
      std::string genuine;
      {
        // What it means, without using up its nonce.
        Arena arena;
        Call call;
        const Wire wire = sign(base);
        const auto headers = wire.views();
        ASSERT_TRUE(wire_openapi::decode({wire.method, wire.path, wire.query, headers, wire.body},
                                         arena, call));
        genuine = meaning(call);
      }
      const int respelled_before = respelled_;
      ways(base, [&](const std::string& what, const Wire& wire) { offer(genuine, what, wire); });
      std::string said;
      const std::string code = submit(sign(base), said);
      EXPECT_EQ(code, respelled_ > respelled_before ? "SignatureNonceUsed" : "")
          << "the genuine request, afterwards";
      EXPECT_EQ(submit(sign(base), said), "SignatureNonceUsed");
    };
    run(forge_signature_text);
    run(forge_parameters);
    run(forge_frame);
    if (!is_rpc(algorithm)) run(forge_headers);
    run([&](const Plan& base, const Offer& each) {
      forge_signer(base, stranger(), kNow.unix_ms, each);
    });
    run([&](const Plan& base, const Offer& each) {
      forge_at_random(base, ++seeds_, random_edits, each);
    });
  }

  static constexpr std::string_view kKeyId = "LTAI5tTestAccessKeyId0001";
  static constexpr std::string_view kStrangersKeyId = "LTAI5tTestAccessKeyId0002";
  SealedStoreFixture store_;
  SystemRandom random_;
  identity::Directory directory_{random_};
  identity::NonceTable nonces_{random_};
  // Admits every failure of the run: the limiter has tests of its own.
  identity::SourceLimiter sources_{random_, {.per_second = 1'000'000, .burst = 10'000'000}};
  identity::Authenticator authenticator_{directory_, nonces_, sources_, kNow};
  std::unique_ptr<barrier::Transaction> reader_;
  Arena arena_;
  int nonces_made_ = 0;
  std::uint64_t seeds_ = 0;
  int forged_ = 0;
  int respelled_ = 0;
  std::map<std::string, int> codes_;
};

TEST_F(ForgedSignatures, NoneOfTwentyThousandIsAccepted) {
  for (const Algorithm algorithm : kAlgorithms) {
    for (const Place place : {Place::kQuery, Place::kForm, Place::kJson}) {
      if (place == Place::kJson && is_rpc(algorithm)) continue;
      SCOPED_TRACE(testing::Message() << "algorithm " << static_cast<int>(algorithm) << " place "
                                      << static_cast<int>(place));
      forge_all(algorithm, place, 1'000);
    }
  }
  EXPECT_GE(forged_, 20'000);
  std::string report;
  for (const auto& [code, count] : codes_) report += "\n  " + code + " " + std::to_string(count);
  RecordProperty("forged", forged_);
  std::printf("%d forged, %d respelled; refused as:%s\n", forged_, respelled_, report.c_str());
}

// The same call in other bytes is the same call (gateway.md §1.3): what clients really write is
// accepted.
TEST_F(ForgedSignatures, OtherSpellingsOfTheSameCallAreAccepted) {
  const auto accepted = [&](const Wire& wire) {
    std::string said;
    return submit(wire, said);
  };
  for (const Algorithm algorithm : kAlgorithms) {
    Wire wire = sign(plan(algorithm, Place::kQuery));
    for (std::size_t at; (at = wire.query.find("%20")) != std::string::npos;)
      wire.query.replace(at, 3, "+");
    for (std::size_t at; (at = wire.query.find("%2A")) != std::string::npos;)
      wire.query.replace(at, 3, "*");
    EXPECT_EQ(accepted(wire), "") << static_cast<int>(algorithm);
    wire = sign(plan(algorithm, Place::kQuery));
    std::reverse(wire.headers.begin(), wire.headers.end());
    EXPECT_EQ(accepted(wire), "");
  }
  Plan no_nonce = plan(Algorithm::kRpcSha1, Place::kQuery);
  no_nonce.nonce = "";
  EXPECT_EQ(accepted(sign(no_nonce)), "");
  EXPECT_EQ(accepted(sign(no_nonce)), "SignatureNonceUsed")
      << "its signature takes the nonce's place";
}

}  // namespace
}  // namespace strongroom::test
