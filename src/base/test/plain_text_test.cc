#include "strongroom/base/plain_text.h"

#include <gtest/gtest.h>

#include <string>

namespace strongroom {
namespace {

constexpr std::size_t kSizeMax = 70;  // beyond four blocks of 16

std::string text_of(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

TEST(PlainText, CopiesExactlyItsBytes) {
  for (std::size_t size = 0; size <= kSizeMax; ++size) {
    const std::string text = text_of(size);
    std::string room(size + 2, '#');
    EXPECT_TRUE(copy_plain(room.data() + 1, text)) << size;
    EXPECT_EQ(room, "#" + text + "#") << size;
  }
}

TEST(PlainText, TakesTextWithoutMemory) {
  char untouched = '#';
  EXPECT_TRUE(copy_plain(&untouched, std::string_view()));
  EXPECT_EQ(untouched, '#');
}

TEST(PlainText, TellsEveryOtherByteAtEveryPlace) {
  for (std::size_t size = 1; size <= kSizeMax; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char bad : {'"', '\\', '\0', '\n', '\x1f', '\x80', '\xff'}) {
        std::string text = text_of(size);
        text[at] = bad;
        std::string room(size, '#');
        EXPECT_FALSE(copy_plain(room.data(), text)) << size << " " << at;
        EXPECT_EQ(room, text);
      }
    }
  }
}

TEST(PlainText, AllPrintableAsciiButTwoStandsForItself) {
  for (int c = 0; c < 256; ++c) {
    const std::string text(20, static_cast<char>(c));
    std::string room(text.size(), '#');
    const bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
    EXPECT_EQ(copy_plain(room.data(), text), plain) << c;
    EXPECT_EQ(copy_plain(room.data(), std::string_view(text).substr(0, 9)), plain) << c;
    EXPECT_EQ(copy_plain(room.data(), std::string_view(text).substr(0, 3)), plain) << c;
  }
}

}  // namespace
}  // namespace strongroom
