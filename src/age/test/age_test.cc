// Against the published test vectors of the format (C2SP CCTV), and against itself.

#include "strongroom/age/age.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "bech32.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/crypto/x25519.h"
#include "strongroom/test/reveal.h"

namespace strongroom::age {
namespace {

struct Vector {
  std::string name;
  std::string expect;
  std::string payload;  // hex of its SHA-256
  std::vector<Identity> identities;
  std::string file;
};

Vector read_vector(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(stream), {}};
  Vector vector;
  vector.name = path.filename();
  std::string_view rest = all;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.empty()) break;
    const std::size_t colon = line.find(": ");
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 2);
    if (name == "expect") vector.expect = value;
    if (name == "payload") vector.payload = value;
    if (name == "identity") vector.identities.push_back(*Identity::parse(value));
  }
  vector.file = rest;
  return vector;
}

std::vector<Vector> vectors() {
  std::vector<Vector> all;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(STRONGROOM_VECTORS_DIR) + "/age"))
    all.push_back(read_vector(entry.path()));
  return all;
}

TEST(Age, PublishedVectors) {
  std::size_t opened = 0;
  std::size_t refused = 0;
  for (const Vector& vector : vectors()) {
    const auto secret = decrypt(vector.file, vector.identities);
    SCOPED_TRACE(vector.name + ", expected: " + vector.expect);
    if (vector.expect == "success") {
      ASSERT_TRUE(secret) << secret.error().message();
      EXPECT_EQ(hex_encode(crypto::sha256(as_bytes(test::reveal(*secret)))), vector.payload);
      ++opened;
      continue;
    }
    ++refused;
    ASSERT_FALSE(secret);
    if (vector.expect == "no match") {
      EXPECT_EQ(secret.error().code(), "Age.NoIdentity");
    } else {
      EXPECT_TRUE(secret.error().kind() == ErrorKind::kCorrupt ||
                  secret.error().code() == "Age.OtherVersion")
          << secret.error().code();
    }
  }
  EXPECT_GE(opened, 5U);
  EXPECT_GE(refused, 30U);
}

class Agreed : public testing::Test {
 protected:
  // Of BIP 173's alphabet over 32 bytes of one value each.
  static std::string identity_text(std::uint8_t value) {
    std::array<std::uint8_t, 32> key;
    key.fill(value);
    std::string text = bech32_encode("age-secret-key-", key);
    for (char& c : text) c = static_cast<char>(toupper(c));
    return text;
  }
  static Identity identity(std::uint8_t value) { return *Identity::parse(identity_text(value)); }
  SystemRandom random_;
};

// A pair that age-keygen made.
constexpr std::string_view kKnownIdentity =
    "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";

TEST_F(Agreed, EveryRecipientOpensItAndNobodyElse) {
  const auto public_of = [](const Identity& identity) {
    const auto key = crypto::x25519_public(identity.key());
    return *Recipient::parse(bech32_encode("age", *key));
  };
  const std::vector<Recipient> recipients{public_of(identity(1)), public_of(identity(2))};
  const SecretBytes secret = test::secret("thirty-two bytes of key material");
  const auto file = encrypt(secret, recipients, random_);
  ASSERT_TRUE(file);
  for (const std::uint8_t value : {1, 2}) {
    std::vector<Identity> one;
    one.push_back(identity(value));
    const auto again = decrypt(*file, one);
    ASSERT_TRUE(again);
    EXPECT_EQ(test::reveal(*again), test::reveal(secret));
  }
  std::vector<Identity> other;
  other.push_back(identity(3));
  EXPECT_EQ(decrypt(*file, other).error().code(), "Age.NoIdentity");
}

TEST_F(Agreed, NoFlippedBitOpens) {
  std::vector<Identity> mine;
  mine.push_back(*Identity::parse(kKnownIdentity));
  const auto key = crypto::x25519_public(mine.front().key());
  const std::vector<Recipient> recipients{*Recipient::parse(bech32_encode("age", *key))};
  const auto file = encrypt(test::secret("secret"), recipients, random_);
  ASSERT_TRUE(file);
  for (std::size_t bit = 0; bit < file->size() * 8; ++bit) {
    std::string flipped = *file;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decrypt(flipped, mine)) << bit;
  }
  for (std::size_t size = 0; size < file->size(); ++size)
    EXPECT_FALSE(decrypt(file->substr(0, size), mine)) << size;
}

TEST_F(Agreed, AnIdentityFileHasComments) {
  const std::string text = "# created: now\n# public key: age1…\n" + identity_text(1) + "\n\n" +
                           identity_text(2) + "\r\n";
  const auto found = Identity::parse_file(text);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 2U);
  EXPECT_FALSE(Identity::parse_file("# nothing\n"));
  const auto bad = Identity::parse_file("AGE-SECRET-KEY-1QQQQ\n");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message().find("QQQQ"), std::string::npos);
}

TEST(Recipients, HaveOneSpelling) {
  const std::string good = bech32_encode("age", std::array<std::uint8_t, 32>{9});
  ASSERT_TRUE(Recipient::parse(good));
  std::string upper = good;
  for (char& c : upper) c = static_cast<char>(toupper(c));
  EXPECT_FALSE(Recipient::parse(upper));
  EXPECT_FALSE(Recipient::parse(good + "q"));
  EXPECT_FALSE(Recipient::parse(""));
  EXPECT_FALSE(Recipient::parse("age1"));
  EXPECT_FALSE(Recipient::parse(bech32_encode("ag", std::array<std::uint8_t, 32>{9})));
  for (std::size_t i = 4; i < good.size(); ++i) {
    std::string other = good;
    other[i] = other[i] == 'q' ? 'p' : 'q';
    EXPECT_FALSE(Recipient::parse(other)) << i;
  }
}

}  // namespace
}  // namespace strongroom::age
