// Who may not touch a resource learns nothing about it: for every action, an absent, a present and
// a tagged resource are refused with the same words.

#include <iterator>
#include <sstream>

#include "service_fixture.h"
#include "statements.h"

namespace strongroom::service {
namespace {

class AbsentForbidden : public ServiceFixture {
 protected:
  Params valid_for(const Operation& row, const std::string& name) {
    Params params{{std::string(row.resource_parameter), name},
                  {"Policy", "{}"},
                  {"Description", "d"},
                  {"PendingWindowInDays", "7"}};
    for (const std::string& needed : names_of(row)) params.insert({needed, "x"});
    return params;
  }
  /// Of the parameters that the row needs.
  static std::vector<std::string> names_of(const Operation& row) {
    std::istringstream words{std::string(row.required)};
    return {std::istream_iterator<std::string>(words), {}};
  }
  std::string refusal(const identity::Principal& who, const Operation& row, std::string name) {
    const Answer answer = call_as(who, std::string(row.name), valid_for(row, name));
    std::string text = answer.code + ": " + answer.message + " " + answer.detail;
    for (std::size_t at; (at = text.find(name)) != std::string::npos;)
      text.replace(at, name.size(), "N");
    return text;
  }
};

TEST_F(AbsentForbidden, EveryActionRefusesAlike) {
  ASSERT_TRUE(create("there", "one").ok());
  ASSERT_TRUE(create("tagged", "one", {{"Tags", R"([{"TagKey":"env","TagValue":"prod"}])"}}).ok());
  ASSERT_TRUE(create("gone", "one").ok());
  ASSERT_TRUE(call("DeleteSecret", {{"SecretName", "gone"}}).ok());
  const std::string key = create_key();
  const identity::Principal callers[] = {
      user({}),
      with_statements(user({}), R"({"Effect":"Deny","Action":"kms:*","Resource":"*","Condition":
                      {"StringEquals":{"kms:tag/env":"prod"}}})"),
      with_statements(user({}), R"({"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":
                      {"StringEquals":{"kms:tag/env":"other"}}})"),
  };
  std::size_t compared = 0;
  for (const Operation* row : service_.operations()) {
    if (row->api.prefix != "kms") continue;
    for (const identity::Principal& who : callers) {
      if (row->resource == ResourceKind::kSecret) {
        const std::string absent = refusal(who, *row, "none");
        EXPECT_TRUE(absent.starts_with("Forbidden.NoPermission")) << row->name << absent;
        for (const char* name : {"there", "tagged", "gone"})
          EXPECT_EQ(refusal(who, *row, name), absent) << row->name;
        ++compared;
      } else if (row->resource == ResourceKind::kKey) {
        EXPECT_EQ(refusal(who, *row, key), refusal(who, *row, "key-none")) << row->name;
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 60U);
}

// gateway.md §1.7: presence comes before RAM, whoever asks, and says nothing of the resource.
TEST_F(AbsentForbidden, WhatIsMissingIsToldFirst) {
  ASSERT_TRUE(create("there", "one").ok());
  std::size_t missed = 0;
  for (const Operation* row : service_.operations()) {
    for (const std::string& needed : names_of(*row)) {
      for (const char* name : {"there", "none"}) {
        Params params = valid_for(*row, name);
        params.erase(needed);
        for (const identity::Principal& who : {root(), user({})}) {
          const Answer absent = call_as(who, std::string(row->name), params);
          EXPECT_EQ(absent.code, "MissingParameter") << row->name << " " << needed;
          EXPECT_NE(absent.message.find('"' + needed + '"'), std::string::npos) << absent.message;
        }
        params[needed] = "";
        EXPECT_EQ(call_as(user({}), std::string(row->name), params).code, "MissingParameter")
            << row->name << " " << needed;
        ++missed;
      }
    }
  }
  EXPECT_GT(missed, 150U);
}

// What hides how much was looked at; the soak measures that it does.
TEST_F(AbsentForbidden, ARefusalIsHeldForAStep) {
  constexpr std::int64_t kStepNanos = 16'000;
  const identity::Principal nobody = user({});
  for (int i = 0; i < 5; ++i) {
    const std::int64_t before = monotonic_ns();
    EXPECT_EQ(call_as(nobody, "GetSecretValue", {{"SecretName", "none"}}).code,
              "Forbidden.NoPermission");
    EXPECT_GE(monotonic_ns() - before, kStepNanos);
  }
}

}  // namespace
}  // namespace strongroom::service
