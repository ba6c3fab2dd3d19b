#include "strongroom/crypto/mac.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "strongroom/crypto/digest.h"
#include "strongroom/test/reveal.h"
#include "wycheproof.h"

namespace strongroom::crypto {
namespace {

using strongroom::test::secret;

void check_wycheproof(const std::string& file, MacHash hash) {
  const int count = test::for_each_case(file, [&](const test::Case& c) {
    const auto tag_bytes = static_cast<std::size_t>(c.group_number("tagSize") / 8);
    const MacTag tag = hmac(hash, secret(c.bytes("key")), as_bytes(c.bytes("msg")));
    // Truncated tags are not a feature of ours; their bytes must still be a prefix of the whole
    // tag.
    const std::string prefix(as_chars(tag.view().first(tag_bytes)));
    EXPECT_EQ(prefix == c.bytes("tag"), c.valid()) << file << " " << c.name();
    const auto key = HmacKey::make(hash, secret(c.bytes("key")));
    ASSERT_TRUE(key.has_value());
    const bool whole = tag_bytes == tag.size;
    EXPECT_EQ(key->verify(as_bytes(c.bytes("msg")), as_bytes(c.bytes("tag"))), c.valid() && whole)
        << file << " " << c.name();
  });
  EXPECT_GT(count, 100);
}

TEST(Mac, WycheproofSha1) {
  check_wycheproof("hmac_sha1_test.json", MacHash::kSha1);
}
TEST(Mac, WycheproofSha256) {
  check_wycheproof("hmac_sha256_test.json", MacHash::kSha256);
}

TEST(Mac, WycheproofSha384) {
  check_wycheproof("hmac_sha384_test.json", MacHash::kSha384);
}
TEST(Mac, WycheproofSha512) {
  check_wycheproof("hmac_sha512_test.json", MacHash::kSha512);
}

TEST(Mac, Rfc4231Sha224) {
  // RFC 4231 §4.2, test case 1.
  const MacTag tag = hmac(MacHash::kSha224, secret(std::string(20, '\x0b')), as_bytes("Hi There"));
  EXPECT_EQ(hex_encode(tag.view()), "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22");
}

TEST(Mac, Sm3IsHmacByItsDefinition) {
  const std::string key(37, 'k');
  std::string inner(64, 0x36);
  std::string outer(64, 0x5c);
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner[i] = static_cast<char>(inner[i] ^ key[i]);
    outer[i] = static_cast<char>(outer[i] ^ key[i]);
  }
  const Digest32 inner_digest = sm3(as_bytes(inner + "message"));
  const Digest32 expected = sm3(as_bytes(outer + std::string(as_chars(inner_digest))));
  const MacTag tag = hmac(MacHash::kSm3, secret(key), as_bytes("message"));
  EXPECT_EQ(hex_encode(tag.view()), hex_encode(expected));
}

TEST(Mac, SuffixBelongsToTheKey) {
  // The key of an RPC signature is the AccessKey secret followed by "&".
  const auto with_suffix = HmacKey::make(MacHash::kSha1, secret("testsecret"), "&");
  const auto joined = HmacKey::make(MacHash::kSha1, secret("testsecret&"));
  EXPECT_EQ(with_suffix->sign(as_bytes("x")).bytes, joined->sign(as_bytes("x")).bytes);
  EXPECT_EQ(with_suffix->sign(as_bytes("x")).size, 20U);
}

TEST(Mac, PiecesEqualTheWhole) {
  const auto key = HmacKey::make(MacHash::kSha256, secret("key"));
  EXPECT_EQ(key->sign({as_bytes("a"), as_bytes(""), as_bytes("bc")}).bytes,
            key->sign(as_bytes("abc")).bytes);
}

TEST(Mac, EmptyKeyIsAKeyOfItsOwn) {
  const auto key = HmacKey::make(MacHash::kSha256, secret("key"));
  key->sign(as_bytes("leaves its key in the context"));
  const MacTag tag = hmac(MacHash::kSha256, SecretBytes(), ByteView());
  EXPECT_EQ(hex_encode(tag.view()),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Mac, VerifyRefusesPrefixes) {
  const auto key = HmacKey::make(MacHash::kSha256, secret("key"));
  const MacTag tag = key->sign(as_bytes("data"));
  EXPECT_TRUE(key->verify(as_bytes("data"), tag.view()));
  EXPECT_FALSE(key->verify(as_bytes("data"), tag.view().first(31)));
  EXPECT_FALSE(key->verify(as_bytes("data"), {}));
}

TEST(Mac, OneKeyManyThreads) {
  const auto key = HmacKey::make(MacHash::kSha256, secret("shared"));
  const MacTag expected = key->sign(as_bytes("message"));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        ASSERT_EQ(key->sign(as_bytes("message")).bytes, expected.bytes);
        hmac(MacHash::kSha256, secret("interleaved"), as_bytes("x"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace strongroom::crypto
