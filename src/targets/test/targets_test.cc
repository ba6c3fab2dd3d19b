#include "strongroom/targets/targets.h"

#include <gmock/gmock.h>

#include "strongroom/base/limits.h"
#include "strongroom/test/reveal.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::targets {
namespace {

const AccountId kAccount{1'000'000'000'000'001};

Target target_of(const std::string& id, connector::Kind kind = connector::Kind::kMysql) {
  Target target;
  target.account = kAccount;
  target.kind = kind;
  target.where.name = id;
  target.where.address = "db.internal";
  target.where.tls_roots = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";
  target.admin = {"rotator", "", test::secret("admin-password")};
  target.options = {{"database", "app"}};
  return target;
}

class TargetsTest : public testing::Test {
 protected:
  Result<void> save(Target target) {
    SR_TRY(auto transaction, fixture_->begin());
    SR_TRY(target, checked(std::move(target)));
    SR_CHECK_OK(targets_.save(*transaction, std::move(target), {1'000}));
    SR_TRY([[maybe_unused]] const auto revision, transaction->commit());
    return {};
  }
  Result<Target> find(const std::string& id) {
    SR_TRY(const auto reader, fixture_->reader());
    return targets_.find(*reader, kAccount, id);
  }

  test::SealedStoreFixture fixture_;
  SystemRandom random_;
  Targets targets_{random_};
};

TEST_F(TargetsTest, AreKeptWithTheirCredential) {
  ASSERT_TRUE(save(target_of("rm-orders")).has_value());
  const auto found = find("rm-orders");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->where.address, "db.internal:3306");
  EXPECT_EQ(found->admin.account, "rotator");
  EXPECT_EQ(test::reveal(found->admin.secret), "admin-password");
  EXPECT_EQ(found->options, (connector::Options{{"database", "app"}}));
  EXPECT_EQ(find("rm-other").error().code(), "EntityNotExist.Target");
  Targets again(random_);
  ASSERT_TRUE(fixture_->visit_all(again.index_visits()));
  EXPECT_TRUE(again.index().contains(kAccount, "rm-orders"));
}

TEST_F(TargetsTest, ReplacingKeepsTheIdentity) {
  ASSERT_TRUE(save(target_of("rm-a")).has_value());
  const Uuid uuid = find("rm-a")->uuid;
  Target changed = target_of("rm-a");
  changed.admin.secret = test::secret("another");
  ASSERT_TRUE(save(std::move(changed)).has_value());
  EXPECT_EQ(find("rm-a")->uuid, uuid);
  EXPECT_EQ(test::reveal(find("rm-a")->admin.secret), "another");
  auto transaction = fixture_->begin().value();
  ASSERT_TRUE(targets_.remove(*transaction, kAccount, "rm-a").has_value());
  ASSERT_TRUE(transaction->commit().has_value());
  EXPECT_FALSE(find("rm-a").has_value());
  EXPECT_EQ(targets_.index().count(kAccount), 0U);
}

TEST_F(TargetsTest, OfAnotherAccountAreNotSeen) {
  ASSERT_TRUE(save(target_of("rm-a")).has_value());
  const auto reader = fixture_->reader().value();
  EXPECT_EQ(targets_.find(*reader, AccountId(2), "rm-a").error().code(), "EntityNotExist.Target");
}

TEST_F(TargetsTest, WhatIsWrongIsNamed) {
  const auto wrong = [](Target target) { return checked(std::move(target)).error().message(); };
  using testing::HasSubstr;
  EXPECT_THAT(wrong(target_of("no spaces")), HasSubstr("\"TargetId\""));
  EXPECT_THAT(wrong(target_of("x", connector::Kind::kTest)), HasSubstr("\"Kind\""));
  EXPECT_THAT(wrong(target_of("x", connector::Kind::kSsh)), HasSubstr("\"HostKeys\""));
  Target target = target_of("x");
  target.where.address = "http://db/";
  EXPECT_THAT(wrong(std::move(target)), HasSubstr("\"Address\""));
  target = target_of("x");
  target.where.tls = "maybe";
  EXPECT_THAT(wrong(std::move(target)), HasSubstr("\"Tls\""));
  target = target_of("x");
  target.where.tls_roots = "not pem";
  EXPECT_THAT(wrong(std::move(target)), HasSubstr("\"TlsRoots\""));
  target = target_of("x");
  target.admin = {};
  EXPECT_THAT(wrong(std::move(target)), HasSubstr("\"AdminAccount\""));
  target = target_of("x");
  target.where.tls_roots =
      "-----BEGIN CERTIFICATE-----" + std::string(limits::kTargetFieldBytesMax, 'x');
  EXPECT_THAT(wrong(std::move(target)), HasSubstr("too long"));
}

}  // namespace
}  // namespace strongroom::targets
