#include "strongroom/service/parameters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace strongroom::service {
namespace {

// Parameters over a list that the test writes in any order.
struct Given {
  explicit Given(std::vector<NameValue> list) : fields(std::move(list)), parameters({}) {
    std::sort(fields.begin(), fields.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    parameters = Parameters(fields);
  }
  Given(const Given&) = delete;
  std::vector<NameValue> fields;
  Parameters parameters;
};

template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "" : result.error().code();
}

TEST(Parameters, PresentAbsentAndEmptyAreTold) {
  const Given given({{"SecretName", "db/pass"}, {"Description", ""}});
  EXPECT_EQ(given.parameters.find("SecretName"), "db/pass");
  EXPECT_EQ(given.parameters.find("Description"), "");
  EXPECT_FALSE(given.parameters.find("Secret"));
  EXPECT_FALSE(given.parameters.find("SecretName2"));
  EXPECT_EQ(given.parameters.text("VersionStage", "ACSCurrent"), "ACSCurrent");
}

TEST(Parameters, RequiredNamesWhatIsMissing) {
  const Given given({{"Description", ""}, {"SecretName", "n"}});
  EXPECT_EQ(given.parameters.required("SecretName").value(), "n");
  for (const char* name : {"Description", "SecretData"}) {
    const auto value = given.parameters.required(name);
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().code(), "MissingParameter");
    EXPECT_EQ(value.error().message(),
              std::string("The parameter \"") + name + "\" is needed but not provided.");
  }
}

TEST(Parameters, BooleansInAnyCase) {
  const Given given({{"A", "true"},
                     {"B", "False"},
                     {"C", "TRUE"},
                     {"D", "1"},
                     {"E", ""},
                     {"F", "truee"},
                     {"G", "tru"}});
  EXPECT_EQ(given.parameters.boolean("A", false), true);
  EXPECT_EQ(given.parameters.boolean("B", true), false);
  EXPECT_EQ(given.parameters.boolean("C", false), true);
  EXPECT_EQ(given.parameters.boolean("E", true), true);
  EXPECT_EQ(given.parameters.boolean("None", true), true);
  for (const char* name : {"D", "F", "G"})
    EXPECT_EQ(code_of(given.parameters.boolean(name, false)), "InvalidParameter");
}

TEST(Parameters, AnEmptyTextIsAnAbsentOne) {
  const Given given({{"A", "a"}, {"B", ""}});
  EXPECT_EQ(given.parameters.text("A", "x"), "a");
  EXPECT_EQ(given.parameters.text("B", "x"), "x");
  EXPECT_EQ(given.parameters.text("None", "x"), "x");
  EXPECT_EQ(given.parameters.text("B"), "");
}

TEST(Parameters, IntegersWithinTheirRange) {
  const Given given({{"A", "7"},
                     {"B", "31"},
                     {"C", "seven"},
                     {"D", ""},
                     {"E", "7 "},
                     {"F", "+7"},
                     {"G", "-7"},
                     {"H", "99999999999999999999"},
                     {"I", "7.0"},
                     {"J", "0x7"}});
  EXPECT_EQ(given.parameters.integer("A", 30, 7, 30), 7);
  EXPECT_EQ(given.parameters.integer("D", 30, 7, 30), 30);
  EXPECT_EQ(given.parameters.integer("None", 30, 7, 30), 30);
  for (const char* name : {"B", "C", "E", "F", "G", "H", "I", "J"}) {
    EXPECT_EQ(code_of(given.parameters.integer(name, 30, 7, 30)), "InvalidParameter") << name;
  }
}

TEST(Parameters, ListsAreNumbered) {
  const Given given({{"TagKey.2", "b"}, {"TagKey.1", "a"}, {"TagKey.x", "d"}, {"TagKey", "x"}});
  EXPECT_EQ(given.parameters.list("TagKey", 20).value(), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(given.parameters.list("TagKey", 2)->size(), 2u);
  EXPECT_EQ(code_of(given.parameters.list("TagKey", 1)), "InvalidParameter");
  EXPECT_TRUE(given.parameters.list("ResourceId", 20)->empty());
}

// What stands behind a gap was meant: UntagResources without it would remove every tag.
TEST(Parameters, ListsHaveNoGaps) {
  for (const char* lost : {"TagKey.3", "TagKey.0", "TagKey.01", "TagKey.99999999999999999999"}) {
    const Given given(std::vector<NameValue>{{"TagKey.1", "a"}, {lost, "b"}});
    EXPECT_EQ(code_of(given.parameters.list("TagKey", 20)), "InvalidParameter") << lost;
  }
  const Given second(std::vector<NameValue>{{"TagKey.2", "b"}});
  EXPECT_EQ(code_of(second.parameters.list("TagKey", 20)), "InvalidParameter");
  for (const char* lost : {"Tag.3.Key", "Tag.3.Value", "Tag.2.Value", "Tag.0.Key"}) {
    const Given given(std::vector<NameValue>{{"Tag.1.Key", "k"}, {"Tag.1.Value", "v"}, {lost, ""}});
    EXPECT_EQ(code_of(given.parameters.pairs("Tag", 20)), "InvalidParameter") << lost;
  }
}

TEST(Parameters, ListsCountPastNine) {
  std::vector<NameValue> fields;
  std::vector<std::string> names;
  for (int i = 1; i <= 12; ++i) names.push_back("Id." + std::to_string(i));
  for (const auto& name : names) fields.push_back({name, name});
  const Given given(std::move(fields));
  const auto values = given.parameters.list("Id", 50);
  ASSERT_EQ(values->size(), 12u);
  EXPECT_EQ(values->at(9), "Id.10");
}

TEST(Parameters, PairsNeedAKey) {
  const Given given(
      {{"Tag.1.Key", "k"}, {"Tag.1.Value", "v"}, {"Tag.2.Key", "only"}, {"Tag.2.Scope", "x"}});
  EXPECT_EQ(given.parameters.pairs("Tag", 20).value(),
            (std::vector<NameValue>{{"k", "v"}, {"only", ""}}));
  EXPECT_EQ(code_of(given.parameters.pairs("Tag", 1)), "InvalidParameter");
}

TEST(Parameters, PagesHaveDefaultsAndBounds) {
  EXPECT_EQ(page_of(Given({}).parameters, 10)->size, 10);
  EXPECT_EQ(page_of(Given({}).parameters, 10)->offset(), 0);
  const auto page = page_of(Given({{"PageNumber", "3"}, {"PageSize", "101"}}).parameters, 10);
  EXPECT_EQ(page->offset(), 202);
  for (const char* size : {"0", "102", "-1"}) {
    EXPECT_EQ(code_of(page_of(Given(std::vector<NameValue>{{"PageSize", size}}).parameters, 10)),
              "InvalidParameter");
  }
  EXPECT_EQ(code_of(page_of(Given(std::vector<NameValue>{{"PageNumber", "0"}}).parameters, 10)),
            "InvalidParameter");
  EXPECT_EQ(
      page_of(Given({{"PageNumber", "2147483647"}, {"PageSize", "101"}}).parameters, 10)->offset(),
      2147483646LL * 101);
}

}  // namespace
}  // namespace strongroom::service
