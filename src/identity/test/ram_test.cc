// Groups, custom policies and roles, and what they add up to for a principal.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strongroom/base/limits.h"
#include "world.h"

namespace strongroom::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

constexpr std::string_view kAllowRead =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:GetSecretValue","Resource":"*"}]})";
constexpr std::string_view kAllowAll =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]})";
constexpr std::string_view kTrust =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":)"
    R"({"RAM":"acs:ram::1000000000000001:root"}}]})";

class RamRecordsTest : public ::testing::Test {
 protected:
  RamRecordsTest() { root_ = world_.make_account().id; }

  template <class R>
  static std::string code(const R& result) {
    return result ? "" : result.error().code();
  }
  template <class F>
  std::string change(F f) {
    return code(world_.commit(f));
  }
  std::string make_group(std::string_view name) {
    return change([&](auto& t) {
      return groups().create(t, world_.account, {.name = std::string(name)}, World::kNow);
    });
  }
  std::string make_policy(std::string_view name, std::string_view document = kAllowRead) {
    return change([&](auto& t) {
      return policies().create(t, world_.account, {name, document, "about", {}}, World::kNow);
    });
  }
  std::string make_role(std::string_view name, std::string_view trust = kTrust) {
    return change([&](auto& t) {
      return roles().create(t,
                            {.account = world_.account,
                             .name = std::string(name),
                             .trust_document = std::string(trust)},
                            World::kNow);
    });
  }
  std::string join(std::string_view user, std::string_view group_name) {
    return change(
        [&](auto& t) { return groups().add_user(t, group(group_name), user, World::kNow); });
  }
  std::string attach(EntityKind kind, std::string_view name, std::string_view policy) {
    return change([&](auto& t) {
      return policies().attach(t, {kind, world_.account, name}, custom(policy), World::kNow);
    });
  }
  std::string detach(EntityKind kind, std::string_view name, std::string_view policy) {
    return change([&](auto& t) {
      return policies().detach(t, {kind, world_.account, name}, custom(policy));
    });
  }
  bool may(const std::string& key_id, std::string_view action) {
    const auto credential = world_.directory.load_credential(*world_.reader(), key_id);
    EXPECT_TRUE(credential);
    const std::string_view secret[] = {"acs:kms:cn-hangzhou:1000000000000001:secret/a"};
    return (*credential)->principal->policies->evaluate({action, secret}).allowed();
  }
  std::string key_of(std::string_view user) {
    return world_
        .commit([&](auto& t) {
          return world_.directory.create_access_key(t, {world_.account, user}, World::kNow);
        })
        ->id;
  }
  Groups& groups() { return world_.directory.groups(); }
  Policies& policies() { return world_.directory.policies(); }
  Roles& roles() { return world_.directory.roles(); }
  GroupRef group(std::string_view name) { return {world_.account, name}; }
  PolicyRef custom(std::string_view name) { return {world_.account, "Custom", name}; }
  RoleRef role(std::string_view name) { return {world_.account, name}; }

  World world_;
  std::string root_;
};

TEST_F(RamRecordsTest, AGroupFromCreateToDelete) {
  EXPECT_EQ(make_group("a b"), "InvalidParameter.GroupName.InvalidChars");
  EXPECT_EQ(make_group("ops"), "");
  EXPECT_EQ(make_group("ops"), "EntityAlreadyExists.Group");
  world_.make_user("app");
  EXPECT_EQ(join("app", "none"), "EntityNotExist.Group");
  EXPECT_EQ(join("none", "ops"), "EntityNotExist.User");
  EXPECT_EQ(join("app", "ops"), "");
  EXPECT_EQ(join("app", "ops"), "EntityAlreadyExists.User.Group");
  const auto of_user = groups().groups_of(*world_.reader(), world_.account, "app");
  ASSERT_EQ(of_user->size(), 1U);
  EXPECT_EQ(of_user->front().name, "ops");
  EXPECT_EQ(change([&](auto& t) { return groups().remove(t, group("ops")); }),
            "DeleteConflict.Group.User");
  EXPECT_EQ(
      change([&](auto& t) { return world_.directory.delete_user(t, {world_.account, "app"}); }),
      "DeleteConflict.User.Group");
  EXPECT_EQ(change([&](auto& t) { return groups().remove_user(t, group("ops"), "app"); }), "");
  EXPECT_EQ(change([&](auto& t) { return groups().remove_user(t, group("ops"), "app"); }),
            "EntityNotExist.User.Group");
  EXPECT_EQ(change([&](auto& t) { return groups().remove(t, group("ops")); }), "");
  EXPECT_EQ(code(groups().get(*world_.reader(), group("ops"))), "EntityNotExist.Group");
}

TEST_F(RamRecordsTest, AUserIsInFiveGroupsAtMost) {
  world_.make_user("app");
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) EXPECT_EQ(make_group(name), "");
  for (const char* name : {"a", "b", "c", "d", "e"}) EXPECT_EQ(join("app", name), "");
  EXPECT_EQ(join("app", "f"), "LimitExceeded.User.Group");
}

TEST_F(RamRecordsTest, ARenameKeepsMembersAndPoliciesOnBothSides) {
  world_.make_user("app");
  make_group("ops");
  make_policy("reader");
  join("app", "ops");
  EXPECT_EQ(attach(EntityKind::kGroup, "ops", "reader"), "");
  EXPECT_EQ(attach(EntityKind::kUser, "app", "reader"), "");
  EXPECT_EQ(change([&](auto& t) {
              return groups().update(t, group("ops"), {.new_name = "people"}, World::kNow);
            }),
            "");
  EXPECT_EQ(change([&](auto& t) {
              return world_.directory.update_user(t, {world_.account, "app"}, {.new_name = "web"},
                                                  World::kNow);
            }),
            "");
  const auto reader = world_.reader();
  EXPECT_EQ(groups().groups_of(*reader, world_.account, "web")->front().name, "people");
  EXPECT_EQ(groups().members(*reader, group("people"), "", 9)->links.front().name, "web");
  const auto entities = policies().entities(*reader, custom("reader"));
  ASSERT_EQ(entities->size(), 2U);
  EXPECT_EQ(entities->at(0).name, "web");
  EXPECT_EQ(entities->at(1).name, "people");
}

TEST_F(RamRecordsTest, APolicyHasFiveVersionsAndOneDefault) {
  EXPECT_EQ(make_policy("p", "{}"), "MalformedPolicyDocument");
  EXPECT_EQ(make_policy("p"), "");
  EXPECT_EQ(make_policy("p"), "EntityAlreadyExists.Policy");
  const auto add = [&](bool set_default, bool rotate) {
    return change([&](auto& t) {
      return policies().create_version(t, custom("p"), {kAllowAll, set_default, rotate},
                                       World::kNow);
    });
  };
  for (int i = 0; i < 4; ++i) EXPECT_EQ(add(false, false), "");
  EXPECT_EQ(add(false, false), "LimitExceeded.Policy.Version");
  EXPECT_EQ(add(true, true), "");  // v2 goes, v6 comes
  std::vector<std::string> ids;
  const auto versions = policies().versions(*world_.reader(), custom("p"));
  for (const auto& one : *versions) {
    ids.push_back(one.id() + (one.is_default ? "*" : ""));
  }
  EXPECT_THAT(ids, ElementsAre("v1", "v3", "v4", "v5", "v6*"));
  const auto remove = [&](std::string_view id) {
    return change([&](auto& t) { return policies().delete_version(t, custom("p"), id); });
  };
  EXPECT_EQ(remove("v6"), "DeleteConflict.Policy.Version.Default");
  EXPECT_EQ(remove("v2"), "EntityNotExist.Policy.Version");
  EXPECT_EQ(remove("v06"), "DeleteConflict.Policy.Version.Default");
  EXPECT_EQ(remove("v3"), "");
  EXPECT_EQ(change([&](auto& t) { return policies().remove(t, custom("p"), false); }),
            "DeleteConflict.Policy.Version");
  EXPECT_EQ(change([&](auto& t) { return policies().remove(t, custom("p"), true); }), "");
  EXPECT_EQ(code(policies().get(*world_.reader(), custom("p"))), "EntityNotExist.Policy");
}

TEST_F(RamRecordsTest, APolicyInUseStaysAndKnowsWhere) {
  make_policy("p");
  make_role("r");
  EXPECT_EQ(attach(EntityKind::kRole, "none", "p"), "EntityNotExist.Role");
  EXPECT_EQ(attach(EntityKind::kRole, "r", "p"), "");
  EXPECT_EQ(attach(EntityKind::kRole, "r", "p"), "EntityAlreadyExists.Role.Policy");
  EXPECT_EQ(policies().get(*world_.reader(), custom("p"))->attachments, 1U);
  EXPECT_EQ(change([&](auto& t) { return policies().remove(t, custom("p"), true); }),
            "DeleteConflict.Policy.Role");
  EXPECT_EQ(change([&](auto& t) { return roles().remove(t, role("r")); }),
            "DeleteConflict.Role.Policy");
  EXPECT_EQ(detach(EntityKind::kRole, "r", "p"), "");
  EXPECT_EQ(detach(EntityKind::kRole, "r", "p"), "EntityNotExist.Role.Policy");
  EXPECT_THAT(*policies().entities(*world_.reader(), custom("p")), IsEmpty());
  EXPECT_EQ(change([&](auto& t) { return roles().remove(t, role("r")); }), "");
}

TEST_F(RamRecordsTest, AUserHasTenCustomPoliciesAndAGroupFive) {
  world_.make_user("app");
  make_group("ops");
  for (int i = 0; i < 11; ++i) make_policy("p" + std::to_string(i));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(attach(EntityKind::kUser, "app", "p" + std::to_string(i)), "");
  }
  EXPECT_EQ(attach(EntityKind::kUser, "app", "p10"), "LimitExceeded.User.Policy");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(attach(EntityKind::kGroup, "ops", "p" + std::to_string(i)), "");
  }
  EXPECT_EQ(attach(EntityKind::kGroup, "ops", "p5"), "LimitExceeded.Group.Policy");
}

TEST_F(RamRecordsTest, APrincipalHasItsOwnAndItsGroupsPoliciesInTheirDefaultVersion) {
  world_.make_user("app");
  const std::string key = key_of("app");
  EXPECT_FALSE(may(key, "kms:GetSecretValue"));
  make_group("ops");
  make_policy("p");
  attach(EntityKind::kGroup, "ops", "p");
  EXPECT_FALSE(may(key, "kms:GetSecretValue"));
  join("app", "ops");
  EXPECT_TRUE(may(key, "kms:GetSecretValue"));
  EXPECT_FALSE(may(key, "kms:DeleteSecret"));
  EXPECT_EQ(change([&](auto& t) {
              return policies().create_version(t, custom("p"), {kAllowAll, true, false},
                                               World::kNow);
            }),
            "");
  EXPECT_TRUE(may(key, "kms:DeleteSecret"));
  EXPECT_EQ(change([&](auto& t) {
              return policies().set_default_version(t, custom("p"), "v1", World::kNow);
            }),
            "");
  EXPECT_FALSE(may(key, "kms:DeleteSecret"));
  change([&](auto& t) { return groups().remove_user(t, group("ops"), "app"); });
  EXPECT_FALSE(may(key, "kms:GetSecretValue"));
}

TEST_F(RamRecordsTest, EveryChangeOfWhatAPrincipalRestsOnDropsCachedPrincipals) {
  world_.make_user("app");
  make_group("ops");
  make_policy("p");
  make_role("r");
  const auto cache = world_.store->make_cache(1.0);
  const auto moves = [&](auto f) {
    const std::uint64_t before = cache->identity_generation();
    EXPECT_EQ(change(f), "");
    return cache->identity_generation() != before;
  };
  EXPECT_TRUE(
      moves([&](auto& t) { return groups().add_user(t, group("ops"), "app", World::kNow); }));
  EXPECT_TRUE(moves([&](auto& t) {
    return policies().attach(t, {EntityKind::kGroup, world_.account, "ops"}, custom("p"),
                             World::kNow);
  }));
  EXPECT_TRUE(moves([&](auto& t) {
    return policies().create_version(t, custom("p"), {kAllowAll, true, false}, World::kNow);
  }));
  EXPECT_TRUE(moves([&](auto& t) {
    return policies().attach(t, {EntityKind::kRole, world_.account, "r"}, custom("p"), World::kNow);
  }));
  EXPECT_TRUE(moves([&](auto& t) { return roles().revoke_sessions(t, role("r"), World::kNow); }));
  EXPECT_FALSE(moves(
      [&](auto& t) { return groups().create(t, world_.account, {.name = "other"}, World::kNow); }));
}

TEST_F(RamRecordsTest, ARoleIsCheckedAndChanged) {
  EXPECT_EQ(make_role("a_b"), "InvalidParameter.RoleName.InvalidChars");
  EXPECT_EQ(make_role("r", kAllowRead), "MalformedPolicyDocument");
  EXPECT_EQ(make_role("r"), "");
  EXPECT_EQ(make_role("r"), "EntityAlreadyExists.Role");
  const auto seconds = [&](std::int64_t wanted) {
    return change([&](auto& t) {
      return roles().update(t, role("r"), {.max_session_seconds = wanted}, World::kNow);
    });
  };
  EXPECT_EQ(seconds(3'599), "InvalidParameter.MaxSessionDuration");
  EXPECT_EQ(seconds(43'201), "InvalidParameter.MaxSessionDuration");
  EXPECT_EQ(seconds(43'200), "");
  const auto read = roles().get(*world_.reader(), role("r"));
  EXPECT_EQ(read->max_session_seconds, 43'200);
  EXPECT_EQ(read->arn(), "acs:ram::1000000000000001:role/r");
  EXPECT_THAT(read->id, MatchesRegex("3[0-9]{17}"));
}

TEST_F(RamRecordsTest, ListingPagesThroughCustomThenSystemPolicies) {
  for (const char* name : {"b", "a", "c"}) make_policy(name);
  const std::size_t system = policy::system_policies().size();
  for (const std::size_t max : {1U, 2U, 3U, 4U, 100U}) {
    std::vector<std::string> names;
    std::string marker;
    do {
      const auto page = policies().list(*world_.reader(), {world_.account, "", ""}, marker, max);
      ASSERT_TRUE(page);
      EXPECT_LE(page->policies.size(), max);
      for (const auto& one : page->policies) names.push_back(one.name);
      marker = page->next;
    } while (!marker.empty());
    ASSERT_EQ(names.size(), 3 + system) << max;
    names.resize(3);
    EXPECT_THAT(names, ElementsAre("a", "b", "c"));
  }
  EXPECT_EQ(
      policies().list(*world_.reader(), {world_.account, "Custom", ""}, "", 9)->policies.size(),
      3U);
}

TEST_F(RamRecordsTest, NothingOfOneAccountIsSeenFromAnother) {
  make_group("ops");
  make_policy("p");
  make_role("r");
  const AccountId other(1'000'000'000'000'002);
  world_.make_account(other);
  const auto reader = world_.reader();
  EXPECT_EQ(code(groups().get(*reader, {other, "ops"})), "EntityNotExist.Group");
  EXPECT_EQ(code(policies().get(*reader, {other, "Custom", "p"})), "EntityNotExist.Policy");
  EXPECT_EQ(code(roles().get(*reader, {other, "r"})), "EntityNotExist.Role");
  EXPECT_THAT(groups().list(*reader, other, "", 9)->groups, IsEmpty());
  EXPECT_THAT(roles().list(*reader, other, "", 9)->roles, IsEmpty());
  EXPECT_THAT(policies().list(*reader, {other, "Custom", ""}, "", 9)->policies, IsEmpty());
}

}  // namespace
}  // namespace strongroom::identity
