#include "strongroom/dial/http_answer.h"

#include <gtest/gtest.h>

#include <string>

namespace strongroom::dial {
namespace {

constexpr std::size_t kBodyMax = 64;

/// "<status> <body>", "more", or "refused"; when nothing more comes.
std::string read(std::string_view text, bool ended = true) {
  const auto answer = parse_answer(text, ended, kBodyMax);
  if (!answer) return "refused";
  if (!*answer) return "more";
  return std::to_string((*answer)->status) + " " + (*answer)->body;
}

TEST(HttpAnswer, EveryFraming) {
  const std::pair<std::string, std::string> rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "200 abc"},
      {"HTTP/1.1 200 OK\r\nCONTENT-LENGTH:\t3 \r\n\r\nabcdef", "200 abc"},
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404 "},
      {"HTTP/1.0 200 OK\r\n\r\nall that comes", "200 all that comes"},
      {"HTTP/1.1 200\r\n\r\n", "200 "},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0A;x=y\r\n0123456789\r\n"
       "0\r\n\r\n",
       "200 abc0123456789"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-T: 1\r\n\r\n",
       "200 a"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n"
       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
       "200 x"},
  };
  for (const auto& [text, wanted] : rows) EXPECT_EQ(read(text), wanted) << text;
}

// However it arrives: nothing is told before it is whole, and cut short it is refused.
TEST(HttpAnswer, EveryPrefixWaitsOrIsCutShort) {
  for (const std::string text :
       {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      EXPECT_EQ(read(text.substr(0, size), false), "more") << size << text;
      EXPECT_EQ(read(text.substr(0, size), true), "refused") << size << text;
    }
  }
}

TEST(HttpAnswer, WhatTwoReadersCouldReadDifferentlyIsRefused) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  for (const std::string& text : {
           std::string("HTTP/2 200\r\n\r\n"),
           std::string("HTTP/1.1 20\r\n\r\n"),
           std::string("SSH-2.0-x\r\n\r\n"),
           std::string("\r\n\r\n"),
           ok + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
           ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           ok + "Content-Length: +1\r\n\r\nx",
           ok + "Content-Length: 0x1\r\n\r\nx",
           ok + "Content-Length:\r\n\r\nx",
           ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
           ok + "no colon\r\n\r\n",
           chunked + "\r\n\r\n",
           chunked + "x\r\n\r\n",
           chunked + "-1\r\n\r\n",
           chunked + "3\r\nabcd\r\n0\r\n\r\n",
           chunked + "ffffffffffffffffff\r\n\r\n",
       }) {
    EXPECT_EQ(read(text), "refused") << text;
  }
}

TEST(HttpAnswer, BoundsHold) {
  const std::string body(kBodyMax, 'x');
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\n" + body), "200 " + body);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\n" + body + "x", false), "refused");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n", false), "refused");
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(read(chunked + "40\r\n" + body + "\r\n0\r\n\r\n"), "200 " + body);
  EXPECT_EQ(read(chunked + "40\r\n" + body + "\r\n1\r\n", false), "refused");
  EXPECT_EQ(read(chunked + std::string(300, '0'), false), "refused");
  EXPECT_EQ(read(chunked + "0\r\nX: " + std::string(9'000, 'x'), false), "refused");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nX: " + std::string(kAnswerHeadBytesMax, 'x'), false),
            "refused");
}

}  // namespace
}  // namespace strongroom::dial
