#include "strongroom/crypto/kdf.h"

#include <gtest/gtest.h>

#include "strongroom/test/reveal.h"
#include "wycheproof.h"

namespace strongroom::crypto {
namespace {

using strongroom::test::reveal;
using strongroom::test::secret;

TEST(Kdf, WycheproofHkdf) {
  const int count = test::for_each_case("hkdf_sha256_test.json", [](const test::Case& c) {
    const auto size = static_cast<std::size_t>(std::int64_t(c.test["size"]));
    const auto derived = hkdf_sha256(secret(c.bytes("ikm")), as_bytes(c.bytes("salt")),
                                     as_bytes(c.bytes("info")), size);
    ASSERT_EQ(derived.has_value(), c.valid()) << c.name();
    if (!derived) return;
    EXPECT_EQ(hex_encode(as_bytes(reveal(*derived))), c.text("okm")) << c.name();
  });
  EXPECT_GT(count, 80);
}

// Suite 1's known answer is a KBKDF answer: label "KMSENV1", context 0x01 ‖ salt ‖ SHA-256(AAD).
TEST(Kdf, KbkdfGivesTheKnownAnswerOfSuite1) {
  std::string key;
  for (int i = 0; i < 32; ++i) key.push_back(static_cast<char>(i));
  std::string context = "\x01";
  for (int i = 0x40; i < 0x60; ++i) context.push_back(static_cast<char>(i));
  context += *hex_decode("a99aa4151e705c545df0ddc168aa7f3ccbd27a9aa13014a5367b95363c1ceaf5");
  const auto okm = kbkdf(secret(key), "KMSENV1", as_bytes(context), 64);
  ASSERT_TRUE(okm.has_value());
  EXPECT_EQ(hex_encode(as_bytes(reveal(*okm))),
            "c673e1bfd1d4f32ec7a4798ad80e3ef44c1795d6a244f04837494ae681c61c92"
            "4d96d0ac6c958a99be4f55e4616f9fbd33a200a6fc57643e8043428d0e0680a8");
}

TEST(Kdf, KbkdfBindsLabelContextAndLength) {
  const SecretBytes key = secret(std::string(32, 'k'));
  const std::string base = reveal(*kbkdf(key, "a", as_bytes("bc"), 32));
  EXPECT_NE(base, reveal(*kbkdf(key, "ab", as_bytes("c"), 32)));
  EXPECT_NE(base, reveal(*kbkdf(key, "a", as_bytes("bd"), 32)));
  EXPECT_NE(base, reveal(*kbkdf(key, "a", as_bytes("bc"), 33)).substr(0, 32));
  EXPECT_EQ(reveal(*kbkdf(key, "a", as_bytes("bc"), 33)).size(), 33U);
}

}  // namespace
}  // namespace strongroom::crypto
