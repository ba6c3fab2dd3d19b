#include <gtest/gtest.h>

#include <cstring>

#include "answer.h"
#include "reveal.h"
#include "signing.h"
#include "strongroom/base/bytes.h"

namespace strongroom::client {
namespace {

SecretBytes secret(std::string_view text) {
  auto made = SecretBytes::copy_of(as_bytes(text));
  EXPECT_TRUE(made);
  return std::move(*made);
}

std::string text_of(const SecretBytes& bytes) {
  return std::string(as_chars(ClientReveal::bytes(bytes)));
}

/// Hands out `text` in pieces of `size` bytes, then the end.
Source pieces(std::string text, std::size_t size) {
  return [text = std::move(text), size,
          at = std::size_t{0}](std::span<char> into) mutable -> Result<std::size_t> {
    const auto count = std::min({size, into.size(), text.size() - at});
    std::memcpy(into.data(), text.data() + at, count);
    at += count;
    return count;
  };
}

TEST(FormBody, EncodesEverythingButUnreserved) {
  const auto value = secret("a b+c&d=~*\xE4\xB8\xAD");
  const auto body = form_body({{"SecretName", "x/y", nullptr}, {"SecretData", "", &value}});
  ASSERT_TRUE(body);
  EXPECT_EQ(text_of(*body), "SecretName=x%2Fy&SecretData=a%20b%2Bc%26d%3D~%2A%E4%B8%AD");
  EXPECT_TRUE(form_body({})->empty());
}

TEST(SignedHead, IsTheKnownAnswer) {
  // Computed independently: HMAC-SHA256 over "ACS3-HMAC-SHA256\n" + hex(SHA-256(canonical
  // request)).
  Settings settings;
  settings.endpoint = "127.0.0.1:8443";
  settings.access_key_id = "LTAI5tTestAccessKeyId0001";
  settings.access_key_secret = secret("TestAccessKeySecretABCDEFGHIJK");
  const auto body = form_body({{"SecretName", "db/pass", nullptr}});
  const auto head =
      signed_head(settings, {"GetSecretValue", {}, kKmsVersion},
                  {"2026-11-22T01:02:03Z", "00112233445566778899aabbccddeeff"}, *body);
  ASSERT_TRUE(head);
  EXPECT_NE(head->find("SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;x-acs-"
                       "date;x-acs-signature-nonce;"
                       "x-acs-version,Signature="
                       "f2c7027097368601c10d66b4e2c957e45646c34d1fdb4b8d267489bfd5b5c58f\r\n"),
            std::string::npos)
      << *head;
}

TEST(ReadAnswer, TakesPiecesOfAnySize) {
  const std::string text =
      "HTTP/1.1 404 Not Found\r\nContent-Length: 36\r\nx-acs-request-id: R-1\r\nDate: Sun, 22 Nov "
      "2026 01:02:03 GMT\r\n\r\n"
      "{\"Code\":\"X.Y\",\"Message\":\"no \\u4e2d\"}";
  for (const std::size_t size : {1U, 7U, 4096U}) {
    auto raw = read_answer(pieces(text, size));
    ASSERT_TRUE(raw) << raw.error().message();
    EXPECT_TRUE(raw->keep_alive);
    EXPECT_EQ(raw->answer.server_clock, 1795309323);
    auto json = Json::parse(raw->answer.body, raw->answer.body_size);
    ASSERT_TRUE(json);
    raw->answer.json = std::move(*json);
    const auto error = raw->answer.error();
    EXPECT_EQ(error.code, "X.Y");
    EXPECT_EQ(error.message, "no \xE4\xB8\xAD");
    EXPECT_EQ(error.request_id, "R-1");
    EXPECT_EQ(error.kind, ErrorKind::kNotFound);
  }
}

TEST(ReadAnswer, RefusesWhatIsNotOne) {
  for (const char* bad :
       {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "SSH-2.0-x\r\n\r\n"}) {
    const auto raw = read_answer(pieces(bad, 4096));
    ASSERT_FALSE(raw) << bad;
    EXPECT_EQ(raw.error().code(), "MalformedAnswer") << bad;
  }
  EXPECT_EQ(
      read_answer(pieces("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", 9)).error().code(),
      "ConnectionBroken");
  EXPECT_EQ(read_answer(pieces("", 9)).error().code(), "ConnectionBroken");
}

TEST(Json, AListGrowsByThatOfAnotherPage) {
  const auto page = [](std::string_view text) {
    const SecretBytes bytes = *SecretBytes::copy_of(as_bytes(text));
    return *Json::parse(bytes, bytes.size());
  };
  const std::string_view path[] = {"Keys", "Key"};
  Json all = page(R"({"Keys":{"Key":[{"KeyId":"a"}]},"TotalCount":3})");
  all.append(path, page(R"({"Keys":{"Key":[{"KeyId":"b\n"},{"KeyId":"c"}]}})"));
  all.append(path, page(R"({"Keys":{}})"));
  const auto& items = all.root()["Keys"]["Key"].items();
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[0]["KeyId"].text(), "a");
  EXPECT_EQ(items[1]["KeyId"].text(), "b\n");
  EXPECT_EQ(items[2]["KeyId"].text(), "c");
  EXPECT_EQ(all.root()["TotalCount"].integer(), 3);
}

TEST(Json, AWholeListIsOnePage) {
  const SecretBytes bytes = secret(
      R"({"Keys":{"Key":["a","b","c"]},"PageNumber":2,"PageSize":100,"TotalCount":250,"Other":7})");
  Json all = *Json::parse(bytes, bytes.size());
  const std::string_view path[] = {"Keys", "Key"};
  all.keep_items(path, [](const Value& item) { return item.text() != "b"; });
  all.make_one_page(path);
  ASSERT_EQ(all.root()["Keys"]["Key"].items().size(), 2U);
  EXPECT_EQ(all.root()["Keys"]["Key"].items()[1].text(), "c");
  EXPECT_EQ(all.root()["PageNumber"].integer(), 1);
  EXPECT_EQ(all.root()["PageSize"].integer(), 2);
  EXPECT_EQ(all.root()["TotalCount"].integer(), 2);
  EXPECT_EQ(all.root()["Other"].integer(), 7);
}

TEST(Json, KeepsOrderTypesAndNesting) {
  const auto bytes = secret(R"({"b":{"V":["x","y"]},"a":42,"t":true,"n":null,"s":"\"q\""})");
  const auto json = Json::parse(bytes, bytes.size());
  ASSERT_TRUE(json);
  const auto& root = json->root();
  EXPECT_EQ(root.members().front().first, "b");
  EXPECT_EQ(root["b"]["V"].items()[1].text(), "y");
  EXPECT_EQ(root["a"].integer(), 42);
  EXPECT_EQ(root["t"].text(), "true");
  EXPECT_EQ(root["s"].text(), "\"q\"");
  EXPECT_EQ(root["n"].type(), Value::Type::kNull);
  EXPECT_FALSE(root["absent"]["deeper"]);
  const auto broken = secret("{\"a\":");
  EXPECT_FALSE(Json::parse(broken, broken.size()));
}

TEST(Preview, ShowsNoSecretAndNoUsableSignature) {
  SystemClock clock;
  SystemRandom random;
  Settings settings;
  settings.endpoint = "127.0.0.1:8443";
  settings.access_key_id = "LTAI5tTestAccessKeyId0001";
  settings.access_key_secret = secret("TestAccessKeySecretABCDEFGHIJK");
  settings.security_token = "token-of-the-session";
  const Client client(std::move(settings), clock, random);
  const auto value = secret("hunter2");
  const auto preview = client.preview(
      {"PutSecretValue", {{"SecretName", "a", nullptr}, {"SecretData", "", &value}}, kKmsVersion});
  ASSERT_TRUE(preview);
  EXPECT_EQ(preview->body, "SecretName=a&SecretData=%2A%2A%2A");
  const auto all = preview->head + preview->body;
  EXPECT_EQ(all.find("hunter2"), std::string::npos);
  EXPECT_EQ(all.find("token-of-the-session"), std::string::npos);
  EXPECT_EQ(all.find("TestAccessKeySecret"), std::string::npos);
  const auto signature = all.find("Signature=");
  EXPECT_EQ(all.substr(signature + 10 + 8, 3), "...");
}

}  // namespace
}  // namespace strongroom::client
