#include "strongroom/crypto/password_hash.h"

#include <gtest/gtest.h>

#include "strongroom/test/reveal.h"

namespace strongroom::crypto {
namespace {

using strongroom::test::reveal;
using strongroom::test::secret;

constexpr Argon2Parameters kSmall{.memory_kib = 256, .passes = 2, .lanes = 1};

// From the reference implementation's own test (t=2, m=2^8, p=1, "password", "somesalt").
TEST(Argon2id, PublishedAnswer) {
  const auto derived = argon2id(secret("password"), as_bytes("somesalt"), kSmall, 32);
  ASSERT_TRUE(derived.has_value());
  EXPECT_EQ(hex_encode(as_bytes(reveal(*derived))),
            "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe");
}

TEST(Argon2id, RefusesHostileParameters) {
  const auto refused = [](Argon2Parameters parameters, std::string_view salt, std::size_t length) {
    const auto outcome = argon2id(secret("p"), as_bytes(salt), parameters, length);
    return !outcome && outcome.error().kind() == ErrorKind::kInvalidInput;
  };
  EXPECT_FALSE(refused(kSmall, "somesalt", 32));
  EXPECT_TRUE(refused({.memory_kib = (4U << 20) + 1, .passes = 1, .lanes = 1}, "somesalt", 32));
  EXPECT_TRUE(refused({.memory_kib = 256, .passes = 21, .lanes = 1}, "somesalt", 32));
  EXPECT_TRUE(refused({.memory_kib = 256, .passes = 0, .lanes = 1}, "somesalt", 32));
  EXPECT_TRUE(refused({.memory_kib = 256, .passes = 1, .lanes = 17}, "somesalt", 32));
  EXPECT_TRUE(refused({.memory_kib = 256, .passes = 1, .lanes = 0}, "somesalt", 32));
  EXPECT_TRUE(refused({.memory_kib = 7, .passes = 1, .lanes = 1}, "somesalt", 32));
  EXPECT_TRUE(refused(kSmall, "short", 32));
  EXPECT_TRUE(refused(kSmall, "somesalt", 65));
}

}  // namespace
}  // namespace strongroom::crypto
