#include "strongroom/crypto/suite1.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include "strongroom/test/reveal.h"

namespace strongroom::crypto {
namespace {

using strongroom::test::reveal;
using strongroom::test::secret;

std::string counting(int first, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(first + i));
  return bytes;
}

std::string unhex(std::string_view text) {
  return *hex_decode(text);
}

// Hands out the given bytes in order.
class ScriptedRandom final : public Random {
 public:
  explicit ScriptedRandom(std::string bytes) : bytes_(std::move(bytes)) {}
  void fill(std::span<std::uint8_t> out) override {
    ASSERT_LE(used_ + out.size(), bytes_.size());
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(used_), out.size(), out.begin());
    used_ += out.size();
  }

 private:
  std::string bytes_;
  std::size_t used_ = 0;
};

std::string tlv(int type, std::string_view value) {
  std::string out;
  append_u16(out, static_cast<std::uint16_t>(type));
  append_u32(out, static_cast<std::uint32_t>(value.size()));
  return out.append(value);
}

struct KnownAnswer {
  SecretBytes key = secret(counting(0, 32));
  std::string aad = tlv(1, "KMSREC1") + tlv(2, "secret-value") + tlv(3, "acct-1001") +
                    tlv(4, "0f8fad5bd9cb469fa16570867728950e") + tlv(5, "MyDbCreds") + tlv(6, "v1");
  std::string plaintext = "hunter2-correct-horse";
  std::string kenc = unhex("c673e1bfd1d4f32ec7a4798ad80e3ef44c1795d6a244f04837494ae681c61c92");
  std::string kcom = unhex("4d96d0ac6c958a99be4f55e4616f9fbd33a200a6fc57643e8043428d0e0680a8");
  std::string blob =
      std::string("KME\x01\x01", 5) + counting(0x40, 32) + counting(0x80, 12) + kcom +
      unhex("cb40c275555ef5c0e8f1ffe358263bfffc7eae24f855a4b33824663643b9994ce517e038e2");
};

TEST(Suite1, SealsTheKnownAnswer) {
  const KnownAnswer known;
  ASSERT_EQ(known.aad.size(), 107U);
  ScriptedRandom random(counting(0x40, 32) + counting(0x80, 12));
  const auto sealed =
      suite1_seal(known.key, as_bytes(known.aad), as_bytes(known.plaintext), random);
  ASSERT_TRUE(sealed.has_value());
  EXPECT_EQ(hex_encode(as_bytes(*sealed)), hex_encode(as_bytes(known.blob)));
}

TEST(Suite1, OpensTheKnownAnswer) {
  const KnownAnswer known;
  const auto opened = suite1_open(known.key, as_bytes(known.aad), known.blob);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(reveal(*opened), known.plaintext);
  EXPECT_EQ(suite1_commitment(known.blob), known.kcom);
}

TEST(Suite1, DerivedKeyIsTheKnownOneAndOpens) {
  const KnownAnswer known;
  const auto derived = suite1_derive(known.key, as_bytes(known.aad), known.blob);
  ASSERT_TRUE(derived.has_value());
  EXPECT_EQ(reveal(derived->kenc_kcom), known.kenc + known.kcom);
  EXPECT_EQ(derived->salt, counting(0x40, 32));
  const auto opened = suite1_open_derived(*derived, as_bytes(known.aad), known.blob);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(reveal(*opened), known.plaintext);
}

TEST(Suite1, RoundTripsEverySizeClass) {
  SystemRandom random;
  const SecretBytes key = secret(counting(7, 32));
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 1024U, 30720U, 1U << 20}) {
    const std::string plaintext(size, 'p');
    const auto sealed = suite1_seal(key, as_bytes("aad"), as_bytes(plaintext), random);
    ASSERT_TRUE(sealed.has_value());
    EXPECT_EQ(sealed->size(), size + kSuite1Overhead);
    const auto opened = suite1_open(key, as_bytes("aad"), *sealed);
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(reveal(*opened), plaintext);
  }
  const auto from_secret = suite1_seal(key, {}, secret("inner"), random);
  ASSERT_TRUE(from_secret.has_value());
  EXPECT_EQ(reveal(*suite1_open(key, {}, *from_secret)), "inner");
}

void expect_corrupt(const Result<SecretBytes>& outcome) {
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kCorrupt);
  EXPECT_EQ(outcome.error().code(), "SealedDataCorrupt");
  EXPECT_EQ(outcome.error().message(), "sealed data failed authentication");
}

TEST(Suite1, EveryFlippedBitIsRefusedWithOneError) {
  const KnownAnswer known;
  const auto derived = suite1_derive(known.key, as_bytes(known.aad), known.blob);
  for (std::size_t bit = 0; bit < known.blob.size() * 8; ++bit) {
    std::string blob = known.blob;
    blob[bit / 8] = static_cast<char>(blob[bit / 8] ^ (1 << (bit % 8)));
    expect_corrupt(suite1_open(known.key, as_bytes(known.aad), blob));
    expect_corrupt(suite1_open_derived(*derived, as_bytes(known.aad), blob));
  }
}

TEST(Suite1, EveryFlippedAadBitIsRefused) {
  const KnownAnswer known;
  const auto derived = suite1_derive(known.key, as_bytes(known.aad), known.blob);
  for (std::size_t bit = 0; bit < known.aad.size() * 8; ++bit) {
    std::string aad = known.aad;
    aad[bit / 8] = static_cast<char>(aad[bit / 8] ^ (1 << (bit % 8)));
    expect_corrupt(suite1_open(known.key, as_bytes(aad), known.blob));
    expect_corrupt(suite1_open_derived(*derived, as_bytes(aad), known.blob));
  }
}

TEST(Suite1, EveryTruncationIsRefused) {
  const KnownAnswer known;
  for (std::size_t size = 0; size < known.blob.size(); ++size) {
    expect_corrupt(suite1_open(known.key, as_bytes(known.aad), known.blob.substr(0, size)));
  }
  expect_corrupt(suite1_open(known.key, as_bytes(known.aad), known.blob + '\0'));
  EXPECT_TRUE(suite1_commitment(known.blob.substr(0, kSuite1Overhead - 1)).empty());
}

TEST(Suite1, AnotherKeyIsRefused) {
  const KnownAnswer known;
  expect_corrupt(suite1_open(secret(counting(1, 32)), as_bytes(known.aad), known.blob));
  EXPECT_FALSE(suite1_derive(secret(counting(1, 32)), as_bytes(known.aad), known.blob).has_value());
}

TEST(Suite1, DerivedKeyOpensNoOtherBlob) {
  SystemRandom random;
  const KnownAnswer known;
  const auto derived = suite1_derive(known.key, as_bytes(known.aad), known.blob);
  const auto other = suite1_seal(known.key, as_bytes(known.aad), as_bytes("other"), random);
  expect_corrupt(suite1_open_derived(*derived, as_bytes(known.aad), *other));
}

TEST(Suite1, NoSaltTwice) {
  SystemRandom random;
  const SecretBytes key = secret(counting(7, 32));
  std::set<std::string> salts;
  for (int i = 0; i < 10'000; ++i) {
    const auto sealed = suite1_seal(key, {}, as_bytes("x"), random);
    EXPECT_TRUE(salts.insert(sealed->substr(5, 44)).second);
  }
}

TEST(Suite1, ManyThreadsWithDifferentKeys) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      SystemRandom random;
      const SecretBytes key = secret(counting(t, 32));
      for (int i = 0; i < 300; ++i) {
        const std::string text = std::to_string(t * 1000 + i);
        const auto sealed = suite1_seal(key, as_bytes(text), as_bytes(text), random);
        ASSERT_TRUE(sealed.has_value());
        const auto opened = suite1_open(key, as_bytes(text), *sealed);
        ASSERT_TRUE(opened.has_value());
        ASSERT_EQ(reveal(*opened), text);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace strongroom::crypto
