#include "strongroom/identity/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "strongroom/base/limits.h"
#include "world.h"

namespace strongroom::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;

class DirectoryTest : public ::testing::Test {
 protected:
  template <class R>
  std::string code(const R& result) {
    return result ? "" : result.error().code();
  }
  Owner user(std::string_view name) { return {world_.account, name}; }
  EntityRef entity(std::string_view name) { return {EntityKind::kUser, world_.account, name}; }
  PolicyRef system(std::string_view name) { return {world_.account, "System", name}; }
  std::vector<std::string> names(const UserPage& page) {
    std::vector<std::string> out;
    for (const User& one : page.users) out.push_back(one.name);
    return out;
  }
  auto create_key(std::string_view name) {
    return world_.commit([&](auto& txn) {
      return world_.directory.create_access_key(txn, user(name), World::kNow);
    });
  }

  World world_;
  Directory& directory_ = world_.directory;
};

TEST_F(DirectoryTest, AnAccountComesWithARootKey) {
  const IssuedAccessKey key = world_.make_account();
  EXPECT_THAT(key.id, MatchesRegex("LTAI5t[A-Za-z0-9]{18}"));
  EXPECT_THAT(test::reveal(key.secret), MatchesRegex("[A-Za-z0-9]{30}"));
  auto txn = world_.begin();
  const auto credential = directory_.load_credential(*txn, key.id);
  ASSERT_TRUE(credential);
  const Principal& root = *(*credential)->principal;
  EXPECT_EQ(root.kind, PrincipalKind::kRoot);
  EXPECT_EQ(root.id, "1000000000000001");
  EXPECT_EQ(root.arn, "acs:ram::1000000000000001:root");
  EXPECT_EQ(root.access_key_id, key.id);
  EXPECT_EQ(code(directory_.create_account(*txn, world_.account, World::kNow)),
            "EntityAlreadyExists.Account");
}

TEST_F(DirectoryTest, IdsAndSecretsAreNeverTheSame) {
  std::set<std::string> seen;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const IssuedAccessKey key = world_.make_account(AccountId(1'000'000'000'000'100 + i));
    EXPECT_TRUE(seen.insert(key.id).second);
    EXPECT_TRUE(seen.insert(test::reveal(key.secret)).second);
  }
}

TEST_F(DirectoryTest, AUserCanBeCreatedReadChangedAndDeleted) {
  world_.make_account();
  const auto made = world_.commit([&](auto& txn) {
    return directory_.create_user(txn, world_.account,
                                  {.name = "app-1",
                                   .display_name = "应用",
                                   .mobile_phone = "86-13800000000",
                                   .email = "a@example.com",
                                   .comments = "c"},
                                  World::kNow);
  });
  ASSERT_TRUE(made);
  EXPECT_THAT(made->id, MatchesRegex("[0-9]{18}"));
  auto txn = world_.begin();
  const auto read = directory_.get_user(*txn, world_.account, "app-1");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, made->id);
  EXPECT_EQ(read->display_name, "应用");
  EXPECT_EQ(read->email, "a@example.com");
  EXPECT_EQ(read->created, World::kNow);

  const auto changed = world_.commit([&](auto& t) {
    return directory_.update_user(t, user("app-1"), {.comments = "new"},
                                  {World::kNow.unix_ms + 1000});
  });
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->comments, "new");
  EXPECT_EQ(changed->display_name, "应用");
  EXPECT_EQ(changed->updated.unix_ms, World::kNow.unix_ms + 1000);

  EXPECT_TRUE(world_.commit([&](auto& t) { return directory_.delete_user(t, user("app-1")); }));
  auto after = world_.begin();
  EXPECT_EQ(code(directory_.get_user(*after, world_.account, "app-1")), "EntityNotExist.User");
  EXPECT_TRUE(directory_.list_users(*after, world_.account, "", 100)->users.empty());
}

TEST_F(DirectoryTest, UserFieldsAreChecked) {
  world_.make_account();
  world_.make_user("taken");
  const std::string long_name(65, 'a');
  const std::string long_text(129, 'a');
  struct Row {
    User user;
    std::string code;
  };
  const Row rows[] = {
      {{.name = ""}, "InvalidParameter.UserName.Length"},
      {{.name = long_name}, "InvalidParameter.UserName.Length"},
      {{.name = "a b"}, "InvalidParameter.UserName.InvalidChars"},
      {{.name = "a/b"}, "InvalidParameter.UserName.InvalidChars"},
      {{.name = "a*"}, "InvalidParameter.UserName.InvalidChars"},
      {{.name = "u", .display_name = long_text}, "InvalidParameter.DisplayName.Length"},
      {{.name = "u", .comments = long_text}, "InvalidParameter.Comments.Length"},
      {{.name = "u", .email = "nobody"}, "InvalidParameter.Email.Format"},
      {{.name = "u", .mobile_phone = "phone"}, "InvalidParameter.MobilePhone.Format"},
      {{.name = "taken"}, "EntityAlreadyExists.User"},
  };
  for (const Row& row : rows) {
    auto txn = world_.begin();
    EXPECT_EQ(code(directory_.create_user(*txn, world_.account, row.user, World::kNow)), row.code);
  }
}

TEST_F(DirectoryTest, ListsGoPageByPageInOrder) {
  world_.make_account();
  for (const char* name : {"d", "b", "e", "a", "c"}) world_.make_user(name);
  auto txn = world_.begin();
  const auto first = directory_.list_users(*txn, world_.account, "", 2);
  ASSERT_TRUE(first);
  EXPECT_THAT(names(*first), ElementsAre("a", "b"));
  const auto second = directory_.list_users(*txn, world_.account, first->next, 2);
  EXPECT_THAT(names(*second), ElementsAre("c", "d"));
  const auto last = directory_.list_users(*txn, world_.account, second->next, 2);
  EXPECT_THAT(names(*last), ElementsAre("e"));
  EXPECT_EQ(last->next, "");
  EXPECT_EQ(code(directory_.list_users(*txn, world_.account, "no such/marker", 2)),
            "InvalidParameter.Marker");
}

TEST_F(DirectoryTest, AtMostTwoKeysAndInactiveOnesCount) {
  world_.make_account();
  world_.make_user("app");
  const auto first = create_key("app");
  ASSERT_TRUE(first);
  EXPECT_TRUE(world_.commit([&](auto& txn) {
    return directory_.set_access_key_active(txn, user("app"), first->id, false);
  }));
  ASSERT_TRUE(create_key("app"));
  EXPECT_EQ(code(create_key("app")), "LimitExceeded.User.AccessKey");
  EXPECT_TRUE(world_.commit(
      [&](auto& txn) { return directory_.delete_access_key(txn, user("app"), first->id); }));
  EXPECT_TRUE(create_key("app"));
  auto txn = world_.begin();
  const auto gone = directory_.load_credential(*txn, first->id);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind(), ErrorKind::kNotFound);
}

TEST_F(DirectoryTest, KeysBelongToTheirOwnerAlone) {
  world_.make_account();
  world_.make_user("app");
  world_.make_user("other");
  const auto key = create_key("app");
  ASSERT_TRUE(key);
  for (const std::string_view stranger : {"other", ""}) {
    auto txn = world_.begin();
    EXPECT_EQ(code(directory_.set_access_key_active(*txn, user(stranger), key->id, false)),
              "EntityNotExist.User.AccessKey");
    EXPECT_EQ(code(directory_.delete_access_key(*txn, user(stranger), key->id)),
              "EntityNotExist.User.AccessKey");
    EXPECT_EQ(code(directory_.access_key_last_used(*txn, user(stranger), key->id)),
              "EntityNotExist.User.AccessKey");
  }
  auto txn = world_.begin();
  EXPECT_EQ(code(directory_.create_access_key(*txn, user("nobody"), World::kNow)),
            "EntityNotExist.User");
}

TEST_F(DirectoryTest, AUserWithKeysOrPoliciesStays) {
  world_.make_account();
  world_.make_user("app");
  const auto key = create_key("app");
  const auto remove = [&] {
    return code(world_.commit([&](auto& t) { return directory_.delete_user(t, user("app")); }));
  };
  EXPECT_EQ(remove(), "DeleteConflict.User.AccessKey");
  EXPECT_TRUE(world_.commit(
      [&](auto& t) { return directory_.delete_access_key(t, user("app"), key->id); }));
  EXPECT_TRUE(world_.commit([&](auto& t) {
    return directory_.attach_policy(t, user("app"), "System", "AliyunKMSFullAccess", World::kNow);
  }));
  EXPECT_EQ(remove(), "DeleteConflict.User.Policy");
  EXPECT_TRUE(world_.commit([&](auto& t) {
    return directory_.policies().detach(t, entity("app"), system("AliyunKMSFullAccess"));
  }));
  EXPECT_EQ(remove(), "");
}

TEST_F(DirectoryTest, PoliciesAreAttachedOnceAndOnlyIfTheyExist) {
  world_.make_account();
  world_.make_user("app");
  const auto attach = [&](std::string_view type, std::string_view name) {
    return code(world_.commit([&](auto& txn) {
      return directory_.attach_policy(txn, user("app"), type, name, World::kNow);
    }));
  };
  EXPECT_EQ(attach("System", "AliyunKMSSecretUserAccess"), "");
  EXPECT_EQ(attach("System", "AliyunKMSSecretUserAccess"), "EntityAlreadyExists.User.Policy");
  EXPECT_EQ(attach("Custom", "AliyunKMSSecretUserAccess"), "EntityNotExist.Policy");
  EXPECT_EQ(attach("System", "Nothing"), "EntityNotExist.Policy");
  EXPECT_EQ(attach("Other", "AliyunKMSFullAccess"), "InvalidParameter.PolicyType");
  auto txn = world_.begin();
  EXPECT_EQ(code(directory_.policies().detach(*txn, entity("app"), system("AliyunKMSFullAccess"))),
            "EntityNotExist.User.Policy");
  EXPECT_EQ(
      code(directory_.attach_policy(*txn, user("x"), "System", "AliyunKMSFullAccess", World::kNow)),
      "EntityNotExist.User");
  const auto attached = directory_.policies().attached(*txn, entity("app"));
  ASSERT_TRUE(attached);
  ASSERT_EQ(attached->size(), 1U);
  EXPECT_EQ(attached->front().name, "AliyunKMSSecretUserAccess");
}

TEST_F(DirectoryTest, ACredentialCarriesTheUsersPolicies) {
  world_.make_account();
  world_.make_user("app");
  const auto key = create_key("app");
  EXPECT_TRUE(world_.commit([&](auto& t) {
    return directory_.attach_policy(t, user("app"), "System", "AliyunKMSSecretUserAccess",
                                    World::kNow);
  }));
  auto txn = world_.begin();
  const auto credential = directory_.load_credential(*txn, key->id);
  ASSERT_TRUE(credential);
  const Principal& principal = *(*credential)->principal;
  EXPECT_EQ(principal.kind, PrincipalKind::kUser);
  EXPECT_EQ(principal.arn, "acs:ram::1000000000000001:user/app");
  EXPECT_EQ(principal.id, directory_.get_user(*txn, world_.account, "app")->id);
  const std::string_view secret[] = {"acs:kms:cn-hangzhou:1000000000000001:secret/a"};
  EXPECT_TRUE(principal.policies->evaluate({"kms:GetSecretValue", secret}).allowed());
  EXPECT_FALSE(principal.policies->evaluate({"kms:DeleteSecret", secret}).allowed());
}

TEST_F(DirectoryTest, ARenamedUserKeepsKeysAndPolicies) {
  world_.make_account();
  world_.make_user("old");
  world_.make_user("taken");
  const auto key = create_key("old");
  EXPECT_TRUE(world_.commit([&](auto& t) {
    return directory_.attach_policy(t, user("old"), "System", "AliyunKMSFullAccess", World::kNow);
  }));
  auto refused = world_.begin();
  EXPECT_EQ(code(directory_.update_user(*refused, user("old"), {.new_name = "taken"}, World::kNow)),
            "EntityAlreadyExists.User");
  EXPECT_TRUE(world_.commit([&](auto& t) {
    return directory_.update_user(t, user("old"), {.new_name = "new"}, World::kNow);
  }));
  auto txn = world_.begin();
  EXPECT_EQ(code(directory_.get_user(*txn, world_.account, "old")), "EntityNotExist.User");
  EXPECT_EQ(directory_.list_access_keys(*txn, user("new"))->size(), 1U);
  EXPECT_EQ(directory_.policies().attached(*txn, entity("new"))->size(), 1U);
  EXPECT_EQ((*directory_.load_credential(*txn, key->id))->principal->name, "new");
  EXPECT_THAT(names(*directory_.list_users(*txn, world_.account, "", 9)),
              ElementsAre("new", "taken"));
}

TEST_F(DirectoryTest, GivenKeysAreTakenAsTheyAre) {
  world_.make_account();
  world_.make_user("app");
  const SecretBytes secret = test::secret("TestAccessKeySecretABCDEFGHIJK");
  const auto import_key = [&](std::string_view id, const SecretBytes& value) {
    return code(world_.commit([&](auto& txn) {
      return directory_.import_access_key(txn, user("app"), {id, value}, World::kNow);
    }));
  };
  EXPECT_EQ(import_key("LTAI5tTestAccessKeyId0001", secret), "");
  EXPECT_EQ(import_key("LTAI5tTestAccessKeyId0001", secret), "EntityAlreadyExists.User.AccessKey");
  EXPECT_EQ(import_key("AKIA5tTestAccessKeyId0001", secret), "InvalidParameter.AccessKeyId");
  EXPECT_EQ(import_key("LTAI5tTest/AccessKeyId0001", secret), "InvalidParameter.AccessKeyId");
  EXPECT_EQ(import_key("LTAI5tTestAccessKeyId0002", test::secret("short")),
            "InvalidParameter.AccessKeySecret");
}

}  // namespace
}  // namespace strongroom::identity
