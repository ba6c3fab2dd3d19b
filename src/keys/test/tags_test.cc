#include "strongroom/keys/tags.h"

#include <gtest/gtest.h>

namespace strongroom::keys {
namespace {

std::string code_of(const auto& result) {
  return result.has_value() ? "" : result.error().code();
}

TEST(Tags, AddReplaceRemove) {
  const std::vector<NameValue> two{{"env", "dev"}, {"team", "a b"}};
  auto tags = *with_tags({}, two);
  const std::vector<NameValue> replace{{"env", "prod"}};
  tags = *with_tags(std::move(tags), replace);
  EXPECT_EQ(tags, (std::vector<Tag>{{"env", "prod"}, {"team", "a b"}}));
  const std::vector<std::string_view> names{"env", "unknown"};
  EXPECT_EQ(without_tags(tags, names), (std::vector<Tag>{{"team", "a b"}}));
}

TEST(Tags, Refusals) {
  const auto one = [](std::string_view key, std::string_view value) {
    const std::vector<NameValue> tags{{key, value}};
    return code_of(check_tags(tags));
  };
  EXPECT_EQ(one("k", ""), "");
  EXPECT_EQ(one("", "v"), "InvalidParameter.TagKey");
  EXPECT_EQ(one("acs:x", "v"), "InvalidParameter.TagKey");
  EXPECT_EQ(one("aliyunX", "v"), "InvalidParameter.TagKey");
  EXPECT_EQ(one("a#b", "v"), "InvalidParameter.TagKey");
  EXPECT_EQ(one(std::string(129, 'k'), "v"), "InvalidParameter.TagKey");
  EXPECT_EQ(one("k", "<v>"), "InvalidParameter.TagValue");
  const std::vector<NameValue> twice{{"k", "1"}, {"k", "2"}};
  EXPECT_EQ(code_of(check_tags(twice)), "Duplicate.TagKey");
}

TEST(Tags, AtMostTwenty) {
  std::vector<std::string> names;
  for (int i = 0; i < 21; ++i) names.push_back("k" + std::to_string(i));
  std::vector<NameValue> tags;
  for (const auto& name : names) tags.push_back({name, "v"});
  EXPECT_TRUE(with_tags({}, std::span(tags).first(20)));
  EXPECT_EQ(code_of(with_tags({}, tags)), "Rejected.LimitExceeded");
}

}  // namespace
}  // namespace strongroom::keys
