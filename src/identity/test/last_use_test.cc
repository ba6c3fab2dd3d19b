// Last-used facts: known at once, stored by a flush, never by a read.

#include <gtest/gtest.h>

#include "world.h"

namespace strongroom::identity {
namespace {

class LastUseTest : public ::testing::Test {
 protected:
  void SetUp() override { key_ = world_.make_account(); }
  Owner root() { return {world_.account, ""}; }
  void use(Instant at) {
    auto reader = world_.reader();
    (*world_.directory.load_credential(*reader, key_.id))->use->last_ms = at.unix_ms;
  }
  std::optional<Instant> last_used(Directory& directory) {
    auto reader = world_.reader();
    return *directory.access_key_last_used(*reader, root(), key_.id);
  }

  World world_;
  IssuedAccessKey key_;
};

TEST_F(LastUseTest, AFlushMakesItOutliveTheProcess) {
  EXPECT_EQ(last_used(world_.directory), std::nullopt);
  use(World::kNow);
  EXPECT_EQ(last_used(world_.directory), World::kNow);
  Directory next(world_.random);  // as after a restart
  EXPECT_EQ(last_used(next), std::nullopt);
  EXPECT_EQ(*world_.directory.flush_last_use(*world_.store), 1U);
  EXPECT_EQ(last_used(next), World::kNow);
  EXPECT_EQ(*world_.directory.flush_last_use(*world_.store), 0U);
}

TEST_F(LastUseTest, ManyFactsGoInSeveralCommits) {
  constexpr int kKeys = 70;
  for (int i = 0; i < kKeys; ++i) {
    const std::string name = "u" + std::to_string(i);
    world_.make_user(name);
    const auto key = world_.commit([&](auto& txn) {
      return world_.directory.create_access_key(txn, {world_.account, name}, World::kNow);
    });
    auto reader = world_.reader();
    (*world_.directory.load_credential(*reader, key->id))->use->last_ms = World::kNow.unix_ms;
  }
  EXPECT_EQ(*world_.directory.flush_last_use(*world_.store), static_cast<std::size_t>(kKeys));
  EXPECT_EQ(*world_.directory.flush_last_use(*world_.store), 0U);
}

TEST_F(LastUseTest, ADeletedKeyLeavesNoFactBehind) {
  world_.make_user("app");
  const Owner app{world_.account, "app"};
  const auto key = world_.commit(
      [&](auto& txn) { return world_.directory.create_access_key(txn, app, World::kNow); });
  auto before = world_.reader();
  const CredentialRef credential = *world_.directory.load_credential(*before, key->id);
  credential->use->last_ms = World::kNow.unix_ms;
  EXPECT_EQ(*world_.directory.flush_last_use(*world_.store), 1U);
  ASSERT_TRUE(world_.commit(
      [&](auto& txn) { return world_.directory.delete_access_key(txn, app, key->id); }));
  credential->use->last_ms = World::kNow.unix_ms + 5'000;  // a call that was under way
  EXPECT_TRUE(world_.directory.flush_last_use(*world_.store));
  auto reader = world_.reader();
  const auto gone = reader->read(
      {.type = barrier::RecordType::kAccessKeyUse, .account = AccountId(), .name = key->id});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind(), ErrorKind::kNotFound);
}

TEST_F(LastUseTest, EverythingSurvivesARestart) {
  world_.make_user("app");
  world_.store.restart();
  auto reader = world_.reader();
  EXPECT_TRUE(world_.directory.load_credential(*reader, key_.id));
  EXPECT_EQ(world_.directory.list_users(*reader, world_.account, "", 10)->users.size(), 1U);
}

}  // namespace
}  // namespace strongroom::identity
