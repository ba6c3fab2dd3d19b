#include "strongroom/keys/cryptography.h"

#include <gtest/gtest.h>

#include "open_blob.h"
#include "strongroom/base/bytes.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/test/reveal.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::keys {
namespace {

using test::reveal;
using test::secret;

const AccountId kAccount{1000000000000001ULL};

std::string code_of(const auto& result) {
  return result.has_value() ? "ok" : result.error().code();
}

class CryptographyTest : public testing::Test {
 protected:
  Key create(KeySpec spec, std::optional<KeyUsage> usage = std::nullopt) {
    auto transaction = *fixture_->begin();
    auto key = keys_.create(*transaction,
                            {.account = kAccount,
                             .creator = "c",
                             .description = "",
                             .spec = spec,
                             .usage = usage.value_or(default_usage(spec))},
                            fixture_.clock().now());
    EXPECT_TRUE(key);
    EXPECT_TRUE(transaction->commit());
    return *key;
  }
  VersionRef ref(const Key& key) { return {kAccount, key.id, key.versions.front().id}; }
  void set_state(const Key& key, KeyState state) {
    auto transaction = *fixture_->begin();
    Key head = *keys_.find(*transaction, kAccount, key.id);
    head.state = state;
    keys_.save(*transaction, head);
    ASSERT_TRUE(transaction->commit());
  }
  std::unique_ptr<barrier::SnapshotReader> reader() { return *fixture_->reader(); }

  test::SealedStoreFixture fixture_;
  Keys keys_{*fixture_, fixture_.random(), "cn-hangzhou"};
  Cryptography crypto_{keys_, fixture_.random()};
  const crypto::Digest32 digest_ = crypto::sha256(as_bytes("message"));
};

constexpr KeySpec kPairs[] = {KeySpec::kRsa2048, KeySpec::kEcP256, KeySpec::kEcP256k,
                              KeySpec::kEcSm2};
constexpr crypto::SignatureScheme kSchemes[] = {
    crypto::SignatureScheme::kRsaPssSha256, crypto::SignatureScheme::kRsaPkcs1Sha256,
    crypto::SignatureScheme::kEcdsaSha256, crypto::SignatureScheme::kSm2Dsa};

TEST_F(CryptographyTest, SignsWithTheSchemesOfItsSpec) {
  for (const KeySpec spec : kPairs) {
    const Key key = create(spec);
    for (const auto scheme : kSchemes) {
      const auto made = crypto_.sign(*reader(), ref(key), scheme, digest_);
      if (!crypto::can_sign(kind_of(spec), scheme)) {
        EXPECT_EQ(code_of(made), "UnsupportedOperation");
        continue;
      }
      ASSERT_TRUE(made);
      EXPECT_EQ(made->version_id, key.versions.front().id);
      const auto verified = [&](ByteView digest) {
        return crypto_.verify(*reader(), ref(key), scheme, digest, as_bytes(made->value));
      };
      EXPECT_TRUE(verified(digest_)->value);
      EXPECT_FALSE(verified(crypto::sha256(as_bytes("other")))->value);
      EXPECT_EQ(code_of(verified(as_bytes("short"))), "InvalidParameter");
      EXPECT_EQ(code_of(crypto_.sign(*reader(), ref(key), scheme, as_bytes("short"))),
                "InvalidParameter");
      // The public key that is handed out verifies what is signed here.
      const auto pem = crypto_.public_key(*reader(), ref(key));
      const auto half = crypto::PublicKey::from_pem(pem->value);
      EXPECT_TRUE(half->verify(scheme, digest_, as_bytes(made->value)));
    }
  }
}

TEST_F(CryptographyTest, EncryptsOnlyWithKeysForIt) {
  using enum crypto::EncryptionScheme;
  const Key rsa = create(KeySpec::kRsa2048, KeyUsage::kEncryptDecrypt);
  const auto sealed = crypto_.encrypt(*reader(), ref(rsa), kRsaOaepSha256, secret("text"));
  ASSERT_TRUE(sealed);
  const auto opened = crypto_.decrypt(*reader(), ref(rsa), kRsaOaepSha256, as_bytes(sealed->value));
  ASSERT_TRUE(opened);
  EXPECT_EQ(reveal(opened->plaintext), "text");
  EXPECT_EQ(code_of(crypto_.decrypt(*reader(), ref(rsa), kRsaOaepSha1, as_bytes(sealed->value))),
            "InvalidParameter");
  EXPECT_EQ(code_of(crypto_.encrypt(*reader(), ref(rsa), kRsaPkcs1, secret("x"))),
            "UnsupportedOperation");
  EXPECT_EQ(
      code_of(crypto_.encrypt(*reader(), ref(rsa), kRsaOaepSha256, secret(std::string(191, 'x')))),
      "InvalidParameter");
  EXPECT_EQ(
      code_of(crypto_.sign(*reader(), ref(rsa), crypto::SignatureScheme::kRsaPssSha256, digest_)),
      "UnsupportedOperation");
  const Key sm2 = create(KeySpec::kEcSm2, KeyUsage::kEncryptDecrypt);
  const auto blob = crypto_.encrypt(*reader(), ref(sm2), kSm2Pke, secret("text"));
  EXPECT_EQ(reveal(crypto_.decrypt(*reader(), ref(sm2), kSm2Pke, as_bytes(blob->value))->plaintext),
            "text");
  const auto rsa_sign = create(KeySpec::kRsa2048);
  EXPECT_EQ(code_of(crypto_.encrypt(*reader(), ref(rsa_sign), kRsaOaepSha256, secret("x"))),
            "UnsupportedOperation");
}

TEST_F(CryptographyTest, AStateThatForbidsUseForbidsItEverywhere) {
  const Key pair = create(KeySpec::kEcP256);
  const Key mac = create(KeySpec::kHmacSha256);
  const Key aes = create(KeySpec::kAes256);
  constexpr auto kScheme = crypto::SignatureScheme::kEcdsaSha256;
  const auto codes = [&] {
    return std::vector<std::string>{
        code_of(crypto_.sign(*reader(), ref(pair), kScheme, digest_)),
        code_of(crypto_.verify(*reader(), ref(pair), kScheme, digest_, digest_)),
        code_of(crypto_.public_key(*reader(), ref(pair))),
        code_of(crypto_.mac(*reader(), ref(mac), crypto::MacHash::kSha256, digest_)),
        code_of(crypto_.seal(*reader(), ref(aes), {}, secret("x"))),
        code_of(keys_.encrypt(*reader(), kAccount, aes.id, secret("x"), "")),
    };
  };
  EXPECT_EQ(codes(), std::vector<std::string>(6, "ok"));
  for (const auto& [state, code] :
       {std::pair(KeyState::kDisabled, "Rejected.Disabled"),
        std::pair(KeyState::kPendingDeletion, "Rejected.PendingDeletion"),
        std::pair(KeyState::kPendingImport, "Rejected.PendingImport")}) {
    for (const Key& key : {pair, mac, aes}) set_state(key, state);
    EXPECT_EQ(codes(), std::vector<std::string>(6, code));
  }
  for (const Key& key : {pair, mac, aes}) set_state(key, KeyState::kEnabled);
  EXPECT_EQ(codes(), std::vector<std::string>(6, "ok"));
}

TEST_F(CryptographyTest, VersionsThatAreNotTheKeysAreRefused) {
  const Key one = create(KeySpec::kEcP256);
  const Key two = create(KeySpec::kEcP256);
  const VersionRef mixed{kAccount, one.id, two.versions.front().id};
  EXPECT_EQ(code_of(crypto_.public_key(*reader(), mixed)), "Forbidden.KeyVersionNotFound");
  EXPECT_EQ(code_of(crypto_.public_key(*reader(), {AccountId(1000000000000002ULL), one.id, {}})),
            "Forbidden.KeyNotFound");
}

TEST_F(CryptographyTest, MacsWithTheAlgorithmOfItsSpec) {
  for (const KeySpec spec : {KeySpec::kHmacSha224, KeySpec::kHmacSha256, KeySpec::kHmacSha384,
                             KeySpec::kHmacSha512, KeySpec::kHmacSm3}) {
    const Key key = create(spec);
    const auto made = crypto_.mac(*reader(), ref(key), hash_of(spec), as_bytes("m"));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->value.size(), material_bytes(spec));
    const auto verified = [&](std::string_view message, std::string_view tag) {
      return crypto_
          .verify_mac(*reader(), ref(key), hash_of(spec), as_bytes(message), as_bytes(tag))
          ->value;
    };
    EXPECT_TRUE(verified("m", made->value));
    EXPECT_FALSE(verified("n", made->value));
    EXPECT_FALSE(verified("m", made->value.substr(1)));
  }
  const Key key = create(KeySpec::kHmacSha256);
  EXPECT_EQ(code_of(crypto_.mac(*reader(), ref(key), crypto::MacHash::kSm3, as_bytes("m"))),
            "UnsupportedOperation");
  const auto aes = create(KeySpec::kAes256);
  EXPECT_EQ(code_of(crypto_.mac(*reader(), ref(aes), crypto::MacHash::kSha256, as_bytes("m"))),
            "UnsupportedOperation");
}

TEST_F(CryptographyTest, AMessageOpensAsItWasSealed) {
  using enum SymmetricAlgorithm;
  for (const KeySpec spec : {KeySpec::kAes256, KeySpec::kAes128, KeySpec::kSm4}) {
    const Key key = create(spec);
    for (const auto algorithm :
         {kAesGcm, kAesCbc, kAesCtr, kAesEcb, kSm4Gcm, kSm4Cbc, kSm4Ctr, kSm4Ecb}) {
      MessageSettings settings{.algorithm = algorithm, .iv = {}, .aad = {}};
      const auto sealed = crypto_.seal(*reader(), ref(key), settings, secret("seventeen bytes.."));
      if ((algorithm >= kSm4Gcm) != (spec == KeySpec::kSm4)) {
        EXPECT_EQ(code_of(sealed), "UnsupportedOperation");
        continue;
      }
      ASSERT_TRUE(sealed);
      settings.iv = sealed->iv;
      const auto opened = crypto_.open(*reader(), ref(key), settings, as_bytes(sealed->ciphertext));
      ASSERT_TRUE(opened) << to_text(algorithm);
      EXPECT_EQ(reveal(opened->plaintext), "seventeen bytes..");
      std::string damaged = sealed->ciphertext;
      damaged.pop_back();
      const auto refused = crypto_.open(*reader(), ref(key), settings, as_bytes(damaged));
      if (algorithm != kAesCtr && algorithm != kSm4Ctr) {
        EXPECT_EQ(code_of(refused), "InvalidParameter");
      }
    }
  }
}

TEST_F(CryptographyTest, ACallersIvNeverMeetsTheKeyTwice) {
  const Key key = create(KeySpec::kAes256);
  const std::string iv(12, 'i');
  MessageSettings settings{.algorithm = std::nullopt, .iv = iv, .aad = "aad"};
  const auto one = crypto_.seal(*reader(), ref(key), settings, secret(std::string(32, 'p')));
  const auto two = crypto_.seal(*reader(), ref(key), settings, secret(std::string(32, 'p')));
  ASSERT_TRUE(one && two);
  // With one key and one iv both key streams, and so both ends, would be the same.
  EXPECT_NE(one->ciphertext.substr(37), two->ciphertext.substr(37));
  EXPECT_EQ(one->iv, iv);
  EXPECT_EQ(
      reveal(crypto_.open(*reader(), ref(key), settings, as_bytes(one->ciphertext))->plaintext),
      std::string(32, 'p'));
  settings.aad = "other";
  EXPECT_EQ(code_of(crypto_.open(*reader(), ref(key), settings, as_bytes(one->ciphertext))),
            "InvalidParameter");
  settings.iv = "short";
  EXPECT_EQ(code_of(crypto_.seal(*reader(), ref(key), settings, secret("x"))), "InvalidParameter");
  settings = {.algorithm = SymmetricAlgorithm::kAesCbc, .iv = {}, .aad = "aad"};
  EXPECT_EQ(code_of(crypto_.seal(*reader(), ref(key), settings, secret("x"))), "InvalidParameter");
}

TEST_F(CryptographyTest, OpensOpenApiBlobsAndTheOtherWayRound) {
  const Key key = create(KeySpec::kSm4);
  const auto encrypted = keys_.encrypt(*reader(), kAccount, key.id, secret("x"), "aad");
  const auto parts = parse_blob(encrypted->blob);
  const MessageSettings settings{.algorithm = std::nullopt, .iv = parts->iv, .aad = "aad"};
  EXPECT_EQ(reveal(crypto_.open(*reader(), ref(key), settings, as_bytes(parts->sealed))->plaintext),
            "x");
  const auto sealed =
      crypto_.seal(*reader(), ref(key), {.algorithm = {}, .iv = {}, .aad = "aad"}, secret("y"));
  const std::string blob = make_blob({sealed->version_id, sealed->iv, sealed->ciphertext});
  EXPECT_EQ(reveal(open_blob(fixture_, keys_, kAccount, blob, "aad")->plaintext), "y");
  const std::string advance =
      make_advance_blob({sealed->version_id, sealed->iv, sealed->ciphertext});
  EXPECT_EQ(parse_advance_blob(advance)->sealed, sealed->ciphertext);
  EXPECT_FALSE(parse_advance_blob(blob));
}

TEST_F(CryptographyTest, DataKeysAndPairs) {
  const Key key = create(KeySpec::kAes256);
  const auto data = crypto_.generate_data_key(*reader(), ref(key), {}, 24);
  ASSERT_TRUE(data);
  EXPECT_EQ(data->plaintext.size(), 24U);
  const MessageSettings settings{.algorithm = {}, .iv = data->sealed.iv, .aad = {}};
  EXPECT_EQ(reveal(crypto_.open(*reader(), ref(key), settings, as_bytes(data->sealed.ciphertext))
                       ->plaintext),
            reveal(data->plaintext));
  EXPECT_EQ(code_of(crypto_.generate_data_key(*reader(), ref(key), {}, 0)), "InvalidParameter");
  EXPECT_EQ(code_of(crypto_.generate_data_key(*reader(), ref(key), {}, 1025)), "InvalidParameter");
  const auto pair = crypto_.generate_data_key_pair(*reader(), ref(key), {},
                                                   crypto::KeyKind::kEcP256, KeyFormat::kDer);
  ASSERT_TRUE(pair);
  const auto private_key = crypto::PrivateKey::from_pkcs8(pair->plaintext);
  ASSERT_TRUE(private_key);
  EXPECT_EQ(private_key->public_key().spki(), pair->public_key);
  const auto text = crypto_.generate_data_key_pair(*reader(), ref(key), {},
                                                   crypto::KeyKind::kEcP256k, KeyFormat::kPem);
  EXPECT_TRUE(reveal(text->plaintext).starts_with("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_TRUE(crypto::PublicKey::from_pem(text->public_key));
}

TEST_F(CryptographyTest, DataKeysForOthers) {
  using enum crypto::EncryptionScheme;
  const auto pair = crypto::PrivateKey::generate(crypto::KeyKind::kRsa2048);
  const std::string spki = pair->public_key().spki();
  const auto wrapped =
      export_data_key(as_bytes(spki), crypto::KeyKind::kRsa2048, kRsaOaepSha256, secret("key"));
  EXPECT_EQ(reveal(*pair->decrypt(kRsaOaepSha256, as_bytes(*wrapped))), "key");
  EXPECT_EQ(code_of(export_data_key(as_bytes(spki), crypto::KeyKind::kEcSm2, kSm2Pke, secret("k"))),
            "InvalidParameter");
  EXPECT_EQ(
      code_of(export_data_key(as_bytes(spki), crypto::KeyKind::kRsa2048, kRsaPkcs1, secret("k"))),
      "InvalidParameter");
  EXPECT_EQ(reveal(*data_key_of_text(secret("aGVsbG8="))), "hello");
  EXPECT_EQ(reveal(*data_key_of_text(secret("no base64"))), "no base64");
}

TEST_F(CryptographyTest, ParsedKeysDoNotOutliveTheirKey) {
  Key key = create(KeySpec::kEcP256);
  constexpr auto kScheme = crypto::SignatureScheme::kEcdsaSha256;
  ASSERT_TRUE(crypto_.sign(*reader(), ref(key), kScheme, digest_));
  const std::uint64_t before = keys_.parsed_generation();
  auto transaction = *fixture_->begin();
  const Instant now = fixture_.clock().now();
  ASSERT_TRUE(keys_.find(*transaction, kAccount, key.id));
  ASSERT_TRUE(keys_.schedule_deletion(*transaction, key, now));
  ASSERT_TRUE(transaction->commit());
  transaction = *fixture_->begin();
  ASSERT_TRUE(
      *keys_.delete_due(*transaction, {due::Kind::kDeleteKey, kAccount, key.id, key.uuid}, now));
  ASSERT_TRUE(transaction->commit());
  EXPECT_NE(keys_.parsed_generation(), before);
  EXPECT_EQ(code_of(crypto_.sign(*reader(), ref(key), kScheme, digest_)), "Forbidden.KeyNotFound");
}

}  // namespace
}  // namespace strongroom::keys
