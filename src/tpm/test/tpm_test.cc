#include "strongroom/tpm/tpm.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "strongroom/base/bytes.h"
#include "strongroom/test/throwaway.h"

namespace strongroom::tpm {
namespace {

using Secret = std::array<std::uint8_t, slot_program::kSecretBytes>;

constexpr std::size_t kSlotRoom = 255 - 4;  // of a slot's parameters (docs/formats/seal.md)

Secret counted() {
  Secret secret{};
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::uint8_t>(i + 1);
  return secret;
}

// One TPM for the tests that leave it as it was.
class TpmTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    setenv("TSS2_LOG", "all+none", 1);
    server_ = std::make_unique<test::Throwaway>("swtpm");
  }
  static void TearDownTestSuite() { server_.reset(); }

  static std::string wrapped(std::string_view pin, const test::Throwaway& server) {
    const auto device = open(server.fact("tcti"), pin);
    if (!device) return device.error().code();
    const auto out = (*device)->wrap(counted());
    return out ? *out : out.error().code();
  }
  /// "" if the secret came back, else the error's code.
  static std::string unwrapped(std::string_view blob, std::string_view pin,
                               const test::Throwaway& server) {
    const auto device = open(server.fact("tcti"), pin);
    if (!device) return device.error().code();
    Secret secret{};
    const auto opened = (*device)->unwrap(blob, secret);
    if (opened) return secret == counted() ? "" : "another secret";
    return secret == Secret{} ? opened.error().code() : "a secret beside an error";
  }

  static std::unique_ptr<test::Throwaway> server_;
};
std::unique_ptr<test::Throwaway> TpmTest::server_;

TEST_F(TpmTest, GivesBackWhatItSealed) {
  for (const std::string_view pin : {"", "4711", "a PIN of two and thirty letters."}) {
    const std::string blob = wrapped(pin, *server_);
    ASSERT_GT(blob.size(), 100U) << blob;
    EXPECT_LE(blob.size(), kSlotRoom);
    EXPECT_EQ(blob.find(as_chars(counted())), std::string::npos);
    EXPECT_EQ(unwrapped(blob, pin, *server_), "");
  }
}

// The TPM has room for three objects and three sessions.
TEST_F(TpmTest, LeavesNothingBehindInTheTpm) {
  const auto device = open(server_->fact("tcti"), "4711");
  ASSERT_TRUE(device) << device.error().message();
  const auto blob = (*device)->wrap(counted());
  ASSERT_TRUE(blob) << blob.error().message();
  Secret secret{};
  for (int i = 0; i < 8; ++i) ASSERT_TRUE((*device)->unwrap(*blob, secret));
}

TEST_F(TpmTest, RefusesWhatItDidNotSeal) {
  const std::string blob = wrapped("", *server_);
  for (const std::size_t at : {std::size_t{0}, blob.size() - 1}) {
    std::string damaged = blob;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_EQ(unwrapped(damaged, "", *server_), "Tpm.OtherTpm") << at;
  }
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{15}, std::size_t{16}, std::size_t{60}, blob.size() - 1}) {
    EXPECT_EQ(unwrapped(std::string_view(blob).substr(0, size), "", *server_), "Tpm.OtherTpm")
        << size;
  }
  EXPECT_EQ(unwrapped(blob + "x", "", *server_), "Tpm.OtherTpm");
}

TEST_F(TpmTest, NamesWhatIsWrong) {
  EXPECT_EQ(wrapped(std::string(kPinBytesMax + 1, '1'), *server_), "Tpm.LongPin");
  for (const char* nowhere : {"device:/nowhere", "swtpm:host=127.0.0.1,port=1", "no such driver"}) {
    const auto device = open(nowhere, "");
    ASSERT_FALSE(device);
    EXPECT_EQ(device.error().code(), "Tpm.NoTpm") << nowhere;
    EXPECT_EQ(device.error().kind(), ErrorKind::kUnavailable);
  }
  EXPECT_EQ(unwrapped(wrapped("", *server_), "4711", *server_), "Tpm.WrongPin");
}

TEST_F(TpmTest, AnotherTpmAndLockout) {
  const test::Throwaway other("swtpm");
  const std::string blob = wrapped("4711", *server_);
  EXPECT_EQ(unwrapped(blob, "4711", other), "Tpm.OtherTpm");
  const std::string theirs = wrapped("4711", other);
  std::string said;
  for (int i = 0; i < 40 && said != "Tpm.LockedOut"; ++i) {
    said = unwrapped(theirs, "4712", other);
    EXPECT_TRUE(said == "Tpm.WrongPin" || said == "Tpm.LockedOut") << said;
  }
  EXPECT_EQ(said, "Tpm.LockedOut");
  EXPECT_EQ(unwrapped(theirs, "4711", other), "Tpm.LockedOut");
  // What has no PIN is opened all the same.
  EXPECT_EQ(unwrapped(wrapped("", other), "", other), "");
}

}  // namespace
}  // namespace strongroom::tpm
