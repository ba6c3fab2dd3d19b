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
  }
}

}  // namespace
}  // namespace strongroom
