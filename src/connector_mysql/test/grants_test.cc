#include "grants.h"

#include <gmock/gmock.h>

namespace strongroom::connector_mysql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Grants of(const std::vector<std::string>& lines) {
  return parse_grants(lines, "app", "%");
}

TEST(Grants, ReadsEveryKindOfLine) {
  const Grants grants =
      of({"GRANT USAGE ON *.* TO `app`@`%` IDENTIFIED BY PASSWORD '*00' REQUIRE SSL WITH "
          "MAX_USER_CONNECTIONS 5",
          "GRANT SELECT, UPDATE (`a`, `b`) ON `app`.`items` TO `app`@`%`",
          "GRANT EXECUTE ON PROCEDURE `app`.`p` TO `app`@`%` WITH GRANT OPTION",
          "GRANT `reader` TO `app`@`%`", "GRANT `writer` TO `app`@`%` WITH ADMIN OPTION",
          "GRANT SELECT ON `secret`.* TO `reader`", "SET DEFAULT ROLE `reader` FOR `app`@`%`"});
  EXPECT_EQ(grants.attributes, "REQUIRE SSL WITH MAX_USER_CONNECTIONS 5");
  EXPECT_THAT(grants.privileges.at("`app`.`items`"),
              ElementsAre("SELECT", "UPDATE (`a`)", "UPDATE (`b`)"));
  EXPECT_THAT(grants.privileges.at("PROCEDURE `app`.`p`"), ElementsAre("EXECUTE", "GRANT OPTION"));
  EXPECT_EQ(grants.privileges.size(), 2U);
  EXPECT_THAT(grants.roles, ElementsAre("`reader`", "`writer` WITH ADMIN OPTION"));
  EXPECT_EQ(grants.default_role, "`reader`");
}

TEST(Grants, NamesThatLookLikeSyntax) {
  const Grants grants = of({"GRANT SELECT ON `a ON ``b`` TO ``app``@``%``` .* TO `app`@`%`"});
  ASSERT_EQ(grants.privileges.size(), 1U);
  EXPECT_EQ(grants.privileges.begin()->first, "`a ON ``b`` TO ``app``@``%``` .*");
}

TEST(Towards, NothingForEqualGrants) {
  const Grants same = of({"GRANT SELECT ON `app`.* TO `app`@`%`"});
  EXPECT_THAT(statements_towards(same, same, "'x'@'%'"), IsEmpty());
}

TEST(Towards, GrantsWhatIsMissingThenTakesWhatIsTooMuch) {
  const Grants want = of({"GRANT SELECT, INSERT ON `app`.* TO `app`@`%`"});
  const Grants have = of({"GRANT SELECT, DELETE ON `app`.* TO `app`@`%`",
                          "GRANT SELECT ON `other`.* TO `app`@`%` WITH GRANT OPTION"});
  EXPECT_THAT(
      statements_towards(want, have, "'x'@'%'"),
      ElementsAre("GRANT INSERT ON `app`.* TO 'x'@'%'", "REVOKE DELETE ON `app`.* FROM 'x'@'%'",
                  "REVOKE GRANT OPTION ON `other`.* FROM 'x'@'%'",
                  "REVOKE SELECT ON `other`.* FROM 'x'@'%'"));
}

// MySQL's partial revokes: without them a twin would have more rights than the account it is a
// copy of.
TEST(Towards, WhatIsTakenOutOfAGrantIsTakenOutOfTheTwinsToo) {
  const Grants want =
      of({"GRANT SELECT ON *.* TO `app`@`%`", "REVOKE SELECT ON `mysql`.* FROM `app`@`%`"});
  const Grants all = of({"GRANT SELECT ON *.* TO `app`@`%`"});
  EXPECT_THAT(statements_towards(want, all, "'x'@'%'"),
              ElementsAre("REVOKE SELECT ON `mysql`.* FROM 'x'@'%'"));
  EXPECT_THAT(statements_towards(all, want, "'x'@'%'"),
              ElementsAre("GRANT SELECT ON `mysql`.* TO 'x'@'%'"));
  EXPECT_THAT(statements_towards(want, want, "'x'@'%'"), IsEmpty());
}

TEST(Towards, AllPrivilegesInBothDirections) {
  const Grants all = of({"GRANT ALL PRIVILEGES ON `app`.* TO `app`@`%`"});
  const Grants some = of({"GRANT SELECT ON `app`.* TO `app`@`%`"});
  EXPECT_THAT(statements_towards(all, some, "'x'@'%'"),
              ElementsAre("GRANT ALL PRIVILEGES ON `app`.* TO 'x'@'%'"));
  EXPECT_THAT(statements_towards(some, all, "'x'@'%'"),
              ElementsAre("REVOKE ALL PRIVILEGES ON `app`.* FROM 'x'@'%'",
                          "GRANT SELECT ON `app`.* TO 'x'@'%'"));
}

TEST(Towards, RolesAndAttributes) {
  const Grants want = of({"GRANT USAGE ON *.* TO `app`@`%` REQUIRE SSL",
                          "GRANT `reader` TO `app`@`%` WITH ADMIN OPTION",
                          "SET DEFAULT ROLE `reader` FOR `app`@`%`"});
  const Grants have = of({"GRANT `writer` TO `app`@`%`"});
  EXPECT_THAT(
      statements_towards(want, have, "'x'@'%'"),
      ElementsAre("REVOKE `writer` FROM 'x'@'%'", "GRANT `reader` TO 'x'@'%' WITH ADMIN OPTION",
                  "SET DEFAULT ROLE `reader` FOR 'x'@'%'", "ALTER USER 'x'@'%' REQUIRE SSL"));
  EXPECT_THAT(statements_towards(have, want, "'x'@'%'"),
              testing::Contains("ALTER USER 'x'@'%' REQUIRE NONE "));
}

}  // namespace
}  // namespace strongroom::connector_mysql
