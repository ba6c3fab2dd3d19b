#include <gmock/gmock.h>

#include <ranges>

#include "service_fixture.h"
#include "statements.h"

namespace strongroom::service {
namespace {

class TagHandlers : public ServiceFixture {
 protected:
  std::string tags_of(const std::string& type, const std::string& id) {
    return text_at(call("ListTagResources", {{"ResourceType", type}, {"ResourceId.1", id}}).json,
                   "/TagResources/TagResource");
  }

  /// The records of mutations, in any order.
  std::vector<std::string> recorded() {
    const auto rows = fixture_->due(barrier::TimeTable::kAuditPending, fixture_.clock().now(), 100);
    EXPECT_TRUE(rows);
    std::vector<std::string> out;
    for (const barrier::TimedRow& row : *rows) {
      for (const auto leaf : std::views::split(as_chars(row.record->body()), '\n'))
        out.emplace_back(std::string_view(leaf));
    }
    return out;
  }
};

TEST_F(TagHandlers, OneResourceByTheOlderActions) {
  const std::string key = create_key();
  ASSERT_TRUE(create("s").ok());
  const std::string tags = R"([{"TagKey":"env","TagValue":"dev"}])";
  EXPECT_TRUE(call("TagResource", {{"KeyId", key}, {"Tags", tags}}).ok());
  EXPECT_TRUE(call("TagResource", {{"SecretName", "s"}, {"Tags", tags}}).ok());
  EXPECT_EQ(call("ListResourceTags", {{"KeyId", key}}).json,
            R"({"Tags":{"Tag":[{"KeyId":")" + key + R"(","TagKey":"env","TagValue":"dev"}]}})");
  EXPECT_EQ(tags_of("secret", "s"),
            R"([{"ResourceId":"s","ResourceType":"secret","TagKey":"env","TagValue":"dev"}])");
  EXPECT_TRUE(
      call("UntagResource", {{"SecretName", "s"}, {"TagKeys", R"(["env","unknown"])"}}).ok());
  EXPECT_EQ(tags_of("secret", "s"), "[]");
  EXPECT_EQ(call("TagResource", {{"SecretName", "s"}, {"KeyId", key}, {"Tags", tags}}).code,
            "InvalidParameter");
  EXPECT_EQ(call("TagResource", {{"Tags", tags}}).code, "InvalidParameter");
  EXPECT_EQ(call("TagResource", {{"SecretName", "none"}, {"Tags", tags}}).code,
            "Forbidden.ResourceNotFound");
  EXPECT_EQ(
      call("TagResource", {{"SecretName", "s"}, {"Tags", R"([{"TagKey":"acs:a","TagValue":"v"}])"}})
          .code,
      "InvalidParameter");
}

TEST_F(TagHandlers, ManyResourcesAllOrNothing) {
  ASSERT_TRUE(create("a").ok());
  ASSERT_TRUE(create("b").ok());
  Params params{{"ResourceType", "secret"}, {"ResourceId.1", "a"},  {"ResourceId.2", "b"},
                {"Tag.1.Key", "env"},       {"Tag.1.Value", "dev"}, {"Tag.2.Key", "team"},
                {"Tag.2.Value", "red"}};
  EXPECT_TRUE(call("TagResources", params).ok());
  const Answer all = call("ListTagResources", {{"ResourceType", "secret"}});
  EXPECT_EQ(text_at(all.json, "/TagResources/TagResource/3/TagValue"), "red");
  EXPECT_EQ(text_at(all.json, "/NextToken"), "");
  params["ResourceId.2"] = "none";
  params["Tag.1.Value"] = "prod";
  EXPECT_EQ(call("TagResources", params).code, "InvalidResourceId.NotFound");
  EXPECT_NE(tags_of("secret", "a").find("dev"), std::string::npos);  // nothing of it was written
  const Answer red =
      call("ListTagResources",
           {{"ResourceType", "secret"}, {"Tag.1.Key", "team"}, {"Tag.1.Value", "blue"}});
  EXPECT_EQ(text_at(red.json, "/TagResources"), R"({"TagResource":[]})");
  EXPECT_TRUE(
      call(
          "UntagResources",
          {{"ResourceType", "secret"}, {"ResourceId.1", "a"}, {"TagKey.1", "env"}, {"All", "true"}})
          .ok());
  EXPECT_NE(tags_of("secret", "a").find("team"), std::string::npos);
  EXPECT_TRUE(
      call("UntagResources", {{"ResourceType", "secret"}, {"ResourceId.1", "a"}, {"All", "true"}})
          .ok());
  EXPECT_EQ(tags_of("secret", "a"), "[]");
  EXPECT_EQ(call("UntagResources", {{"ResourceType", "secret"}, {"ResourceId.1", "a"}}).code,
            "InvalidParameter");
  EXPECT_EQ(call("ListTagResources", {{"ResourceType", "cloud"}}).code, "InvalidParameter");
}

// The second key was meant: neither is it ignored, nor does All remove what it did not name.
TEST_F(TagHandlers, AGapChangesNothing) {
  const Params tags{{"Tags", R"([{"TagKey":"a","TagValue":"x"},{"TagKey":"b","TagValue":"y"}])"}};
  ASSERT_TRUE(create("s", "one", tags).ok());
  const std::string before = tags_of("secret", "s");
  const Params base{{"ResourceType", "secret"}, {"ResourceId.1", "s"}};
  const auto refused = [&](const char* action, Params params) {
    params.insert(base.begin(), base.end());
    EXPECT_EQ(call(action, params).code, "InvalidParameter") << action;
  };
  refused("UntagResources", {{"All", "true"}, {"TagKey.2", "a"}});
  refused("UntagResources", {{"TagKey.1", "a"}, {"TagKey.3", "b"}});
  refused("UntagResources", {{"TagKey.1", "a"}, {"ResourceId.3", "t"}});
  refused("TagResources", {{"Tag.1.Key", "c"}, {"Tag.1.Value", "z"}, {"Tag.3.Key", "d"}});
  refused("ListTagResources", {{"Tag.1.Value", "x"}});
  EXPECT_EQ(tags_of("secret", "s"), before);
}

TEST_F(TagHandlers, EachOfManyResourcesIsRecorded) {
  ASSERT_TRUE(create("a").ok());
  ASSERT_TRUE(create("b").ok());
  const std::size_t before = recorded().size();
  Params params{{"ResourceType", "secret"},
                {"ResourceId.1", "b"},
                {"ResourceId.2", "a"},
                {"Tag.1.Key", "env"},
                {"Tag.1.Value", "dev"}};
  const Answer tagged = call("TagResources", params);
  ASSERT_TRUE(tagged.ok());
  EXPECT_EQ(tagged.facts.resource, secrets_.arn(kAccount, "b"));
  std::vector<std::string> rows = recorded();
  ASSERT_EQ(rows.size(), before + 2);
  for (const char* name : {"a", "b"}) {
    EXPECT_THAT(rows, testing::Contains(testing::AllOf(
                          testing::HasSubstr(R"("action":"TagResources")"),
                          testing::HasSubstr("\"" + secrets_.arn(kAccount, name) + "\""),
                          testing::HasSubstr(R"("decision":"allow")"))));
  }
  const Answer listed = call("ListTagResources", params);
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed.facts.resource, secrets_.arn(kAccount, "a"));
  ASSERT_EQ(listed.entries.size(), 1U);
  EXPECT_EQ(listed.entries.front().facts.resource, secrets_.arn(kAccount, "b"));

  // Nothing is done to the first when the second is refused: one record, of the refused one.
  const auto half = user({"kms:TagResources"}, {secrets_.arn(kAccount, "b")});
  const Answer refused = call_as(half, "TagResources", params);
  EXPECT_EQ(refused.code, "Forbidden.NoPermission");
  EXPECT_EQ(refused.facts.resource, secrets_.arn(kAccount, "a"));
  EXPECT_EQ(refused.facts.decision, "implicit-deny");
  EXPECT_TRUE(refused.entries.empty());
  EXPECT_EQ(recorded().size(), before + 2);
}

TEST_F(TagHandlers, FiftyResourcesFitInOneCall) {
  Params params{{"ResourceType", "secret"}, {"Tag.1.Key", "env"}, {"Tag.1.Value", "dev"}};
  for (int i = 1; i <= 50; ++i) {
    ASSERT_TRUE(create("s" + std::to_string(i)).ok());
    params["ResourceId." + std::to_string(i)] = "s" + std::to_string(i);
  }
  const Answer tagged = call("TagResources", params);
  EXPECT_TRUE(tagged.ok()) << tagged.code << " " << tagged.message;
}

TEST_F(TagHandlers, PagesOfTwoHundredRowsBreakBetweenResources) {
  std::string tags = "[";
  for (int i = 0; i < 20; ++i) {
    tags += (i > 0 ? "," : "") + std::string(R"({"TagKey":"k)") + std::to_string(i) +
            R"(","TagValue":"v"})";
  }
  for (int i = 10; i < 23; ++i)
    ASSERT_TRUE(create("s" + std::to_string(i), "x", {{"Tags", tags + "]"}}).ok());
  const Answer first = call("ListTagResources", {{"ResourceType", "secret"}});
  const std::string next = text_at(first.json, "/NextToken");
  EXPECT_EQ(text_at(first.json, "/TagResources/TagResource/199/ResourceId"), "s19");
  EXPECT_EQ(text_at(first.json, "/TagResources/TagResource/200"), "<absent>");
  ASSERT_NE(next, "");
  const Answer second = call("ListTagResources", {{"ResourceType", "secret"}, {"NextToken", next}});
  EXPECT_EQ(text_at(second.json, "/TagResources/TagResource/0/ResourceId"), "s20");
  EXPECT_EQ(text_at(second.json, "/TagResources/TagResource/59/ResourceId"), "s22");
  EXPECT_EQ(text_at(second.json, "/NextToken"), "");
  EXPECT_EQ(call("ListTagResources", {{"ResourceType", "secret"}, {"NextToken", "*"}}).code,
            "InvalidParameter");
}

TEST_F(TagHandlers, EachResourceIsJudgedByItself) {
  ASSERT_TRUE(create("a").ok());
  ASSERT_TRUE(create("b").ok());
  const auto bob = user({"kms:TagResources"}, {secrets_.arn(kAccount, "a")});
  Params params{
      {"ResourceType", "secret"}, {"ResourceId.1", "a"}, {"Tag.1.Key", "k"}, {"Tag.1.Value", "v"}};
  EXPECT_TRUE(call_as(bob, "TagResources", params).ok());
  params["ResourceId.2"] = "b";
  EXPECT_EQ(call_as(bob, "TagResources", params).code, "Forbidden.NoPermission");
  params["ResourceId.2"] = "none";
  EXPECT_EQ(call_as(bob, "TagResources", params).code, "Forbidden.NoPermission");
}

// A user who may set no other team than red, and must set one.
constexpr const char* kRedOnly =
    R"({"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":
        {"StringEquals":{"acs:RequestTag/team":"red"}}},
       {"Effect":"Allow","Action":["kms:GenerateDataKey","kms:GetSecretValue"],"Resource":"*"})";

TEST_F(TagHandlers, PoliciesSeeWhatARequestWouldSet) {
  const identity::Principal red = with_statements(user({}), kRedOnly);
  const auto tagged = [](const char* key, const char* value) {
    return R"([{"TagKey":")" + std::string(key) + R"(","TagValue":")" + value + R"("}])";
  };
  const auto make = [&](const char* name, const std::string& tags) {
    return call_as(red, "CreateSecret",
                   {{"SecretName", name}, {"VersionId", "v1"}, {"SecretData", "x"}, {"Tags", tags}})
        .code;
  };
  EXPECT_EQ(make("a", ""), "Forbidden.NoPermission");
  EXPECT_EQ(make("a", tagged("team", "blue")), "Forbidden.NoPermission");
  EXPECT_EQ(make("a", "no JSON"), "Forbidden.NoPermission");
  EXPECT_EQ(make("a", tagged("Team", "red")), "");
  EXPECT_EQ(call_as(red, "CreateKey", {{"Tags", tagged("team", "blue")}}).code,
            "Forbidden.NoPermission");
  EXPECT_EQ(call_as(red, "CreateKey", {{"Tags", tagged("team", "red")}}).code, "");
  EXPECT_EQ(
      call_as(red, "TagResource", {{"SecretName", "a"}, {"Tags", tagged("team", "red")}}).code, "");
  Params many{{"ResourceType", "secret"}, {"ResourceId.1", "a"}, {"Tag.1.Key", "team"}};
  many["Tag.1.Value"] = "blue";
  EXPECT_EQ(call_as(red, "TagResources", many).code, "Forbidden.NoPermission");
  many["Tag.1.Value"] = "red";
  EXPECT_EQ(call_as(red, "TagResources", many).code, "");
}

TEST_F(TagHandlers, ATagThatIsNotSetHelpsNobody) {
  const identity::Principal red = with_statements(user({}), kRedOnly);
  ASSERT_TRUE(create("a").ok());
  const std::string tags = R"([{"TagKey":"team","TagValue":"red"}])";
  // Neither an action that sets no tags nor the parameters of another action count.
  EXPECT_EQ(call_as(red, "DeleteSecret", {{"SecretName", "a"}, {"Tags", tags}}).code,
            "Forbidden.NoPermission");
  EXPECT_EQ(call_as(red, "TagResource",
                    {{"SecretName", "a"},
                     {"Tags", R"([{"TagKey":"x","TagValue":"y"}])"},
                     {"Tag.1.Key", "team"},
                     {"Tag.1.Value", "red"}})
                .code,
            "Forbidden.NoPermission");
  // Two spellings of one key: the second would become a team of its own.
  const Answer twice = call_as(
      red, "TagResource",
      {{"SecretName", "a"},
       {"Tags", R"([{"TagKey":"team","TagValue":"red"},{"TagKey":"TEAM","TagValue":"blue"}])"}});
  EXPECT_EQ(twice.code, "InvalidParameter");
  EXPECT_THAT(twice.message, ::testing::HasSubstr("differ in case alone"));
  EXPECT_EQ(tags_of("secret", "a"), "[]");
}

TEST_F(TagHandlers, InstancesAsTerraformAsks) {
  const Answer made = run(root(), *service_.find(kBss.version, "CreateInstance"),
                          {{"ProductCode", "kms"}}, nullptr);
  const std::string id = text_at(made.json, "/Data/InstanceId");
  const Params params{{"ResourceType", "instance"},
                      {"ResourceId.1", id},
                      {"Tag.1.Key", "env"},
                      {"Tag.1.Value", "dev"}};
  EXPECT_EQ(tags_of("instance", id), "[]");
  EXPECT_TRUE(call("TagResources", params).ok());
  const std::string row = R"([{"ResourceId":")" + id +
                          R"(","ResourceType":"instance","TagKey":"env","TagValue":"dev"}])";
  EXPECT_EQ(tags_of("instance", id), row);
  EXPECT_EQ(text_at(call("ListTagResources", {{"ResourceType", "instance"}}).json,
                    "/TagResources/TagResource"),
            row);
  const auto bob = user({"kms:TagResources"}, {instances_.arn(kAccount, "kst-other")});
  EXPECT_EQ(call_as(bob, "TagResources", params).code, "Forbidden.NoPermission");
  EXPECT_TRUE(call("UntagResources",
                   {{"ResourceType", "instance"}, {"ResourceId.1", id}, {"TagKey.1", "env"}})
                  .ok());
  EXPECT_EQ(tags_of("instance", id), "[]");
  EXPECT_EQ(call("TagResources", {{"ResourceType", "instance"},
                                  {"ResourceId.1", "kst-none"},
                                  {"Tag.1.Key", "env"},
                                  {"Tag.1.Value", "dev"}})
                .code,
            "InvalidResourceId.NotFound");
}

}  // namespace
}  // namespace strongroom::service
