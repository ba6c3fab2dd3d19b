// The SM algorithms against Botan's and Wycheproof's vectors.

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <fstream>
#include <map>
#include <memory>

#include "strongroom/crypto/aes_gcm.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/crypto/block_cipher.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/test/reveal.h"
#include "wycheproof.h"

namespace strongroom::crypto {
namespace {

using strongroom::test::reveal;
using strongroom::test::secret;

using Fields = std::map<std::string, std::string>;

/// Calls `body` at each line that sets `last`, with every value in force.
int for_each_vector(const std::string& file, const std::string& last,
                    const std::function<void(const Fields&)>& body) {
  std::ifstream in(std::string(STRONGROOM_VECTORS_DIR "/wycheproof/botan/") + file);
  Fields fields;
  int count = 0;
  for (std::string line; std::getline(in, line);) {
    const std::size_t equals = line.find('=');
    if (line.empty() || line.front() == '#' || equals == std::string::npos) continue;
    const std::string name = line.substr(0, line.find(' '));
    const std::size_t value = line.find_first_not_of(" \t", equals + 1);
    fields[name] = value == std::string::npos ? "" : line.substr(value);
    if (name != last) continue;
    body(fields);
    ++count;
  }
  return count;
}

std::string hex(const Fields& fields, const char* name) {
  std::string text = fields.at(name);
  if (text.starts_with("0x")) text.erase(0, 2);
  return *hex_decode(text);
}

/// PKCS#8 of the SM2 key with private number `x`; libcrypto knows the public half.
PrivateKey sm2_key(const std::string& x) {
  BIGNUM* number = BN_bin2bn(reinterpret_cast<const unsigned char*>(x.data()),
                             static_cast<int>(x.size()), nullptr);
  EC_GROUP* group = EC_GROUP_new_by_curve_name(NID_sm2);
  EC_POINT* point = EC_POINT_new(group);
  SR_CHECK(EC_POINT_mul(group, point, number, nullptr, nullptr, nullptr) == 1);
  std::array<unsigned char, 65> encoded{};
  SR_CHECK(EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, encoded.data(),
                              encoded.size(), nullptr) == encoded.size());
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0);
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number);
  OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, encoded.data(),
                                   encoded.size());
  OSSL_PARAM* params = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "SM2", nullptr);
  EVP_PKEY* pkey = nullptr;
  SR_CHECK(EVP_PKEY_fromdata_init(context) == 1 &&
           EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_KEYPAIR, params) == 1);
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(pkey);
  std::string der(static_cast<std::size_t>(i2d_PKCS8_PRIV_KEY_INFO(info, nullptr)), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_PKCS8_PRIV_KEY_INFO(info, &out);
  PKCS8_PRIV_KEY_INFO_free(info);
  EVP_PKEY_free(pkey);
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(params);
  OSSL_PARAM_BLD_free(builder);
  EC_POINT_free(point);
  EC_GROUP_free(group);
  BN_free(number);
  auto key = PrivateKey::from_pkcs8(secret(der));
  SR_CHECK(key.has_value());
  return std::move(*key);
}

void append_number(std::string& out, std::string value) {
  while (value.size() > 1 && value.front() == 0) value.erase(0, 1);
  if ((static_cast<unsigned char>(value.front()) & 0x80U) != 0) value.insert(value.begin(), '\0');
  out.push_back(0x02);
  out.push_back(static_cast<char>(value.size()));
  out += value;
}

std::string signature_der(const std::string& plain) {
  std::string numbers;
  append_number(numbers, plain.substr(0, 32));
  append_number(numbers, plain.substr(32));
  std::string der = "\x30";
  der.push_back(static_cast<char>(numbers.size()));
  return der + numbers;
}

TEST(Sm2, VerifiesBotansSignatures) {
  int ours = 0;
  for_each_vector("sm2_sig.vec", "Signature", [&](const Fields& fields) {
    // The standard's curve and hash; the file has others too.
    if (fields.at("Oid") != "1.2.156.10197.1.301" || fields.at("Hash") != "SM3") return;
    ++ours;
    const PrivateKey key = sm2_key(hex(fields, "x"));
    const auto digest =
        key.public_key().sm2_digest(as_bytes(hex(fields, "Msg")), fields.at("Ident"));
    ASSERT_TRUE(digest.has_value());
    const std::string signature = signature_der(hex(fields, "Signature"));
    EXPECT_TRUE(
        key.public_key().verify(SignatureScheme::kSm2Dsa, as_bytes(*digest), as_bytes(signature)));
    const auto other = key.public_key().sm2_digest(as_bytes(hex(fields, "Msg")));
    EXPECT_FALSE(
        key.public_key().verify(SignatureScheme::kSm2Dsa, as_bytes(*other), as_bytes(signature)));
  });
  EXPECT_GE(ours, 1);
}

TEST(Sm2, RefusesBotansInvalidCiphertexts) {
  int refused = 0;
  for_each_vector("sm2_invalid.vec", "Ctext", [&](const Fields& fields) {
    const PrivateKey key = sm2_key(hex(fields, "Key"));
    const auto opened = key.decrypt(EncryptionScheme::kSm2Pke, as_bytes(hex(fields, "Ctext")));
    ASSERT_FALSE(opened.has_value()) << fields.at("Ctext");
    EXPECT_EQ(opened.error().kind(), ErrorKind::kCorrupt);
    ++refused;
  });
  EXPECT_EQ(refused, 20);
}

TEST(Sm2, OpensThePlainForm) {
  const auto key = PrivateKey::generate(KeyKind::kEcSm2);
  for (const std::string& text :
       {std::string("x"), std::string(200, 'y'), std::string(6000, 'z')}) {
    const auto der = key->public_key().encrypt(EncryptionScheme::kSm2Pke, secret(text));
    ASSERT_TRUE(der.has_value());
    // Cut the numbers and strings out of the DER again.
    const auto length = [](const std::string& s, std::size_t& at) {
      std::size_t n = static_cast<unsigned char>(s[at++]);
      if (n == 0x81) n = static_cast<unsigned char>(s[at++]);
      if (n == 0x82) {
        n = static_cast<std::size_t>(load_u16(s.data() + at));
        at += 2;
      }
      return n;
    };
    std::size_t at = 1;
    length(*der, at);
    std::string plain = "\x04";
    for (int field = 0; field < 4; ++field) {
      ++at;
      const std::size_t n = length(*der, at);
      std::string value = der->substr(at, n);
      at += n;
      if (field < 2) {
        if (value.size() == 33) value.erase(0, 1);
        value.insert(0, 32 - value.size(), '\0');
      }
      plain += value;
    }
    const auto opened = key->decrypt(EncryptionScheme::kSm2Pke, as_bytes(plain));
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(reveal(*opened), text);
    plain.back() ^= 1;
    EXPECT_FALSE(key->decrypt(EncryptionScheme::kSm2Pke, as_bytes(plain)).has_value());
    EXPECT_FALSE(key->decrypt(EncryptionScheme::kSm2Pke, as_bytes("\x04 short")).has_value());
  }
}

TEST(Sm3, BotansVectors) {
  const int count = for_each_vector("sm3.vec", "Out", [](const Fields& fields) {
    EXPECT_EQ(as_chars(sm3(as_bytes(hex(fields, "In")))), hex(fields, "Out"));
  });
  EXPECT_EQ(count, 139);
}

TEST(Sm4, BotansVectors) {
  const int count = for_each_vector("sm4.vec", "Out", [](const Fields& fields) {
    const SecretBytes key = secret(hex(fields, "Key"));
    constexpr BlockSettings kEcb{BlockCipher::kSm4, BlockMode::kEcb, Padding::kNone};
    const auto sealed = block_encrypt(kEcb, key, {}, secret(hex(fields, "In")));
    ASSERT_TRUE(sealed.has_value());
    EXPECT_EQ(*sealed, hex(fields, "Out"));
    const auto opened = block_decrypt(kEcb, key, {}, as_bytes(*sealed));
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(reveal(*opened), hex(fields, "In"));
  });
  EXPECT_EQ(count, 22);
}

TEST(Sm4Gcm, Wycheproof) {
  int opened_count = 0;
  const int count = test::for_each_case("sm4_gcm_test.json", [&](const test::Case& c) {
    const SecretBytes key = secret(c.bytes("key"));
    const std::string iv = c.bytes("iv");
    const std::string aad = c.bytes("aad");
    const std::string sealed = c.bytes("ct") + c.bytes("tag");
    const auto opened = sm4_gcm_open(key, as_bytes(iv), as_bytes(aad), as_bytes(sealed));
    // Only 12-byte nonces are ours.
    ASSERT_EQ(opened.has_value(), c.valid() && iv.size() == kGcmIvBytes) << c.name();
    if (!opened) return;
    ++opened_count;
    EXPECT_EQ(reveal(*opened), c.bytes("msg")) << c.name();
    const auto again = sm4_gcm_seal(key, as_bytes(iv), as_bytes(aad), secret(c.bytes("msg")));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(*again, sealed) << c.name();
  });
  EXPECT_EQ(count, 104);
  EXPECT_GT(opened_count, 30);
}

TEST(AesCbc, Wycheproof) {
  const int count = test::for_each_case("aes_cbc_pkcs5_test.json", [](const test::Case& c) {
    const SecretBytes key = secret(c.bytes("key"));
    const std::string iv = c.bytes("iv");
    const auto opened = block_decrypt({}, key, as_bytes(iv), as_bytes(c.bytes("ct")));
    ASSERT_EQ(opened.has_value(), c.valid()) << c.name();
    if (!opened) {
      EXPECT_EQ(opened.error().kind(), ErrorKind::kCorrupt);
      return;
    }
    EXPECT_EQ(reveal(*opened), c.bytes("msg")) << c.name();
    EXPECT_EQ(*block_encrypt({}, key, as_bytes(iv), secret(c.bytes("msg"))), c.bytes("ct"));
  });
  EXPECT_EQ(count, 216);
}

TEST(BlockCiphers, EveryModeAndRefusals) {
  const std::string iv(16, 'i');
  for (const BlockCipher cipher : {BlockCipher::kAes, BlockCipher::kSm4}) {
    for (const BlockMode mode : {BlockMode::kCbc, BlockMode::kCtr, BlockMode::kEcb}) {
      const Padding padding = mode == BlockMode::kCtr ? Padding::kNone : Padding::kPkcs7;
      const SecretBytes key = secret(std::string(16, 'k'));
      const ByteView nonce = mode == BlockMode::kEcb ? ByteView() : as_bytes(iv);
      const BlockSettings settings{cipher, mode, padding};
      const auto sealed = block_encrypt(settings, key, nonce, secret("seventeen bytes.."));
      ASSERT_TRUE(sealed.has_value());
      const auto opened = block_decrypt(settings, key, nonce, as_bytes(*sealed));
      ASSERT_TRUE(opened.has_value());
      EXPECT_EQ(reveal(*opened), "seventeen bytes..");
      EXPECT_FALSE(block_encrypt(settings, key, as_bytes("short"), secret("x")).has_value());
      EXPECT_FALSE(block_encrypt(settings, secret("key"), nonce, secret("x")).has_value());
    }
  }
  const SecretBytes key = secret(std::string(16, 'k'));
  EXPECT_FALSE(block_encrypt({BlockCipher::kAes, BlockMode::kCbc, Padding::kNone}, key,
                             as_bytes(iv), secret("seventeen bytes.."))
                   .has_value());
  EXPECT_FALSE(block_encrypt({BlockCipher::kSm4, BlockMode::kCbc, Padding::kPkcs7},
                             secret(std::string(32, 'k')), as_bytes(iv), secret("x"))
                   .has_value());
}

}  // namespace
}  // namespace strongroom::crypto
