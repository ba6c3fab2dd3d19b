#include "strongroom/crypto/digest.h"

#include <gtest/gtest.h>

#include "strongroom/crypto/ct_equal.h"
#include "strongroom/test/reveal.h"

namespace strongroom::crypto {
namespace {

std::string hex(const Digest32& digest) {
  return hex_encode(digest);
}

TEST(Digest, PublishedAnswers) {
  EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sm3(as_bytes("abc"))),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
}

TEST(Digest, PiecesEqualTheWhole) {
  EXPECT_EQ(sha256(as_bytes("ab"), as_bytes("c")), sha256(as_bytes("abc")));
  EXPECT_EQ(sha256(as_bytes("a"), {}, as_bytes("bc")), sha256(as_bytes("abc")));
  Sha256 incremental;
  EXPECT_EQ(incremental.finish(), sha256({}));
  for (const char c : std::string_view("abc")) incremental.update(as_bytes({&c, 1}));
  EXPECT_EQ(incremental.finish(), sha256(as_bytes("abc")));
}

TEST(CtEqual, NeedsLengthAndBytes) {
  EXPECT_TRUE(ct_equal(as_bytes("abc"), as_bytes("abc")));
  EXPECT_FALSE(ct_equal(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(ct_equal(as_bytes("abc"), as_bytes("ab")));
  EXPECT_TRUE(ct_equal(ByteView(), ByteView()));
  const SecretBytes held = strongroom::test::secret("abc");
  EXPECT_TRUE(ct_equal(held, as_bytes("abc")));
  EXPECT_FALSE(ct_equal(held, strongroom::test::secret("abcd")));
}

}  // namespace
}  // namespace strongroom::crypto
