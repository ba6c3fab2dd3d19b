#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "strongroom/base/limits.h"
#include "strongroom/http/request.h"

namespace strongroom::http {
namespace {

using State = RequestReader::State;

State feed(RequestReader& reader, std::string_view bytes, std::size_t piece = 16'384) {
  State state = reader.state();
  while (!bytes.empty() && state == State::kNeedMore) {
    const std::size_t now = std::min(piece, bytes.size());
    const std::span<char> room = reader.writable(now);
    EXPECT_GE(room.size(), now);
    std::memcpy(room.data(), bytes.data(), now);
    state = reader.received(now);
    bytes.remove_prefix(now);
  }
  return state;
}

// Everything a request says, as text.
std::string describe(const Request& request) {
  std::string out;
  for (std::string_view part : {request.method, request.path, request.query})
    out.append(part) += '|';
  for (const NameValue& field : request.headers) {
    out.append(field.name).append("=").append(field.value) += ';';
  }
  out.append("|").append(request.body) += request.keep_alive ? "|keep" : "|close";
  return out;
}

struct Good {
  const char* what;
  std::string bytes;
  std::string described;
};

std::vector<Good> good_messages() {
  return {
      {"get", "GET /a/b?c=d&e=%20 HTTP/1.1\r\nHost: kms.example\r\nX-Acs-Action:  Get\t\r\n\r\n",
       "GET|/a/b|c=d&e=%20|Host=kms.example;X-Acs-Action=Get;||keep"},
      {"absolute form", "GET https://KMS.example:443/x?y HTTP/1.1\r\nHost: kms.example\r\n\r\n",
       "GET|/x|y|Host=kms.example;||keep"},
      {"absolute form without path", "GET http://h?y HTTP/1.1\r\nHost: h\r\n\r\n",
       "GET|/|y|Host=h;||keep"},
      {"post of nothing", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
       "POST|/||Host=h;Content-Length=0;||keep"},
      {"post without length", "POST / HTTP/1.1\r\nHost: h\r\n\r\n", "POST|/||Host=h;||keep"},
      {"post with body", "POST /?a HTTP/1.1\r\nHost: h\r\ncontent-LENGTH: 5\r\n\r\na=b\r\n",
       "POST|/|a|Host=h;content-LENGTH=5;|a=b\r\n|keep"},
      {"chunked",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
       "5\r\nhello\r\n00b\r\n, wide\r\nwor\r\n2\r\nld\r\n0\r\n\r\n",
       "POST|/||Host=h;Transfer-Encoding=Chunked;|hello, wide\r\nworld|keep"},
      {"empty value", "GET / HTTP/1.1\r\nHost: h\r\nA:\r\nB: \r\nC: c\r\n\r\n",
       "GET|/||Host=h;A=;B=;C=c;||keep"},
      {"high bytes and tab in a value", "GET / HTTP/1.1\r\nHost: h\r\nA: \xE4\t\xFF\r\n\r\n",
       "GET|/||Host=h;A=\xE4\t\xFF;||keep"},
      {"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET|/||Host=;||keep"},
      {"http 1.0", "GET / HTTP/1.0\r\n\r\n", "GET|/||||close"},
      {"http 1.0 that would be kept", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
       "GET|/||Connection=keep-alive;||close"},
      {"close", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
       "GET|/||Host=h;Connection=close;||close"},
      {"close in a list", "GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n",
       "GET|/||Host=h;Connection=x, Close;||close"},
      {"upgrade is ignored",
       "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
       "GET|/||Host=h;Connection=Upgrade;Upgrade=h2c;||keep"},
      {"options", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS|*||Host=h;||keep"},
      {"ipv6 host", "DELETE /a HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n",
       "DELETE|/a||Host=[::1]:8443;||keep"},
  };
}

TEST(RequestReader, ReadsWellFormedMessages) {
  for (const Good& good : good_messages()) {
    RequestReader reader;
    ASSERT_EQ(feed(reader, good.bytes), State::kReady) << good.what;
    EXPECT_EQ(describe(reader.request()), good.described) << good.what;
    EXPECT_EQ(reader.consume(), State::kNeedMore) << good.what;
    EXPECT_TRUE(reader.empty()) << good.what;
  }
}

TEST(RequestReader, SameRequestAtEverySplit) {
  for (const Good& good : good_messages()) {
    for (std::size_t split = 1; split < good.bytes.size(); ++split) {
      RequestReader reader;
      ASSERT_EQ(feed(reader, std::string_view(good.bytes).substr(0, split)), State::kNeedMore)
          << good.what << " at " << split;
      ASSERT_EQ(feed(reader, std::string_view(good.bytes).substr(split)), State::kReady)
          << good.what << " at " << split;
      ASSERT_EQ(describe(reader.request()), good.described) << good.what << " at " << split;
    }
    RequestReader reader;
    ASSERT_EQ(feed(reader, good.bytes, 1), State::kReady) << good.what;
    EXPECT_EQ(describe(reader.request()), good.described) << good.what << " byte by byte";
  }
}

TEST(RequestReader, PipelinedRequestsComeInOrder) {
  std::string all;
  for (const Good& good : good_messages()) all += good.bytes;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100}, all.size()}) {
    RequestReader reader;
    std::string_view rest = all;
    for (const Good& good : good_messages()) {
      while (reader.state() == State::kNeedMore) {
        const std::size_t now = std::min(piece, rest.size());
        ASSERT_GT(now, 0U);
        feed(reader, rest.substr(0, now));
        rest.remove_prefix(now);
      }
      ASSERT_EQ(reader.state(), State::kReady) << good.what;
      EXPECT_EQ(describe(reader.request()), good.described) << good.what;
      reader.consume();
    }
    EXPECT_TRUE(reader.empty());
  }
}

struct Bad {
  const char* what;
  std::string bytes;
  int status;
  const char* text;  // a part of the message
};

std::string with_field(const std::string& line) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + line + "\r\n\r\n";
}
std::string chunked(const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

std::vector<Bad> bad_messages() {
  using namespace std::string_literals;
  return {
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400, "CR LF"},
      {"bare LF after a field", "GET / HTTP/1.1\r\nHost: h\nA: b\r\n\r\n", 400, "CR LF"},
      {"bare LF as the empty line", "GET / HTTP/1.1\r\nHost: h\r\n\n", 400, "CR LF"},
      {"bare CR in a value", with_field("A: b\rc"), 400, "CR LF"},
      {"CR CR LF", "GET / HTTP/1.1\r\r\nHost: h\r\n\r\n", 400, "CR LF"},
      {"NUL in a value", with_field("A: b\0c"s), 400, "control"},
      {"NUL in a name", with_field("A\0: b"s), 400, "control"},
      {"DEL in a value", with_field("A: b\x7F"), 400, "control"},
      {"escape in the target", "GET /\x1B HTTP/1.1\r\nHost: h\r\n\r\n", 400, "control"},
      {"folded with a blank", with_field("A: b\r\n c"), 400, "next line"},
      {"folded with a tab", with_field("A: b\r\n\tc"), 400, "next line"},
      {"field before any field folded", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400, "next line"},
      {"blank before the colon", with_field("A : b"), 400, "colon"},
      {"tab before the colon", with_field("A\t: b"), 400, "colon"},
      {"blank before the colon of a length", with_field("Content-Length : 0"), 400, ""},
      {"no colon", with_field("A"), 400, "colon"},
      {"empty name", with_field(": b"), 400, "colon"},
      {"bracket in a name", with_field("A(: b"), 400, "colon"},
      {"high byte in a name", with_field("\xE4: b"), 400, "colon"},
      {"empty first line", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "empty line"},
      {"TLS hello", "\x16\x03\x01\x02", 400, "started TLS"},
      {"method that is no token", "GE(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "method"},
      {"unknown method", "FETCH / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "method"},
      {"lower-case method", "get / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "method"},
      {"two blanks after the method", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "well-formed"},
      {"no target", "GET HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target"},
      {"HTTP/0.9", "GET /\r\n\r\n", 505, ""},
      {"version 2.0", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505, "HTTP/1.1"},
      {"version 1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505, "HTTP/1.1"},
      {"version 0.9", "GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505, "HTTP/1.1"},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/1.1"},
      {"version with two digits", "GET / HTTP/1.11\r\nHost: h\r\n\r\n", 505, ""},
      {"blank after the version", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 505, ""},
      {"fragment", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target"},
      {"high byte in the target", "GET /\xC3\xA4 HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target"},
      {"other scheme", "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target"},
      {"authority form", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target"},
      {"star without OPTIONS", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400, "target"},
      {"absolute form of another host", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400,
       "another host"},
      {"absolute form of another port", "GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", 400,
       "another host"},
      {"absolute form with user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400,
       "another host"},
      {"no host", "GET / HTTP/1.1\r\nA: b\r\n\r\n", 400, "exactly one Host"},
      {"two hosts", with_field("host: h"), 400, "exactly one Host"},
      {"list of hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, "host name"},
      {"host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "host name"},
      {"host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "host name"},
      {"length repeated, equal", with_field("Content-Length: 1\r\nContent-Length: 1"), 400, "once"},
      {"length repeated, different", with_field("Content-Length: 1\r\ncontent-length: 2"), 400,
       "once"},
      {"length as list", with_field("Content-Length: 1, 1"), 400, "plain decimal"},
      {"length with sign", with_field("Content-Length: +5"), 400, "plain decimal"},
      {"negative length", with_field("Content-Length: -1"), 400, "plain decimal"},
      {"hex length", with_field("Content-Length: 0x5"), 400, "plain decimal"},
      {"length with underscore", with_field("Content-Length: 1_0"), 400, "plain decimal"},
      {"empty length", with_field("Content-Length:"), 400, "plain decimal"},
      {"length beyond 64 bits", with_field("Content-Length: 18446744073709551617"), 400,
       "plain decimal"},
      {"length beyond the limit", with_field("Content-Length: 262145"), 413, "256 KiB"},
      {"length and chunked", with_field("Content-Length: 3\r\nTransfer-Encoding: chunked"), 400,
       "not both"},
      {"chunked and length", with_field("Transfer-Encoding: chunked\r\nContent-Length: 3"), 400,
       "not both"},
      {"chunked twice", with_field("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 501,
       "chunked"},
      {"gzip", with_field("Transfer-Encoding: gzip"), 501, "chunked"},
      {"gzip, chunked", with_field("Transfer-Encoding: gzip, chunked"), 501, "chunked"},
      {"chunked, identity", with_field("Transfer-Encoding: chunked, identity"), 501, "chunked"},
      {"chunked with a vertical tab",
       with_field("Transfer-Encoding: \x0B"
                  "chunked"),
       400, "control"},
      {"xchunked", with_field("Transfer-Encoding: xchunked"), 501, "chunked"},
      {"empty encoding", with_field("Transfer-Encoding:"), 501, "chunked"},
      {"chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
       "needs HTTP/1.1"},
      {"other expectation", with_field("Expect: 200-ok"), 417, "100-continue"},
      {"chunk size with 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400, "chunked body"},
      {"chunk size with underscore", chunked("1_0\r\n"), 400, "chunked body"},
      {"chunk size with sign", chunked("+5\r\nhello\r\n0\r\n\r\n"), 400, "chunked body"},
      {"chunk size with leading blank", chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400, "chunked body"},
      {"chunk size with trailing blank", chunked("5 \r\nhello\r\n0\r\n\r\n"), 400, "chunked body"},
      {"empty chunk size", chunked("\r\nhello"), 400, "chunked body"},
      {"chunk size of nine digits", chunked("000000005\r\nhello\r\n0\r\n\r\n"), 400,
       "chunked body"},
      {"chunk size with bare LF", chunked("5\nhello\r\n0\r\n\r\n"), 400, "chunked body"},
      {"chunk size with bare CR", chunked("5\rhello\r\n0\r\n\r\n"), 400, "chunked body"},
      {"chunk extension", chunked("5;a=b\r\nhello\r\n0\r\n\r\n"), 400, "chunked body"},
      {"chunk longer than its size", chunked("4\r\nhello\r\n0\r\n\r\n"), 400, "chunked body"},
      {"chunk end with bare LF", chunked("5\r\nhello\n0\r\n\r\n"), 400, "chunked body"},
      {"trailer", chunked("0\r\nA: b\r\n\r\n"), 400, "chunked body"},
      {"one chunk beyond the limit", chunked("40001\r\n"), 413, "256 KiB"},
      {"chunk size that overflows", chunked("ffffffff\r\n"), 413, "256 KiB"},
  };
}

TEST(RequestReader, RefusesMalformedMessages) {
  for (const Bad& bad : bad_messages()) {
    RequestReader reader;
    ASSERT_EQ(feed(reader, bad.bytes), State::kRefused) << bad.what;
    EXPECT_EQ(reader.refusal().status, bad.status) << bad.what << ": " << reader.refusal().message;
    EXPECT_NE(reader.refusal().message.find(bad.text), std::string_view::npos)
        << bad.what << ": " << reader.refusal().message;
  }
}

TEST(RequestReader, RefusesTheSameAtEverySplit) {
  for (const Bad& bad : bad_messages()) {
    RequestReader whole;
    feed(whole, bad.bytes);
    for (std::size_t split = 1; split < bad.bytes.size(); ++split) {
      RequestReader reader;
      feed(reader, std::string_view(bad.bytes).substr(0, split));
      if (reader.state() == State::kNeedMore)
        feed(reader, std::string_view(bad.bytes).substr(split));
      ASSERT_EQ(reader.state(), State::kRefused) << bad.what << " at " << split;
      ASSERT_EQ(reader.refusal().message, whole.refusal().message) << bad.what << " at " << split;
    }
  }
}

TEST(RequestReader, AThirtyKilobyteValueFitsInTheRequestLine) {
  std::string query;
  for (std::size_t i = 0; i < limits::kSecretDataBytesMax; ++i) query += "%C3";
  RequestReader reader;
  ASSERT_EQ(feed(reader, "POST /?SecretData=" + query + " HTTP/1.1\r\nHost: h\r\n\r\n"),
            State::kReady);
  EXPECT_EQ(reader.request().query.size(), query.size() + 11);
  EXPECT_EQ(reader.request().headers[0].value, "h");
}

TEST(RequestReader, HeadLimits) {
  const std::string end = " HTTP/1.1\r\nHost: h\r\n\r\n";
  const auto line = [&](std::size_t head) {
    return "GET /" + std::string(head - 5 - end.size(), 'a') + end;
  };
  RequestReader fits;
  EXPECT_EQ(feed(fits, line(limits::kHeadBytesMax)), State::kReady);
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{16'384}}) {
    RequestReader long_line;
    ASSERT_EQ(feed(long_line, "GET /" + std::string(limits::kHeadBytesMax, 'a'), piece),
              State::kRefused);
    EXPECT_EQ(long_line.refusal().status, 414);
    RequestReader long_field;
    const std::string field = with_field("A: " + std::string(limits::kHeadBytesMax, 'a'));
    ASSERT_EQ(feed(long_field, field, piece), State::kRefused);
    EXPECT_EQ(long_field.refusal().status, 431);
  }
}

TEST(RequestReader, FieldCountLimit) {
  std::string fields;
  for (std::size_t i = 1; i < limits::kHeaderFieldsMax; ++i) fields += "\r\nA: b";
  RequestReader most;
  ASSERT_EQ(feed(most, with_field("B: c" + fields.substr(6))), State::kReady);
  EXPECT_EQ(most.request().headers.size(), limits::kHeaderFieldsMax);
  RequestReader more;
  ASSERT_EQ(feed(more, with_field("B: c" + fields)), State::kRefused);
  EXPECT_EQ(more.refusal().status, 431);
}

TEST(RequestReader, BodyLimits) {
  const std::string body(limits::kBodyBytesMax, 'x');
  RequestReader plain;
  ASSERT_EQ(feed(plain, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 262144\r\n\r\n" + body),
            State::kReady);
  EXPECT_EQ(plain.request().body, body);
  EXPECT_EQ(plain.request().headers[1].value, "262144");  // views follow the buffer when it grows

  std::string tiny;
  for (const char c : body) tiny.append("1\r\n") += std::string(1, c) + "\r\n";
  RequestReader chunks;
  ASSERT_EQ(feed(chunks, chunked(tiny + "0\r\n\r\n")), State::kReady);
  EXPECT_EQ(chunks.request().body, body);
  RequestReader too_many;
  ASSERT_EQ(feed(too_many, chunked(tiny + "1\r\nx\r\n0\r\n\r\n")), State::kRefused);
  EXPECT_EQ(too_many.refusal().status, 413);
}

TEST(RequestReader, AReaderMayAllowLongerBodies) {
  constexpr std::size_t kMost = limits::kInstanceBodyBytesMax;
  const std::string body(kMost, 'x');
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ";
  RequestReader plain(kMost);
  ASSERT_EQ(feed(plain, head + std::to_string(kMost) + "\r\n\r\n" + body), State::kReady);
  EXPECT_EQ(plain.request().body, body);
  RequestReader more(kMost);
  ASSERT_EQ(feed(more, head + std::to_string(kMost + 1) + "\r\n\r\n"), State::kRefused);
  EXPECT_EQ(more.refusal().status, 413);
  char size[16];
  snprintf(size, sizeof size, "%zx", kMost);
  RequestReader chunks(kMost);
  ASSERT_EQ(feed(chunks, chunked(std::string(size) + "\r\n" + body + "\r\n0\r\n\r\n")),
            State::kReady);
  RequestReader too_many(kMost);
  ASSERT_EQ(feed(too_many, chunked(std::string(size) + "\r\n" + body + "\r\n1\r\nx\r\n")),
            State::kRefused);
  // The state of a finished reader serves the next one, whose limit is its own.
  ASSERT_EQ(plain.consume(), State::kNeedMore);
  RequestReader usual;
  ASSERT_EQ(feed(usual, head + std::to_string(kMost) + "\r\n\r\n"), State::kRefused);
}

TEST(RequestReader, ExpectContinueIsSaidOnceAndOnlyWhileTheBodyIsMissing) {
  const std::string head =
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  RequestReader reader;
  feed(reader, head.substr(0, head.size() - 1));
  EXPECT_FALSE(reader.take_expect_continue());
  feed(reader, head.substr(head.size() - 1));
  EXPECT_TRUE(reader.in_body());
  EXPECT_TRUE(reader.take_expect_continue());
  EXPECT_FALSE(reader.take_expect_continue());
  EXPECT_EQ(feed(reader, "ok"), State::kReady);
  RequestReader at_once;
  ASSERT_EQ(feed(at_once, head + "ok"), State::kReady);
  EXPECT_FALSE(at_once.take_expect_continue());
}

TEST(RequestReader, LastRequestSaysClose) {
  RequestReader reader;
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  feed(reader, get);
  EXPECT_TRUE(reader.request().keep_alive);
  reader.consume();
  reader.make_last();
  feed(reader, get);
  EXPECT_FALSE(reader.request().keep_alive);
}

TEST(RequestReader, ConnectionEndsAfterTheLimitOfRequests) {
  RequestReader reader;
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  for (std::size_t i = 1; i < limits::kRequestsPerConnectionMax; ++i) {
    ASSERT_EQ(feed(reader, get), State::kReady);
    ASSERT_TRUE(reader.request().keep_alive) << i;
    reader.consume();
  }
  feed(reader, get);
  EXPECT_FALSE(reader.request().keep_alive);
}

TEST(RequestReader, ConsumeWipesTheRequestAndKeepsWhatFollows) {
  const std::string first = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nSECRET";
  const std::string next = "GET /next";
  RequestReader reader;
  const std::span<char> room = reader.writable(1000);
  const std::string both = first + next;
  std::memcpy(room.data(), both.data(), both.size());
  ASSERT_EQ(reader.received(both.size()), State::kReady);
  ASSERT_EQ(reader.consume(), State::kNeedMore);
  EXPECT_EQ(std::string_view(room.data(), next.size()), next);
  for (std::size_t i = next.size(); i < both.size(); ++i) ASSERT_EQ(room[i], 0) << i;
  EXPECT_EQ(reader.buffered(), next.size());
}

TEST(RequestReader, ChunkLinesThatMovedAreWiped) {
  RequestReader reader;
  const std::span<char> room = reader.writable(1000);
  const std::string part = chunked("6\r\nSECRET\r\n6\r\nSECRET\r\n");
  std::memcpy(room.data(), part.data(), part.size());
  ASSERT_EQ(reader.received(part.size()), State::kNeedMore);
  EXPECT_EQ(reader.buffered(), chunked("").size() + 12);
  for (std::size_t i = reader.buffered(); i < part.size(); ++i) ASSERT_EQ(room[i], 0) << i;
}

TEST(RequestReader, HoldsNoBufferBetweenRequests) {
  RequestReader reader;
  EXPECT_TRUE(reader.empty());
  (void)reader.writable(10);
  EXPECT_EQ(reader.received(0), State::kNeedMore);
  EXPECT_TRUE(reader.empty());
  EXPECT_EQ(reader.buffered(), 0U);
}

TEST(Request, HeaderLooksUpAnyCase) {
  RequestReader reader;
  feed(reader, "GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: 2\r\n\r\n");
  EXPECT_EQ(reader.request().header("x-A"), "1");
  EXPECT_FALSE(reader.request().header("x-b"));
}

}  // namespace
}  // namespace strongroom::http
