#include "strongroom/base/name_index.h"

#include <gtest/gtest.h>

#include <random>

namespace strongroom {
namespace {

const AccountId kAccount{1000000000000001ULL};

TEST(NameIndex, MatchesASortedSetThroughRandomAddsAndRemoves) {
  std::mt19937_64 random(7);
  NameIndex index;
  index.finish_building();
  std::set<std::string> model;
  for (int step = 0; step < 20'000; ++step) {
    std::string name = "app/" + std::to_string(random() % 3'000);
    if (random() % 3 == 0) {
      index.remove(kAccount, name);
      model.erase(name);
    } else {
      index.add(kAccount, name);
      model.insert(name);
    }
    ASSERT_EQ(index.count(kAccount), model.size());
  }
  EXPECT_EQ(index.page(kAccount, 0, 10'000), std::vector<std::string>(model.begin(), model.end()));
  const std::vector<std::string> all(model.begin(), model.end());
  for (std::size_t offset = 0; offset < all.size(); offset += 97) {
    const auto page = index.page(kAccount, offset, 10);
    ASSERT_EQ(page.front(), all[offset]);
    const auto following = index.following(kAccount, all[offset], 5);
    const std::size_t left = all.size() - offset - 1;
    ASSERT_EQ(following.size(), std::min<std::size_t>(5, left));
    if (left > 0) {
      ASSERT_EQ(following.front(), all[offset + 1]);
    }
  }
  for (const auto& name : all) ASSERT_TRUE(index.contains(kAccount, name));
  EXPECT_FALSE(index.contains(kAccount, "app/none"));
}

TEST(NameIndex, EmptyAccountsAndEnds) {
  NameIndex index;
  EXPECT_TRUE(index.page(kAccount, 0, 10).empty());
  EXPECT_TRUE(index.following(kAccount, "", 10).empty());
  index.add(kAccount, "a");
  EXPECT_TRUE(index.page(kAccount, 1, 10).empty());
  index.remove(kAccount, "a");
  EXPECT_EQ(index.total(), 0U);
  EXPECT_FALSE(index.contains(kAccount, "a"));
}

TEST(NameIndex, TellsWhoHasAName) {
  NameIndex index;
  index.add(AccountId(1), "a");
  index.add(AccountId(2), "b");
  index.add(AccountId(3), "c");
  index.remove(AccountId(3), "c");
  EXPECT_EQ(index.owner("b"), AccountId(2));
  EXPECT_FALSE(index.owner("c"));
  EXPECT_FALSE(NameIndex().owner("a"));
}

TEST(NameIndex, ARemovalDuringTheBuildBeatsWhatTheBuildFindsLater) {
  NameIndex index;
  index.remove(kAccount, "gone");
  index.add_while_building(kAccount, "gone");
  EXPECT_FALSE(index.contains(kAccount, "gone"));
  index.add(kAccount, "gone");  // made again
  index.add_while_building(kAccount, "gone");
  EXPECT_EQ(index.count(kAccount), 1U);
  EXPECT_FALSE(index.ready());
  index.finish_building();
  EXPECT_TRUE(index.ready());
}

TEST(NameIndex, AccountsAreApart) {
  NameIndex index;
  index.add(kAccount, "a");
  index.add(AccountId{1000000000000002ULL}, "b");
  EXPECT_EQ(index.page(kAccount, 0, 10), (std::vector<std::string>{"a"}));
  EXPECT_EQ(index.total(), 2U);
}

}  // namespace
}  // namespace strongroom
