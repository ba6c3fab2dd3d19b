#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "strongroom/crypto/ed25519.h"
#include "strongroom/crypto/rsa.h"
#include "strongroom/test/reveal.h"
#include "wycheproof.h"

namespace strongroom::crypto {
namespace {

using strongroom::test::secret;

struct Rfc8032 {
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};

// RFC 8032 §7.1, tests 1 to 3.
constexpr Rfc8032 kRfc8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
};

TEST(Ed25519, Rfc8032) {
  for (const Rfc8032& known : kRfc8032) {
    const auto signer = Ed25519Signer::from_seed(secret(*hex_decode(known.seed)));
    ASSERT_TRUE(signer.has_value());
    EXPECT_EQ(hex_encode(as_bytes(signer->public_key())), known.public_key);
    const std::string message = *hex_decode(known.message);
    std::string signature = signer->sign(as_bytes(message));
    EXPECT_EQ(hex_encode(as_bytes(signature)), known.signature);
    EXPECT_TRUE(
        ed25519_verify(as_bytes(signer->public_key()), as_bytes(message), as_bytes(signature)));
    EXPECT_FALSE(ed25519_verify(as_bytes(signer->public_key()), as_bytes(message + "x"),
                                as_bytes(signature)));
    signature[5] ^= 1;
    EXPECT_FALSE(
        ed25519_verify(as_bytes(signer->public_key()), as_bytes(message), as_bytes(signature)));
    EXPECT_FALSE(ed25519_verify(as_bytes(signer->public_key()), as_bytes(message), {}));
  }
  EXPECT_FALSE(Ed25519Signer::from_seed(secret("short")).has_value());
}

TEST(Rsa, WycheproofPkcs1Sha256) {
  std::map<std::string, std::optional<RsaPublicKey>> keys;
  const int count =
      test::for_each_case("rsa_signature_2048_sha256_test.json", [&](const test::Case& c) {
        const std::string pem(std::string_view(c.group["publicKeyPem"]));
        auto& key = keys[pem];
        if (!key) {
          auto parsed = RsaPublicKey::from_pem(pem);
          ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
          key = std::move(*parsed);
        }
        // "acceptable" (a missing NULL parameter) is refused.
        EXPECT_EQ(key->verify_pkcs1_sha256(as_bytes(c.bytes("msg")), as_bytes(c.bytes("sig"))),
                  c.valid())
            << c.name();
      });
  EXPECT_GT(count, 250);
}

TEST(Rsa, RefusesOtherKeys) {
  EXPECT_FALSE(RsaPublicKey::from_pem("").has_value());
  EXPECT_FALSE(RsaPublicKey::from_pem("-----BEGIN PUBLIC KEY-----\n!!\n-----END PUBLIC KEY-----")
                   .has_value());
  // An EC key (P-256).
  EXPECT_FALSE(
      RsaPublicKey::from_pem("-----BEGIN PUBLIC KEY-----\n"
                             "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEBKrsc2NXJvIT+4qeZNo7hjLkFJWp\n"
                             "RNAEW1IuunJA+tWH2TFXmKqjpboBd1eHztBeqve04J/IHW0apUboNl1SXQ==\n"
                             "-----END PUBLIC KEY-----\n")
          .has_value());
  EXPECT_FALSE(RsaPublicKey::from_der(as_bytes("nonsense")).has_value());
}

}  // namespace
}  // namespace strongroom::crypto
