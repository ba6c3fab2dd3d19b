// Against the published test vectors of the format (C2SP CCTV), and against itself.

#include "strongroom/age/age.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bech32.h"
#include "strongroom/crypto/digest.h"
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
       std::filesystem::directory_iterator(std::string(STRONGROOM_VECTORS_DIR) + "/age")) {
    if (entry.path().extension() != ".md") all.push_back(read_vector(entry.path()));
  }
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
  Identity identity() { return *Identity::generate(random_); }
  static std::vector<Recipient> only(const Identity& identity) { return {*identity.recipient()}; }
  static std::vector<Identity> list(Identity identity) {
    std::vector<Identity> one;
    one.push_back(std::move(identity));
    return one;
  }
  std::string identity_text() {
    std::array<std::uint8_t, 32> key;
    random_.fill(key);
    std::string text = bech32_encode("age-secret-key-", key);
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return toupper(c); });
    return text;
  }
  SystemRandom random_;
};

TEST_F(Agreed, EveryRecipientOpensItAndNobodyElse) {
  const std::vector<Identity> first = list(identity());
  const std::vector<Identity> second = list(identity());
  const std::vector<Recipient> recipients{*first[0].recipient(), *second[0].recipient()};
  const SecretBytes secret = test::secret("thirty-two bytes of key material");
  const auto file = encrypt(secret, recipients, random_);
  ASSERT_TRUE(file);
  for (const auto* mine : {&first, &second}) {
    const auto again = decrypt(*file, *mine);
    ASSERT_TRUE(again);
    EXPECT_EQ(test::reveal(*again), test::reveal(secret));
  }
  EXPECT_EQ(decrypt(*file, list(identity())).error().code(), "Age.NoIdentity");
}

TEST_F(Agreed, NoFlippedBitOpens) {
  const std::vector<Identity> mine = list(identity());
  const auto file = encrypt(test::secret("secret"), only(mine[0]), random_);
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
  const std::string text =
      "# created: now\n# public key: age1…\n" + identity_text() + "\n\n" + identity_text() + "\r\n";
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
