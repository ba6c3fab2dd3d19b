#include "usual_head.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "head_scan.h"

namespace strongroom::http {
namespace {

const std::string kSigned =
    "POST /?SecretName=app%2Fdb&VersionStage=ACSCurrent HTTP/1.1\r\n"
    "Host: 127.0.0.1:8443\r\nUser-Agent: AlibabaCloud (linux; amd64) Core/0.01\r\n"
    "x-acs-action: GetSecretValue\r\nx-acs-date: 2026-01-31T23:59:59Z\r\n"
    "Authorization: ACS3-HMAC-SHA256 Credential=LTAI,SignedHeaders=host,Signature=00\r\n"
    "Content-Length: 0\r\nConnection: keep-alive\r\naccept:\tapplication/json \r\n\r\n";

// Whether the head takes the short way; if so, both ways must have read or refused the
// same.
bool takes_short_way(const std::string& bytes) {
  const Refusal* refusal = nullptr;
  HeadScan scan;
  if (!scan.run(bytes, refusal)) return false;
  const std::string_view whole = std::string_view(bytes).substr(0, scan.position);
  Head quick;
  if (!parse_usual_head(whole, quick)) return false;
  Head general;
  bool http_1_1 = false;
  if (parse_any_head(whole, general, http_1_1) != nullptr) {
    // Only the body's length is looked at later on the short way: refused all the same.
    Head head;
    EXPECT_NE(parse_head(whole, limits::kBodyBytesMax, head), nullptr) << bytes;
    return true;
  }
  EXPECT_TRUE(http_1_1) << bytes;
  EXPECT_EQ(quick.method, general.method);
  EXPECT_EQ(quick.target, general.target);
  EXPECT_EQ(quick.keep_alive, general.keep_alive) << bytes;
  EXPECT_EQ(quick.fields.size(), general.fields.size()) << bytes;
  for (std::size_t i = 0; i < std::min(quick.fields.size(), general.fields.size()); ++i) {
    EXPECT_EQ(quick.fields[i].name, general.fields[i].name) << bytes;
    EXPECT_EQ(quick.fields[i].value, general.fields[i].value) << bytes;
  }
  return true;
}

TEST(UsualHead, TakesWhatClientsSend) {
  EXPECT_TRUE(takes_short_way(kSigned));
  EXPECT_TRUE(takes_short_way("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_TRUE(takes_short_way("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
}

TEST(UsualHead, LeavesTheRestToTheGeneralWay) {
  for (const char* head : {
           "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
           "PUT / HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET /\xE4 HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
           "GET / HTTP/1.1\r\n: a\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, upgrade\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
       }) {
    EXPECT_FALSE(takes_short_way(head)) << head;
  }
}

TEST(UsualHead, ReadsChangedHeadsAsLlhttpDoes) {
  std::mt19937 random(20260101);
  static constexpr std::string_view kBytes = " \t:/?#%,;\"\\{}|^`<>@ABCclose-kep0\x80\xFF\r\n";
  int accepted = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string head = kSigned;
    for (unsigned change = random() % 3 + 1; change > 0; --change) {
      const std::size_t at = random() % head.size();
      const char byte = kBytes[random() % kBytes.size()];
      switch (random() % 3) {
        case 0:
          head[at] = byte;
          break;
        case 1:
          head.insert(at, 1, byte);
          break;
        default:
          head.erase(at, random() % 4 + 1);
      }
    }
    accepted += takes_short_way(head) ? 1 : 0;
    if (HasFailure()) break;
  }
  EXPECT_GT(accepted, 10'000);
}

}  // namespace
}  // namespace strongroom::http
