// GetStatus: the account on one screen.

#include <gmock/gmock.h>

#include "service_fixture.h"

namespace strongroom::service {
namespace {

class StatusHandlers : public ServiceFixture {
 protected:
  Answer status(const identity::Principal& who) {
    const Operation* row = service_.find(kStrongroom.version, "GetStatus");
    const auto reader = *fixture_->reader();
    return run(who, *row, {}, reader.get());
  }
};

TEST_F(StatusHandlers, AnEmptyAccountHasNothingToTell) {
  const Answer answer = status(root());
  ASSERT_TRUE(answer.ok()) << answer.message;
  EXPECT_EQ(text_at(answer.json, "/ExpiringCount"), "0");
  EXPECT_EQ(text_at(answer.json, "/UnrotatedCount"), "0");
  EXPECT_EQ(text_at(answer.json, "/OldVersionsCount"), "0");
  EXPECT_EQ(text_at(answer.json, "/Complete"), "true");
}

TEST_F(StatusHandlers, WhatEndsComesInItsOrder) {
  ASSERT_TRUE(create("later").ok());
  ASSERT_TRUE(call("DeleteSecret", {{"SecretName", "later"}, {"RecoveryWindowInDays", "30"}}).ok());
  const std::string key = create_key();
  ASSERT_TRUE(call("ScheduleKeyDeletion", {{"KeyId", key}, {"PendingWindowInDays", "7"}}).ok());
  const std::string far = create_key();
  ASSERT_TRUE(call("ScheduleKeyDeletion", {{"KeyId", far}, {"PendingWindowInDays", "366"}}).ok());
  const Answer answer = status(root());
  ASSERT_TRUE(answer.ok()) << answer.message;
  EXPECT_EQ(text_at(answer.json, "/ExpiringCount"), "2");
  EXPECT_EQ(text_at(answer.json, "/Expiring/0/Name"), key);
  EXPECT_EQ(text_at(answer.json, "/Expiring/1/Kind"), "secret");
  EXPECT_EQ(text_at(answer.json, "/Expiring/1/Name"), "later");
}

TEST_F(StatusHandlers, AKeyWhoseRotationIsLateIsNamed) {
  const Answer made =
      call("CreateKey", {{"EnableAutomaticRotation", "true"}, {"RotationInterval", "7d"}});
  ASSERT_TRUE(made.ok()) << made.message;
  EXPECT_EQ(text_at(status(root()).json, "/UnrotatedCount"), "0");
  fixture_.clock().advance_ms(8 * kMillisPerDay);
  const Answer answer = status(root());
  EXPECT_EQ(text_at(answer.json, "/Unrotated/0/Name"), text_at(made.json, "/KeyMetadata/KeyId"));
  EXPECT_EQ(text_at(answer.json, "/Unrotated/0/State"), "overdue");
}

TEST_F(StatusHandlers, OnlyForThoseWhomAPolicyGivesIt) {
  EXPECT_EQ(status(user({"kms:*"})).code, "NoPermission");
  EXPECT_TRUE(status(user({"strongroom:GetStatus"})).ok());
}

}  // namespace
}  // namespace strongroom::service
