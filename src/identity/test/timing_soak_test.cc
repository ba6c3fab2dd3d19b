// A soak: how long a wrong signature is looked at does not tell how much of it was right.

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "strongroom/crypto/mac.h"
#include "strongroom/identity/authenticator.h"
#include "strongroom/test/reveal.h"
#include "strongroom/test/timing.h"

namespace strongroom::identity {
namespace {

constexpr std::size_t kCalls = 400'000;
constexpr double kTMax = 4.5;
constexpr std::string_view kSecret = "TestAccessKeySecretABCDEFGHIJK&";
constexpr std::string_view kCanonical =
    "GET&%2F&AccessKeyId%3DLTAI5tTestAccessKeyId0001%26Action%3DGetSecretValue";

wire_openapi::Call call_with(const std::string& signature) {
  wire_openapi::Call call;
  call.scheme = wire_openapi::Scheme::kRpcHmacSha1;
  call.action = "GetSecretValue";
  call.version = "2016-01-20";
  call.access_key_id = "LTAI5tTestAccessKeyId0001";
  call.signature = signature;
  call.canonical = kCanonical;
  return call;
}

TEST(TimingSoak, TheByteThatDiffersDoesNotShow) {
  if (!test::timing_is_wanted()) GTEST_SKIP() << "only in a soak (STRONGROOM_SOAK=1)";
  auto made = keyed_credential(test::secret(kSecret.substr(0, kSecret.size() - 1)));
  ASSERT_TRUE(made);
  auto principal = std::make_shared<Principal>();
  principal->access_key_id = "LTAI5tTestAccessKeyId0001";
  made->principal = principal;
  std::string bytes(as_chars(
      crypto::hmac(crypto::MacHash::kSha1, test::secret(kSecret), as_bytes(kCanonical)).view()));
  const std::string right = base64_encode(as_bytes(bytes));
  ASSERT_TRUE(Authenticator::check_signature(call_with(right), *made));
  const auto wrong_at = [&bytes](std::size_t at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    return base64_encode(as_bytes(changed));
  };
  const std::string first = wrong_at(0);
  const std::string last = wrong_at(bytes.size() - 1);
  const wire_openapi::Call calls[] = {call_with(first), call_with(last)};
  const test::Leak leak = test::find_leak(kCalls, [&](bool kind) {
    ASSERT_FALSE(Authenticator::check_signature(calls[kind ? 1 : 0], *made));
  });
  std::printf("first byte less last byte: %.1f ns, t = %.2f over %zu calls\n", leak.nanoseconds,
              leak.t, leak.calls);
  EXPECT_LT(std::abs(leak.t), kTMax);
}

}  // namespace
}  // namespace strongroom::identity
