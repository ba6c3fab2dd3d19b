#include "strongroom/rotation/advice.h"

#include <gtest/gtest.h>

namespace strongroom::rotation {
namespace {

TEST(Advice, WhatFailedIsFollowedByWhatToDo) {
  const std::string once = advised("AdminRefused", "Access denied for user 'a'\n");
  EXPECT_TRUE(once.starts_with("Access denied for user 'a'. Register the target again")) << once;
  EXPECT_EQ(advised("AdminRefused", once), once) << "said once";
  EXPECT_TRUE(advised("AccountMissing", "It is gone.").starts_with("It is gone. Make"));
}

TEST(Advice, AnUnknownCodeKeepsItsMessage) {
  EXPECT_EQ(advised("StatementFailed", "ERROR 1234"), "ERROR 1234");
  EXPECT_EQ(advised("", ""), "");
}

}  // namespace
}  // namespace strongroom::rotation
