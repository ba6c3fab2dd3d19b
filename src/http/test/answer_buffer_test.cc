#include "strongroom/http/answer_buffer.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace strongroom::http {
namespace {

// The answer without its Date field, which must have the form of RFC 9110 §5.6.7.
std::string without_date(std::string_view answer) {
  constexpr std::string_view kExample = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
  std::string text(answer);
  const std::size_t at = text.find("Date: ");
  EXPECT_NE(at, std::string::npos) << text;
  const std::string field = text.substr(at, kExample.size());
  for (std::size_t i = 0; i < field.size(); ++i) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    EXPECT_EQ(is_digit(field[i]), is_digit(kExample[i])) << field;
  }
  EXPECT_TRUE(field.ends_with(" GMT\r\n")) << field;
  return text.erase(at, kExample.size());
}

TEST(AnswerBuffer, PutsTheHeadInFrontOfTheBody) {
  AnswerBuffer answer;
  answer.body() += "{\"a\":1}";
  const std::array<NameValue, 1> extra = {NameValue{"x-acs-request-id", "R"}};
  EXPECT_EQ(
      without_date(answer.finish(200, "application/json;charset=utf-8", extra, false)),
      "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: 7\r\n"
      "x-acs-request-id: R\r\n\r\n{\"a\":1}");
  answer.reset();
  EXPECT_EQ(without_date(answer.finish(204, "", {}, true)),
            "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(AnswerBuffer, ResetAndClearWipe) {
  AnswerBuffer answer;
  const char* begin = answer.body().data() + AnswerBuffer::body_begin();
  answer.body() += "SECRET";
  answer.clear_body();
  EXPECT_EQ(std::string_view(begin, 6), std::string_view("\0\0\0\0\0\0", 6));
  EXPECT_EQ(answer.body().size(), AnswerBuffer::body_begin());
  answer.body() += "SECRET";
  const std::string_view bytes = answer.finish(200, "text/plain", {}, false);
  const std::string_view same_place(bytes.data(), bytes.size());
  answer.reset();
  EXPECT_EQ(same_place.find_first_not_of('\0'), std::string_view::npos);
  EXPECT_EQ(answer.body().data() + AnswerBuffer::body_begin(), begin);
}

TEST(AnswerBuffer, TheLargestAnswerDoesNotMove) {
  AnswerBuffer answer;
  const char* home = answer.body().data();
  answer.body().append(kAnswerBytesMax, 'x');
  EXPECT_EQ(answer.body().data(), home);
  EXPECT_GT(answer.finish(200, "", {}, false).size(), kAnswerBytesMax);
}

TEST(AnswerBuffer, ABodyThatDoesNotFitIsToldAndReplaced) {
  AnswerBuffer answer;
  answer.body().append(kAnswerBytesMax - kAnswerTailBytesMax, 'x');
  EXPECT_FALSE(answer.overflowed());
  answer.body() += 'x';
  EXPECT_TRUE(answer.overflowed());
  answer.body().append(2 * kAnswerBytesMax, 'x');
  EXPECT_TRUE(answer.overflowed());
  answer.clear_body();
  EXPECT_FALSE(answer.overflowed());
  answer.body() += "sorry";
  EXPECT_TRUE(answer.finish(400, "", {}, false).ends_with("\r\n\r\nsorry"));
  answer.reset();
  const char* home = answer.body().data();
  answer.body().append(kAnswerBytesMax, 'x');
  EXPECT_EQ(answer.body().data(), home);
}

TEST(AnswerBufferDeathTest, RefusesWhatWouldBreakTheFraming) {
  AnswerBuffer answer;
  const std::array<NameValue, 1> split = {NameValue{"a", "b\r\nc: d"}};
  EXPECT_DEATH((void)answer.finish(200, "", split, false), "breaks");
  answer.body().append(kAnswerBytesMax + 1, 'x');
  EXPECT_DEATH((void)answer.finish(200, "", {}, false), "home_");
}

}  // namespace
}  // namespace strongroom::http
