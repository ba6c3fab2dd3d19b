#include "strongroom/crypto/aes_gcm.h"

#include <gtest/gtest.h>

#include "strongroom/test/reveal.h"
#include "wycheproof.h"

namespace strongroom::crypto {
namespace {

using strongroom::test::reveal;
using strongroom::test::secret;

TEST(AesGcm, Wycheproof) {
  int opened_count = 0;
  const int count = test::for_each_case("aes_gcm_test.json", [&](const test::Case& c) {
    const SecretBytes key = secret(c.bytes("key"));
    const std::string iv = c.bytes("iv");
    const std::string aad = c.bytes("aad");
    const std::string sealed = c.bytes("ct") + c.bytes("tag");
    const auto opened = aes_gcm_open(key, as_bytes(iv), as_bytes(aad), as_bytes(sealed));
    // Only 12-byte nonces are ours.
    ASSERT_EQ(opened.has_value(), c.valid() && iv.size() == kGcmIvBytes) << c.name();
    if (!opened) return;
    ++opened_count;
    EXPECT_EQ(reveal(*opened), c.bytes("msg")) << c.name();
    const auto again = aes_gcm_seal(key, as_bytes(iv), as_bytes(aad), secret(c.bytes("msg")));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(*again, sealed) << c.name();
  });
  EXPECT_GT(count, 300);
  EXPECT_GT(opened_count, 100);
}

TEST(AesGcm, RefusesWrongSizes) {
  const SecretBytes key = secret(std::string(32, 'k'));
  const std::string iv(12, 'i');
  EXPECT_EQ(aes_gcm_open(key, as_bytes(iv), {}, as_bytes("short")).error().kind(),
            ErrorKind::kCorrupt);
  EXPECT_EQ(aes_gcm_seal(key, as_bytes("iv"), {}, secret("x")).error().kind(),
            ErrorKind::kInvalidInput);
  EXPECT_EQ(aes_gcm_seal(secret("key"), as_bytes(iv), {}, secret("x")).error().kind(),
            ErrorKind::kInvalidInput);
}

}  // namespace
}  // namespace strongroom::crypto
