#include "strongroom/crypto/asymmetric.h"

#include <gtest/gtest.h>

#include "strongroom/crypto/digest.h"
#include "strongroom/test/reveal.h"
#include "wycheproof.h"

namespace strongroom::crypto {
namespace {

using strongroom::test::reveal;
using strongroom::test::secret;

std::string digest_of(std::string_view message) {
  return std::string(as_chars(sha256(as_bytes(message))));
}

std::string group_text(const test::Case& c, const char* field) {
  return std::string(std::string_view(c.group[field]));
}

// --- Wycheproof ---

struct SignatureFile {
  const char* file;
  SignatureScheme scheme;
  int tests;
  bool other_parameters = false;  // nothing in it may verify: salt or MGF are not ours
};

class Signatures : public testing::TestWithParam<SignatureFile> {};

TEST_P(Signatures, Wycheproof) {
  int accepted = 0;
  const int count = test::for_each_case(GetParam().file, [&](const test::Case& c) {
    const auto key = PublicKey::from_spki(as_bytes(*hex_decode(group_text(c, "publicKeyDer"))));
    ASSERT_TRUE(key.has_value()) << c.name();
    const bool valid = key->verify(GetParam().scheme, as_bytes(digest_of(c.bytes("msg"))),
                                   as_bytes(c.bytes("sig")));
    // A file with a salt of 0 has one test with a salt of 32, which is ours.
    const bool ours = GetParam().other_parameters
                          ? valid && c.text("comment") == "s_len changed to 32"
                          : c.valid();
    EXPECT_EQ(valid, ours) << c.name();
    accepted += valid ? 1 : 0;
  });
  EXPECT_EQ(count, GetParam().tests);
  EXPECT_TRUE(GetParam().other_parameters ? accepted <= 1 : accepted > 8);
}

INSTANTIATE_TEST_SUITE_P(
    Files, Signatures,
    testing::Values(
        SignatureFile{"rsa_signature_2048_sha256_test.json", SignatureScheme::kRsaPkcs1Sha256, 259},
        SignatureFile{"rsa_pss_2048_sha256_mgf1_32_test.json", SignatureScheme::kRsaPssSha256, 108},
        SignatureFile{"rsa_pss_2048_sha256_mgf1_0_test.json", SignatureScheme::kRsaPssSha256, 103,
                      true},
        SignatureFile{"rsa_pss_2048_sha256_mgf1sha1_20_test.json", SignatureScheme::kRsaPssSha256,
                      108, true},
        SignatureFile{"ecdsa_secp256r1_sha256_test.json", SignatureScheme::kEcdsaSha256, 484},
        SignatureFile{"ecdsa_secp256k1_sha256_test.json", SignatureScheme::kEcdsaSha256, 476}),
    [](const auto& test_case) { return std::to_string(test_case.index); });

struct OaepFile {
  const char* file;
  EncryptionScheme scheme;
  int tests;
  bool other_parameters = false;
};

class Oaep : public testing::TestWithParam<OaepFile> {};

TEST_P(Oaep, Wycheproof) {
  int opened_count = 0;
  const int count = test::for_each_case(GetParam().file, [&](const test::Case& c) {
    const auto key = PrivateKey::from_pkcs8(secret(*hex_decode(group_text(c, "privateKeyPkcs8"))));
    ASSERT_TRUE(key.has_value()) << c.name();
    const auto opened = key->decrypt(GetParam().scheme, as_bytes(c.bytes("ct")));
    // The API has no label.
    const bool ours = c.valid() && c.text("label").empty() && !GetParam().other_parameters;
    ASSERT_EQ(opened.has_value(), ours) << c.name();
    if (!opened) {
      EXPECT_EQ(opened.error().kind(), ErrorKind::kCorrupt);
      return;
    }
    ++opened_count;
    EXPECT_EQ(reveal(*opened), c.bytes("msg")) << c.name();
  });
  EXPECT_EQ(count, GetParam().tests);
  EXPECT_EQ(opened_count > 0, !GetParam().other_parameters);
}

INSTANTIATE_TEST_SUITE_P(Files, Oaep,
                         testing::Values(OaepFile{"rsa_oaep_2048_sha1_mgf1sha1_test.json",
                                                  EncryptionScheme::kRsaOaepSha1, 36},
                                         OaepFile{"rsa_oaep_2048_sha256_mgf1sha256_test.json",
                                                  EncryptionScheme::kRsaOaepSha256, 37},
                                         OaepFile{"rsa_oaep_2048_sha256_mgf1sha1_test.json",
                                                  EncryptionScheme::kRsaOaepSha256, 31, true}),
                         [](const auto& test_case) { return std::to_string(test_case.index); });

// --- every kind with every scheme ---

constexpr SignatureScheme kSignatures[] = {SignatureScheme::kRsaPssSha256,
                                           SignatureScheme::kRsaPkcs1Sha256,
                                           SignatureScheme::kEcdsaSha256, SignatureScheme::kSm2Dsa};
constexpr EncryptionScheme kEncryptions[] = {
    EncryptionScheme::kRsaOaepSha1, EncryptionScheme::kRsaOaepSha256, EncryptionScheme::kRsaPkcs1,
    EncryptionScheme::kSm2Pke};

class Kinds : public testing::TestWithParam<KeyKind> {};

TEST_P(Kinds, SignsAndVerifies) {
  const auto made = PrivateKey::generate(GetParam());
  ASSERT_TRUE(made.has_value());
  EXPECT_TRUE(made->check());
  const auto other = PrivateKey::generate(GetParam());
  const std::string digest = digest_of("message");
  for (const SignatureScheme scheme : kSignatures) {
    const auto signature = made->sign(scheme, as_bytes(digest));
    ASSERT_EQ(signature.has_value(), can_sign(GetParam(), scheme));
    if (!signature) continue;
    const auto again = made->sign(scheme, as_bytes(digest));
    for (const std::string& one : {*signature, *again}) {
      EXPECT_TRUE(made->public_key().verify(scheme, as_bytes(digest), as_bytes(one)));
    }
    std::string damaged = *signature;
    damaged[damaged.size() / 2] ^= 1;
    EXPECT_FALSE(made->public_key().verify(scheme, as_bytes(digest), as_bytes(damaged)));
    EXPECT_FALSE(made->public_key().verify(scheme, as_bytes(digest_of("x")), as_bytes(*signature)));
    EXPECT_FALSE(other->public_key().verify(scheme, as_bytes(digest), as_bytes(*signature)));
    EXPECT_FALSE(made->public_key().verify(scheme, as_bytes("short"), as_bytes(*signature)));
    EXPECT_FALSE(made->sign(scheme, as_bytes("short")).has_value());
  }
}

TEST_P(Kinds, EncryptsAndDecrypts) {
  const auto made = PrivateKey::generate(GetParam());
  ASSERT_TRUE(made.has_value());
  const auto other = PrivateKey::generate(GetParam());
  for (const EncryptionScheme scheme : kEncryptions) {
    const std::size_t max = plaintext_bytes_max(GetParam(), scheme);
    const std::string longest(max, 'p');
    const auto sealed = made->public_key().encrypt(scheme, secret(longest));
    ASSERT_EQ(sealed.has_value(), can_encrypt(GetParam(), scheme));
    if (!sealed) continue;
    const auto opened = made->decrypt(scheme, as_bytes(*sealed));
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(reveal(*opened), longest);
    EXPECT_FALSE(made->public_key().encrypt(scheme, secret(longest + "p")).has_value());
    std::string damaged = *sealed;
    damaged[damaged.size() - 2] ^= 1;
    const auto refused = made->decrypt(scheme, as_bytes(damaged));
    // PKCS#1 v1.5 may by chance find a padding; it must not find the plaintext.
    if (refused) {
      EXPECT_NE(reveal(*refused), longest);
    }
    if (scheme != EncryptionScheme::kRsaPkcs1) {
      EXPECT_FALSE(refused.has_value());
      EXPECT_FALSE(other->decrypt(scheme, as_bytes(*sealed)).has_value());
    }
    EXPECT_FALSE(made->decrypt(scheme, {}).has_value());
  }
}

TEST_P(Kinds, KeepsItsForms) {
  const auto made = PrivateKey::generate(GetParam());
  ASSERT_TRUE(made.has_value());
  const auto der = made->to_pkcs8();
  ASSERT_TRUE(der.has_value());
  const auto back = PrivateKey::from_pkcs8(*der);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->kind(), GetParam());
  EXPECT_EQ(back->public_key().spki(), made->public_key().spki());
  const auto half = PublicKey::from_pem(made->public_key().pem());
  ASSERT_TRUE(half.has_value());
  EXPECT_EQ(half->kind(), GetParam());
  EXPECT_EQ(half->spki(), made->public_key().spki());
  EXPECT_FALSE(PublicKey::from_spki(as_bytes(half->spki() + "x")).has_value());
  EXPECT_FALSE(PrivateKey::from_pkcs8(secret(reveal(*der) + "x")).has_value());
  EXPECT_FALSE(PrivateKey::from_pkcs8(secret(reveal(*der).substr(1))).has_value());
}

INSTANTIATE_TEST_SUITE_P(All, Kinds,
                         testing::Values(KeyKind::kRsa2048, KeyKind::kRsa3072, KeyKind::kRsa4096,
                                         KeyKind::kEcP256, KeyKind::kEcP256k, KeyKind::kEcSm2),
                         [](const auto& test_case) { return std::to_string(test_case.index); });

TEST(PublicKeys, RefusesPointsOffTheCurveAndOtherKeys) {
  const auto made = PrivateKey::generate(KeyKind::kEcP256);
  std::string der = made->public_key().spki();
  der[der.size() - 1] ^= 1;
  EXPECT_FALSE(PublicKey::from_spki(as_bytes(der)).has_value());
  // Ed25519 (RFC 8410 §10.1): a key, but none of ours.
  EXPECT_FALSE(PublicKey::from_pem("-----BEGIN PUBLIC KEY-----\n"
                                   "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
                                   "-----END PUBLIC KEY-----\n")
                   .has_value());
  EXPECT_FALSE(PublicKey::from_pem("-----BEGIN PUBLIC KEY-----").has_value());
}

TEST(PrivateKeys, ChecksHalvesThatDoNotFit) {
  const auto one = PrivateKey::generate(KeyKind::kEcP256);
  const auto two = PrivateKey::generate(KeyKind::kEcP256);
  // PKCS#8 of EC ends with the public point.
  std::string der = reveal(*one->to_pkcs8());
  const std::string point = two->public_key().spki().substr(27);
  der.replace(der.size() - 64, 64, point);
  const auto mixed = PrivateKey::from_pkcs8(secret(der));
  EXPECT_FALSE(mixed.has_value() && mixed->check());
}

}  // namespace
}  // namespace strongroom::crypto
