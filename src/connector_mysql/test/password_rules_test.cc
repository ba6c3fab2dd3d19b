#include "password_rules.h"

#include <gmock/gmock.h>

namespace strongroom::connector_mysql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(PasswordRules, NothingJudges) {
  EXPECT_THAT(judge_password_rules({}, false), IsEmpty());
}

TEST(PasswordRules, TheDefaultsOfMysqlAreMet) {
  const Variables variables{
      {"validate_password.check_user_name", "ON"}, {"validate_password.length", "8"},
      {"validate_password.mixed_case_count", "1"}, {"validate_password.number_count", "1"},
      {"validate_password.policy", "STRONG"},      {"validate_password.special_char_count", "1"}};
  EXPECT_THAT(judge_password_rules(variables, false),
              ElementsAre("validate_password judges new passwords"));
}

TEST(PasswordRules, WhatCannotBeMetIsTold) {
  const Variables variables{{"validate_password.length", "40"},
                            {"validate_password.special_char_count", "3"}};
  EXPECT_THAT(judge_password_rules(variables, false),
              ElementsAre("validate_password judges new passwords",
                          HasSubstr("validate_password.length = 40, and passwords made here have "
                                    "32 characters"),
                          HasSubstr("special_char_count = 3")));
}

TEST(PasswordRules, MariadbIsGivenHashes) {
  const Variables variables{{"simple_password_check_minimal_length", "60"},
                            {"cracklib_password_check_dictionary", "/var/cache/cracklib"}};
  EXPECT_THAT(judge_password_rules(variables, true),
              ElementsAre(HasSubstr("cracklib_password_check judges what people choose"),
                          HasSubstr("simple_password_check judges what people choose")));
}

}  // namespace
}  // namespace strongroom::connector_mysql
