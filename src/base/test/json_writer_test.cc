#include "strongroom/base/json_writer.h"

#include <gtest/gtest.h>

#include "strongroom/base/bytes.h"

namespace strongroom {
namespace {

// One byte at a time, by the rules of the header; what the vector scan must agree with.
std::string reference(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t taken = 1;
    if (byte == '"' || byte == '\\') {
      out.append("\\").push_back(text.front());
    } else if (byte < 0x20) {
      const std::string_view known = "\b\t\n\f\r";
      const std::size_t at = known.find(text.front());
      if (at != std::string_view::npos) {
        out.append("\\").push_back("btnfr"[at]);
      } else {
        out.append("\\u00").append(hex_encode(as_bytes(text.substr(0, 1))));
      }
    } else if (byte < 0x80) {
      out.push_back(text.front());
    } else {
      std::size_t length = 2;
      while (length <= text.size() && length <= 4 && !is_utf8(text.substr(0, length))) ++length;
      if (length <= text.size() && length <= 4) {
        out.append(text.substr(0, length));
        taken = length;
      } else {
        out.append("\xEF\xBF\xBD");
      }
    }
    text.remove_prefix(taken);
  }
  out.push_back('"');
  return out;
}

std::string written(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonString, EveryByteAtEveryPlaceOfAVector) {
  for (std::size_t size : {1u, 15u, 16u, 17u, 31u, 32u, 33u, 63u, 64u, 65u, 100u}) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'a');
        text[at] = static_cast<char>(byte);
        ASSERT_EQ(written(text), reference(text))
            << "size " << size << " at " << at << " byte " << byte;
      }
    }
  }
}

TEST(JsonString, MixedTextAndBrokenSequences) {
  const char* samples[] = {"",
                           "中文😀",
                           "plain then 中 then \"quoted\" and \\ and \x01",
                           "\xC3",
                           "\xC3\x28",
                           "\xE4\xB8\xAD\xFF\xE4\xB8\xAD",
                           "\xF0\x9F\x98",
                           "\xED\xA0\x80",
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xE4\xB8",
                           "\xC0\xAF<>&'/",
                           "\x7F"};
  for (const char* sample : samples) EXPECT_EQ(written(sample), reference(sample)) << sample;
  EXPECT_EQ(written(std::string_view("a\0b", 3)), "\"a\\u0000b\"");
}

TEST(JsonString, RandomBytesAgreeWithTheReference) {
  std::uint64_t state = 88172645463325252ULL;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    const std::size_t size = state % 80;
    for (std::size_t i = 0; i < size; ++i) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      // Mostly plain, sometimes anything.
      text.push_back(static_cast<char>(state % 8 == 0 ? state >> 8 : 'a' + (state >> 8) % 26));
    }
    ASSERT_EQ(written(text), reference(text));
  }
}

TEST(JsonWriter, PlacesCommas) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("a", "x");
  json.member("n", std::int64_t{-3});
  json.member("b", false);
  json.begin_array("l");
  json.element("e");
  json.element(std::int64_t{4});
  json.begin_object();
  json.end_object();
  json.begin_array();
  json.end_array();
  json.end_array();
  json.begin_object("o");
  json.member_raw("r", "[1]");
  json.end_object();
  json.end_object();
  EXPECT_EQ(out, R"({"a":"x","n":-3,"b":false,"l":["e",4,{},[]],"o":{"r":[1]}})");
}

}  // namespace
}  // namespace strongroom
