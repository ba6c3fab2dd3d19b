#include "strongroom/identity/console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "totp.h"
#include "world.h"

namespace strongroom::identity {
namespace {

using ::testing::MatchesRegex;

// RFC 6238 appendix B, SHA-1, the last six of eight digits.
TEST(Totp, GivesTheCodesOfTheRfc) {
  const SecretBytes seed = test::secret("12345678901234567890");
  const std::pair<std::int64_t, std::uint32_t> rows[] = {{59, 287'082},
                                                         {1'111'111'109, 81'804},
                                                         {1'111'111'111, 50'471},
                                                         {1'234'567'890, 5'924},
                                                         {2'000'000'000, 279'037}};
  for (const auto& [seconds, code] : rows) {
    EXPECT_EQ(totp_code(seed, static_cast<std::uint64_t>(seconds / 30)), code);
  }
  EXPECT_EQ(totp_step(seed, "287082", Instant::from_seconds(59), 0), 1U);
  EXPECT_EQ(totp_step(seed, "287082", Instant::from_seconds(89), 0), 1U);  // a step late
  EXPECT_FALSE(totp_step(seed, "287082", Instant::from_seconds(120), 0));  // two steps late
  EXPECT_FALSE(totp_step(seed, "287082", Instant::from_seconds(59), 1));   // used before
  EXPECT_FALSE(totp_step(seed, "28708", Instant::from_seconds(59), 0));
  EXPECT_FALSE(totp_step(seed, "28708x", Instant::from_seconds(59), 0));
}

class ConsoleTest : public ::testing::Test {
 protected:
  ConsoleTest() {
    world_.make_account();
    world_.make_user("app");
  }
  template <class F>
  std::string change(F f) {
    const auto result = world_.commit(f);
    return result ? "" : result.error().code();
  }
  std::string create(const char* password) {
    const SecretBytes secret = test::secret(password);
    return change([&](auto& t) {
      return console().create_login(t, user_, {.password = &secret}, World::kNow);
    });
  }
  LoginVerdict sign_in(const char* password, const std::string& code = "",
                       std::int64_t later_seconds = 0) {
    const SecretBytes secret = test::secret(password);
    return *world_.commit([&](auto& t) {
      return console().sign_in(t, user_, secret, code,
                               {World::kNow.unix_ms + later_seconds * 1000});
    });
  }
  Console& console() { return world_.directory.console(); }

  World world_;
  const Owner user_{world_.account, "app"};
};

std::string base32_decoded(const std::string& text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = static_cast<std::uint32_t>(c >= 'A' ? c - 'A' : c - '2' + 26);
    bits = bits << 5U | value;
    count += 5;
    if (count >= 8) out.push_back(static_cast<char>(bits >> (count -= 8)));
  }
  return out;
}

std::string six(std::uint32_t code) {
  std::string text = std::to_string(code);
  return std::string(6 - text.size(), '0') + text;
}

TEST_F(ConsoleTest, APasswordIsCheckedChangedAndNotReused) {
  EXPECT_EQ(create("short"), "InvalidParameter.Password.Length");
  EXPECT_EQ(create("correct horse"), "");
  EXPECT_EQ(create("correct horse"), "EntityAlreadyExists.User.LoginProfile");
  EXPECT_EQ(sign_in("correct horse"), LoginVerdict::kGood);
  EXPECT_EQ(sign_in("correct horsf"), LoginVerdict::kWrong);
  EXPECT_EQ(change([&](auto& t) {
              return console().set_password_policy(
                  t, world_.account, {.require_numbers = true, .reuse_prevention = 2});
            }),
            "");
  const auto replace = [&](const char* from, const char* to) {
    const SecretBytes old_one = test::secret(from);
    const SecretBytes new_one = test::secret(to);
    return change([&](auto& t) {
      return console().change_password(t, user_, old_one, new_one, World::kNow);
    });
  };
  EXPECT_EQ(replace("wrong one", "correct horse 2"), "InvalidParameter.OldPassword");
  EXPECT_EQ(replace("correct horse", "no number"), "InvalidParameter.Password.NotMatchPolicy");
  EXPECT_EQ(replace("correct horse", "correct horse 2"), "");
  EXPECT_EQ(replace("correct horse 2", "correct horse 2"), "InvalidParameter.Password.Reused");
  EXPECT_EQ(sign_in("correct horse"), LoginVerdict::kWrong);
  EXPECT_EQ(sign_in("correct horse 2"), LoginVerdict::kGood);
}

TEST_F(ConsoleTest, TooManyFailuresCloseTheDoorForAnHour) {
  create("correct horse");
  change([&](auto& t) {
    return console().set_password_policy(t, world_.account, {.max_attempts = 2});
  });
  EXPECT_EQ(sign_in("wrong"), LoginVerdict::kWrong);
  EXPECT_EQ(sign_in("wrong"), LoginVerdict::kWrong);
  EXPECT_EQ(sign_in("correct horse"), LoginVerdict::kTooOften);
  EXPECT_EQ(sign_in("correct horse", "", 3'600), LoginVerdict::kGood);
}

TEST_F(ConsoleTest, ABoundDeviceIsAskedForAndNoCodeCountsTwice) {
  create("correct horse");
  const auto made = world_.commit(
      [&](auto& t) { return console().create_device(t, world_.account, "phone", World::kNow); });
  ASSERT_TRUE(made);
  const std::string text = test::reveal(made->base32_seed);
  EXPECT_THAT(text, MatchesRegex("[A-Z2-7]{32}"));
  const SecretBytes seed = test::secret(base32_decoded(text));
  const auto step = static_cast<std::uint64_t>(World::kNow.unix_seconds() / 30);
  const std::string serial = made->device.serial(world_.account);
  const auto bind = [&](std::uint64_t first, std::uint64_t second) {
    return change([&](auto& t) {
      return console().bind_device(t, user_, serial, six(totp_code(seed, first)),
                                   six(totp_code(seed, second)), World::kNow);
    });
  };
  EXPECT_EQ(bind(step - 1, step + 1), "InvalidParameter.AuthenticationCode");
  EXPECT_EQ(bind(step, step), "InvalidParameter.AuthenticationCode");
  EXPECT_EQ(bind(step - 1, step), "");
  EXPECT_EQ(bind(step - 1, step), "EntityAlreadyExists.User.MFADevice");
  EXPECT_EQ(sign_in("correct horse"), LoginVerdict::kNeedsCode);
  EXPECT_EQ(sign_in("correct horse", six(totp_code(seed, step))), LoginVerdict::kWrong);
  EXPECT_EQ(sign_in("correct horse", six(totp_code(seed, step + 1))), LoginVerdict::kGood);
  EXPECT_EQ(sign_in("correct horse", six(totp_code(seed, step + 1))), LoginVerdict::kWrong);
  EXPECT_EQ(change([&](auto& t) { return console().delete_device(t, world_.account, serial); }),
            "DeleteConflict.MFADevice.User");
  EXPECT_EQ(change([&](auto& t) {
              return world_.directory.update_user(t, user_, {.new_name = "web"}, World::kNow);
            }),
            "");
  EXPECT_EQ(console().list_devices(*world_.reader(), world_.account)->front().user_name, "web");
  EXPECT_EQ(
      change([&](auto& t) { return world_.directory.delete_user(t, {world_.account, "web"}); }),
      "");
  EXPECT_EQ(change([&](auto& t) { return console().delete_device(t, world_.account, serial); }),
            "");
}

TEST_F(ConsoleTest, AnAliasBelongsToOneAccount) {
  const AccountId other(1'000'000'000'000'002);
  world_.make_account(other);
  const auto set = [&](AccountId account, std::string_view alias) {
    return change([&](auto& t) { return console().set_alias(t, account, alias); });
  };
  EXPECT_EQ(set(world_.account, "-x"), "InvalidParameter.AccountAlias.InvalidChars");
  EXPECT_EQ(set(world_.account, "acme"), "");
  EXPECT_EQ(set(other, "acme"), "EntityAlreadyExists.Alias");
  EXPECT_EQ(set(world_.account, "acme-2"), "");
  EXPECT_EQ(set(other, "acme"), "");
  EXPECT_EQ(set(other, ""), "");
  EXPECT_EQ(console().alias(*world_.reader(), other).error().code(), "EntityNotExist.Alias");
  EXPECT_EQ(*console().alias(*world_.reader(), world_.account), "acme-2");
}

}  // namespace
}  // namespace strongroom::identity
