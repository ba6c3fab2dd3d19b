#include "strongroom/crypto/secret_sharing.h"

#include <gtest/gtest.h>

#include "strongroom/test/reveal.h"

namespace strongroom::crypto {
namespace {

std::vector<SecretBytes> pick(const std::vector<SecretBytes>& all, std::vector<std::size_t> which) {
  std::vector<SecretBytes> chosen;
  for (const std::size_t i : which) chosen.push_back(test::secret(test::reveal(all.at(i))));
  return chosen;
}

TEST(SecretSharing, AnyThresholdOfTheSharesGivesTheSecret) {
  SystemRandom random;
  const SecretBytes secret = test::secret("0123456789abcdef0123456789abcdef");
  const auto shares = split_secret(secret, 3, 5, random);
  ASSERT_TRUE(shares);
  ASSERT_EQ(shares->size(), 5U);
  for (std::size_t a = 0; a < 5; ++a) {
    for (std::size_t b = a + 1; b < 5; ++b) {
      EXPECT_FALSE(join_shares(pick(*shares, {a, b})));
      for (std::size_t c = b + 1; c < 5; ++c) {
        const auto joined = join_shares(pick(*shares, {c, a, b}));
        ASSERT_TRUE(joined);
        EXPECT_EQ(test::reveal(*joined), test::reveal(secret));
      }
    }
  }
}

TEST(SecretSharing, WrongSetsAreToldApart) {
  SystemRandom random;
  const SecretBytes secret = test::secret("0123456789abcdef0123456789abcdef");
  const auto one = split_secret(secret, 2, 3, random);
  const auto two = split_secret(secret, 2, 3, random);
  std::vector<SecretBytes> mixed = pick(*one, {0});
  mixed.push_back(std::move(pick(*two, {1})[0]));
  EXPECT_FALSE(join_shares(mixed));
  EXPECT_FALSE(join_shares(pick(*one, {1, 1})));
  std::vector<SecretBytes> flipped = pick(*one, {0, 1});
  std::string bytes = test::reveal(flipped[1]);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  flipped[1] = test::secret(bytes);
  EXPECT_FALSE(join_shares(flipped));
  EXPECT_FALSE(join_shares({}));
}

TEST(SecretSharing, RefusesSplitsThatProtectNothing) {
  SystemRandom random;
  const SecretBytes secret = test::secret("s");
  EXPECT_FALSE(split_secret(secret, 1, 3, random));
  EXPECT_FALSE(split_secret(secret, 4, 3, random));
  EXPECT_FALSE(split_secret(secret, 2, 256, random));
  EXPECT_FALSE(split_secret(SecretBytes(), 2, 3, random));
}

}  // namespace
}  // namespace strongroom::crypto
