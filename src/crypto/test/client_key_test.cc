#include "strongroom/crypto/client_key.h"

#include <gtest/gtest.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "strongroom/base/bytes.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/crypto/rsa.h"
#include "strongroom/test/reveal.h"

namespace strongroom::crypto {
namespace {

constexpr Validity kValidity{{1'795'300'020'000}, {1'953'000'000'000}};

SecretBytes secret(std::string_view text) {
  return std::move(*SecretBytes::copy_of(as_bytes(text)));
}

PKCS12* parse(const ClientKey& key) {
  const std::string der = test::reveal(key.pkcs12);
  const unsigned char* at = reinterpret_cast<const unsigned char*>(der.data());
  return d2i_PKCS12(nullptr, &at, static_cast<long>(der.size()));
}

TEST(ClientKey, TheFileOpensUnderItsPasswordAlone) {
  SystemRandom random;
  const auto made = make_client_key("KAAP.1", kValidity, secret("Testpass123"), random);
  ASSERT_TRUE(made);
  PKCS12* file = parse(*made);
  ASSERT_NE(file, nullptr);
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  EXPECT_EQ(PKCS12_parse(file, "wrong", &key, &certificate, nullptr), 0);
  ASSERT_EQ(PKCS12_parse(file, "Testpass123", &key, &certificate, nullptr), 1);
  EXPECT_EQ(X509_check_private_key(certificate, key), 1);
  EXPECT_EQ(EVP_PKEY_get_bits(key), 2048);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::string signature(256, '\0');
  std::size_t size = signature.size();
  ASSERT_EQ(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key), 1);
  ASSERT_EQ(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                           reinterpret_cast<const unsigned char*>("text"), 4),
            1);
  EVP_MD_CTX_free(context);
  const auto known = RsaPublicKey::from_der(as_bytes(made->public_key_der));
  ASSERT_TRUE(known);
  EXPECT_TRUE(known->verify_pkcs1_sha256(as_bytes("text"), as_bytes(signature)));
  EXPECT_FALSE(known->verify_pkcs1_sha256(as_bytes("tex"), as_bytes(signature)));
  EVP_PKEY_free(key);
  X509_free(certificate);
  PKCS12_free(file);
}

// instance-protocol.md §2: what the strictest of the official loaders demands.
TEST(ClientKey, TheFileHasTheOneFormThatAllClientsLoad) {
  SystemRandom random;
  const auto made = make_client_key("KAAP.1", kValidity, secret("Testpass123"), random);
  ASSERT_TRUE(made);
  PKCS12* file = parse(*made);
  const ASN1_INTEGER* iterations = nullptr;
  const X509_ALGOR* mac = nullptr;
  PKCS12_get0_mac(nullptr, &mac, nullptr, &iterations, file);
  const ASN1_OBJECT* hash = nullptr;
  X509_ALGOR_get0(&hash, nullptr, nullptr, mac);
  EXPECT_EQ(OBJ_obj2nid(hash), NID_sha1);
  EXPECT_EQ(ASN1_INTEGER_get(iterations), 2048);
  STACK_OF(PKCS7)* safes = PKCS12_unpack_authsafes(file);
  ASSERT_EQ(sk_PKCS7_num(safes), 2);
  EXPECT_TRUE(PKCS7_type_is_encrypted(sk_PKCS7_value(safes, 0)));  // the certificate
  EXPECT_TRUE(PKCS7_type_is_data(sk_PKCS7_value(safes, 1)));       // the key
  const X509_ALGOR* cipher = sk_PKCS7_value(safes, 0)->d.encrypted->enc_data->algorithm;
  EXPECT_EQ(OBJ_obj2nid(cipher->algorithm), NID_pbe_WithSHA1And3_Key_TripleDES_CBC);
  STACK_OF(PKCS12_SAFEBAG)* bags = PKCS12_unpack_p7data(sk_PKCS7_value(safes, 1));
  ASSERT_EQ(sk_PKCS12_SAFEBAG_num(bags), 1);
  PKCS12_SAFEBAG* bag = sk_PKCS12_SAFEBAG_value(bags, 0);
  EXPECT_EQ(PKCS12_SAFEBAG_get_nid(bag), NID_pkcs8ShroudedKeyBag);
  EXPECT_NE(PKCS12_SAFEBAG_get0_attr(bag, NID_localKeyID), nullptr);
  sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
  sk_PKCS7_pop_free(safes, PKCS7_free);
  PKCS12_free(file);
}

TEST(ClientKey, NeedsAPasswordAndAValidity) {
  SystemRandom random;
  EXPECT_FALSE(make_client_key("KAAP.1", kValidity, SecretBytes(), random));
  EXPECT_FALSE(make_client_key("KAAP.1", {kValidity.not_after, kValidity.not_before},
                               secret("Testpass123"), random));
}

TEST(ClientKey, OpensUnderItsPasswordOnly) {
  SystemRandom random;
  const SecretBytes password = test::secret("Testpass123");
  const auto made = make_client_key("KAAP.x", kValidity, password, random);
  ASSERT_TRUE(made);
  const std::string der = test::reveal(made->pkcs12);
  const auto opened = open_client_key(as_bytes(der), password);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->certificate_pem, made->certificate_pem);
  EXPECT_EQ(opened->fingerprint, made->fingerprint);
  const auto pair = PrivateKey::from_pkcs8(opened->pkcs8);
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->public_key().spki(), made->public_key_der);
  EXPECT_FALSE(open_client_key(as_bytes(der), test::secret("Testpass124")));
  EXPECT_FALSE(open_client_key(as_bytes(der + "x"), password));
  EXPECT_FALSE(open_client_key(as_bytes(der.substr(0, der.size() - 1)), password));
  EXPECT_FALSE(open_client_key(ByteView(), password));
}

}  // namespace
}  // namespace strongroom::crypto
