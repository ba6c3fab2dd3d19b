#include "strongroom/store/validate.h"

#include <gtest/gtest.h>

namespace strongroom::store {
namespace {

Change puts(std::size_t count, std::size_t record_bytes) {
  Change change;
  for (std::size_t i = 0; i < count; ++i) {
    change.writes.push_back({"key" + std::to_string(i), std::string(record_bytes, 'r')});
  }
  return change;
}

TEST(ValidateChange, AcceptsEveryLimitItself) {
  EXPECT_TRUE(validate_change({}).has_value());
  EXPECT_TRUE(validate_change(puts(limits::kCommitOperationsMax, 1)).has_value());
  EXPECT_TRUE(validate_change(puts(1, limits::kRecordBytesMax)).has_value());
  EXPECT_TRUE(validate_key(std::string(limits::kKeyBytesMax, 'k')).has_value());
}

TEST(ValidateChange, RefusesOneMoreThanEachLimit) {
  Change too_many = puts(limits::kCommitOperationsMax, 1);
  too_many.preconditions.push_back({"other", std::nullopt});
  EXPECT_EQ(validate_change(too_many).error().kind(), ErrorKind::kInvalidInput);
  EXPECT_FALSE(validate_change(puts(1, limits::kRecordBytesMax + 1)).has_value());
  EXPECT_FALSE(validate_change(puts(1, 0)).has_value());
  EXPECT_FALSE(validate_change(puts(2, limits::kCommitBytesMax / 2)).has_value());
  EXPECT_FALSE(validate_key("").has_value());
  EXPECT_FALSE(validate_key(std::string(limits::kKeyBytesMax + 1, 'k')).has_value());
  EXPECT_FALSE(validate_change({.preconditions = {{"", std::nullopt}}, .writes = {}}).has_value());
}

TEST(ValidateChange, RefusesAKeyTwiceInOneListOnly) {
  Change change = {.preconditions = {{"a", std::nullopt}}, .writes = {{"a", "1"}}};
  EXPECT_TRUE(validate_change(change).has_value());
  change.writes.push_back({"a", std::nullopt});
  EXPECT_FALSE(validate_change(change).has_value());
  change.writes.pop_back();
  change.preconditions.push_back({"a", Revision{3}});
  EXPECT_FALSE(validate_change(change).has_value());
}

}  // namespace
}  // namespace strongroom::store
