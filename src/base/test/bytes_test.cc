#include "strongroom/base/bytes.h"

#include <gtest/gtest.h>

namespace strongroom {
namespace {

TEST(Bytes, HexRoundTripAndRefusals) {
  EXPECT_EQ(hex_encode(as_bytes("\x01\xab\xff")), "01abff");
  EXPECT_EQ(hex_decode("01ABff"), "\x01\xab\xff");
  EXPECT_FALSE(hex_decode("0"));
  EXPECT_FALSE(hex_decode("0g"));
}

// RFC 4648 §10.
TEST(Bytes, Base64Vectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(base64_encode(as_bytes(plain)), text);
    EXPECT_EQ(base64_decode(text), plain);
  }
}

TEST(Bytes, Base64RefusesWhatDoesNotRoundTrip) {
  for (const char* text : {"Zg=", "Zg", "Zh==", "Zm9=", "Z===", "Zm 9", "Zm9v\n", "====", "=AAA"}) {
    EXPECT_FALSE(base64_decode(text)) << text;
  }
}

TEST(Bytes, PercentEncodingKeepsOnlyUnreserved) {
  EXPECT_EQ(percent_encode("aZ09-_.~"), "aZ09-_.~");
  EXPECT_EQ(percent_encode("a b+*!'()/中"), "a%20b%2B%2A%21%27%28%29%2F%E4%B8%AD");
}

// Whole blocks take another way than single characters.
TEST(Bytes, PercentEncodingOfBlocks) {
  const std::string filler = "ab-cd.EF_89~XYZ01";
  for (std::size_t at = 0; at <= 2 * filler.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = filler + filler;
      text.insert(at, 1, static_cast<char>(byte));
      std::string expected;
      for (const char c : text) expected += percent_encode({&c, 1});
      ASSERT_EQ(percent_encode(text), expected) << at << ' ' << byte;
    }
  }
}

TEST(Bytes, Base64OfEveryByteAndRest) {
  std::string plain;
  for (int i = 0; i < 300; ++i) {
    const std::string text = base64_encode(as_bytes(plain));
    ASSERT_EQ(base64_decode(text), plain);
    for (std::size_t at = 0; at < text.size(); at += 7) {
      std::string broken = text;
      broken[at] = '*';
      ASSERT_FALSE(base64_decode(broken)) << i << ' ' << at;
    }
    plain.push_back(static_cast<char>(i * 151));
  }
}

TEST(Bytes, IntegersAreBigEndian) {
  std::string out;
  append_u16(out, 0x0102);
  append_u32(out, 0x03040506);
  append_u64(out, 0x0708090a0b0c0d0e);
  EXPECT_EQ(hex_encode(as_bytes(out)), "0102030405060708090a0b0c0d0e");
  EXPECT_EQ(load_u16(out.data()), 0x0102);
  EXPECT_EQ(load_u32(out.data() + 2), 0x03040506U);
  EXPECT_EQ(load_u64(out.data() + 6), 0x0708090a0b0c0d0eU);
}

TEST(Bytes, Utf8) {
  EXPECT_TRUE(is_utf8("plain 中文 😀"));
  for (const char* bad :
       {"\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE4\xB8", "\xFF"}) {
    EXPECT_FALSE(is_utf8(bad));
    for (std::size_t at = 0; at < 20; ++at) {
      const std::string before(at, 'a');
      EXPECT_FALSE(is_utf8(before + bad + before)) << at;
      EXPECT_TRUE(is_utf8(before + "中" + before)) << at;
    }
  }
}

}  // namespace
}  // namespace strongroom
