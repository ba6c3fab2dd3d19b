#include "service_fixture.h"
#include "strongroom/base/limits.h"

namespace strongroom::service {
namespace {

class SecretHandlers : public ServiceFixture {};

TEST_F(SecretHandlers, CreateThenReadThenPut) {
  const Answer created = create("app/db", "hunter2");
  EXPECT_EQ(created.json,
            R"({"Arn":"acs:kms:cn-hangzhou:1000000000000001:secret/app/db","SecretName":"app/db",)"
            R"("SecretType":"Generic","VersionId":"v1"})");
  const Answer value = call("GetSecretValue", {{"SecretName", "app/db"}});
  EXPECT_EQ(
      value.json,
      R"({"SecretName":"app/db","VersionId":"v1","SecretData":"hunter2","SecretDataType":"text",)"
      R"("SecretType":"Generic","VersionStages":{"VersionStage":["ACSCurrent"]},"CreateTime":")" +
          format_utc(fixture_.clock().now()) + R"("})");
  EXPECT_EQ(value.facts.version_id, "v1");
  EXPECT_NE(value.facts.key_id, "");
  const Answer put =
      call("PutSecretValue", {{"SecretName", "acs:kms:cn-hangzhou:1000000000000001:secret/app/db"},
                              {"VersionId", "v2"},
                              {"SecretData", "next"},
                              {"SecretDataType", "binary"},
                              {"VersionStages", R"(["ACSCurrent","blue"])"}});
  EXPECT_EQ(
      put.json,
      R"({"SecretName":"app/db","VersionId":"v2","VersionStages":{"VersionStage":["ACSCurrent","blue"]}})");
  const Answer previous =
      call("GetSecretValue", {{"SecretName", "app/db"}, {"VersionStage", "ACSPrevious"}});
  EXPECT_EQ(text_at(previous.json, "/SecretData"), "hunter2");
  const Answer blue = call(
      "GetSecretValue", {{"SecretName", "app/db"}, {"VersionStage", "blue"}, {"VersionId", "v2"}});
  EXPECT_EQ(text_at(blue.json, "/SecretDataType"), "binary");
}

TEST_F(SecretHandlers, CreateRefusesWhatTheReferenceRefuses) {
  ASSERT_TRUE(create("taken").ok());
  EXPECT_EQ(create("taken").code, "Rejected.ResourceExist");
  EXPECT_EQ(call("CreateSecret", {{"SecretName", "n"}, {"SecretData", "x"}}).code,
            "MissingParameter");
  EXPECT_EQ(create("n", "").code, "MissingParameter");
  EXPECT_EQ(create("n n").code, "InvalidParameter");
  EXPECT_EQ(create("acs/n").code, "InvalidParameter");
  EXPECT_EQ(create("n", std::string(limits::kSecretDataBytesMax + 1, 'x')).code,
            "InvalidParameter");
  EXPECT_TRUE(create("n", std::string(limits::kSecretDataBytesMax, 'x')).ok());
  EXPECT_EQ(create("m", "\xff").code, "InvalidParameter");
  EXPECT_EQ(create("m", "x", {{"SecretDataType", "xml"}}).code, "InvalidParameter");
  EXPECT_EQ(create("m", "x", {{"SecretType", "Rds"}}).code, "MissingParameter");
  EXPECT_EQ(create("m", "x", {{"SecretType", "Other"}}).code, "InvalidParameter");
  EXPECT_EQ(create("m", "x", {{"DKMSInstanceId", "kst-1"}}).code, "Forbidden.DKMSInstanceNotFound");
  EXPECT_EQ(create("m", "x", {{"Policy", "{}"}}).code, "Forbidden.KeyPolicyUnSupported");
  EXPECT_EQ(create("m", "x", {{"EncryptionKeyId", "none"}}).code, "Forbidden.ResourceNotFound");
  EXPECT_EQ(create("m", "x", {{"Tags", "nonsense"}}).code, "InvalidParameter");
  EXPECT_EQ(create("m", "x", {{"EnableAutomaticRotation", "maybe"}}).code, "InvalidParameter");
  EXPECT_EQ(call("DescribeSecret", {{"SecretName", "m"}}).code, "Forbidden.ResourceNotFound");
}

TEST_F(SecretHandlers, DescribeTellsTheKeyThatWasNamed) {
  const auto key_of = [this](const std::string& name) {
    return text_at(call("DescribeSecret", {{"SecretName", name}}).json, "/EncryptionKeyId");
  };
  ASSERT_TRUE(create("unnamed").ok());
  EXPECT_EQ(key_of("unnamed"), "<absent>");
  const std::string filters = R"([{"Key":"CreatorType","Values":["Service"]}])";
  const std::string own =
      text_at(call("ListKeys", {{"Filters", filters}}).json, "/Keys/Key/0/KeyId");
  ASSERT_TRUE(create("named", "x", {{"EncryptionKeyId", own}}).ok());
  EXPECT_EQ(key_of("named"), own);
}

TEST_F(SecretHandlers, NotFoundKeepsTheTextThatClientsLookFor) {
  const Answer answer = call("GetSecretValue", {{"SecretName", "none"}});
  EXPECT_EQ(answer.code, "Forbidden.ResourceNotFound");
  EXPECT_TRUE(answer.message.starts_with("Resource not found")) << answer.message;
  EXPECT_EQ(call("GetSecretValue", {}).code, "MissingParameter");
  const std::string elsewhere = "acs:kms:cn-beijing:1000000000000001:secret/x";
  EXPECT_EQ(call("GetSecretValue", {{"SecretName", elsewhere}}).code, "Forbidden.ResourceNotFound");
  const std::string stranger = "acs:kms:cn-hangzhou:1000000000000009:secret/x";
  EXPECT_EQ(call("GetSecretValue", {{"SecretName", stranger}}).code, "Forbidden.NoPermission");
}

TEST_F(SecretHandlers, PutFollowsItsDecisionTable) {
  ASSERT_TRUE(create("s").ok());
  const auto put = [this](const std::string& id, const std::string& data,
                          const std::string& stages = "") {
    Params params{{"SecretName", "s"}, {"VersionId", id}, {"SecretData", data}};
    if (!stages.empty()) params["VersionStages"] = stages;
    return call("PutSecretValue", params);
  };
  EXPECT_TRUE(put("v1", "one", R"(["ACSCurrent"])").ok());  // as Terraform does after each create
  EXPECT_EQ(put("v1", "two").code, "Rejected.ResourceExist");
  EXPECT_EQ(put("v2", "two", R"({"VersionStage":["pending"]})").json,
            R"({"SecretName":"s","VersionId":"v2","VersionStages":{"VersionStage":["pending"]}})");
  EXPECT_EQ(text_at(call("GetSecretValue", {{"SecretName", "s"}}).json, "/VersionId"), "v1");
  EXPECT_EQ(put("v3", "x", "ACSCurrent").code, "InvalidParameter");
  EXPECT_EQ(put("v3", "x", "[]").code, "InvalidParameter");
  EXPECT_EQ(put("v3", "x", R"(["a","b","c","d","e","f","g"])").code, "Rejected.LimitExceeded");
}

TEST_F(SecretHandlers, StagesMove) {
  ASSERT_TRUE(create("s").ok());
  ASSERT_TRUE(
      call("PutSecretValue", {{"SecretName", "s"}, {"VersionId", "v2"}, {"SecretData", "two"}})
          .ok());
  const Answer moved =
      call("UpdateSecretVersionStage",
           {{"SecretName", "s"}, {"VersionStage", "ACSCurrent"}, {"MoveToVersion", "v1"}});
  EXPECT_EQ(moved.json, R"({"SecretName":"s"})");
  EXPECT_EQ(text_at(call("GetSecretValue", {{"SecretName", "s"}}).json, "/SecretData"), "one");
  EXPECT_EQ(call("UpdateSecretVersionStage", {{"SecretName", "s"}, {"VersionStage", "x"}}).code,
            "InvalidParameter");
  EXPECT_EQ(call("UpdateSecretVersionStage", {{"SecretName", "s"}}).code, "MissingParameter");
}

TEST_F(SecretHandlers, VersionsAreListedNewestFirstAndUnlabelledOnesOnRequest) {
  ASSERT_TRUE(create("s").ok());
  for (const std::string id : {"v2", "v3"}) {
    ASSERT_TRUE(
        call("PutSecretValue", {{"SecretName", "s"}, {"VersionId", id}, {"SecretData", id}}).ok());
  }
  const Answer labelled = call("ListSecretVersionIds", {{"SecretName", "s"}});
  EXPECT_EQ(text_at(labelled.json, "/VersionIds/VersionId/0/VersionId"), "v3");
  EXPECT_EQ(text_at(labelled.json, "/VersionIds/VersionId/1/VersionStages/VersionStage/0"),
            "ACSPrevious");
  EXPECT_EQ(text_at(labelled.json, "/TotalCount"), "2");
  EXPECT_EQ(text_at(labelled.json, "/PageSize"), "20");
  const Answer all = call(
      "ListSecretVersionIds",
      {{"SecretName", "s"}, {"IncludeDeprecated", "true"}, {"PageSize", "1"}, {"PageNumber", "3"}});
  EXPECT_EQ(text_at(all.json, "/VersionIds/VersionId/0/VersionId"), "v1");
  EXPECT_EQ(text_at(all.json, "/VersionIds/VersionId/0/VersionStages"), R"({"VersionStage":[]})");
  EXPECT_EQ(text_at(all.json, "/TotalCount"), "3");
}

TEST_F(SecretHandlers, DescribeShowsWhatApplies) {
  ASSERT_TRUE(
      create("s", "x", {{"Description", "d"}, {"Tags", R"([{"TagKey":"env","TagValue":"dev"}])"}})
          .ok());
  const Answer plain = call("DescribeSecret", {{"SecretName", "s"}});
  EXPECT_EQ(text_at(plain.json, "/Description"), "d");
  EXPECT_EQ(text_at(plain.json, "/EncryptionKeyId"), "<absent>");
  EXPECT_EQ(text_at(plain.json, "/PlannedDeleteTime"), "<absent>");
  EXPECT_EQ(text_at(plain.json, "/Tags"), "<absent>");
  const Answer tagged = call("DescribeSecret", {{"SecretName", "s"}, {"FetchTags", "true"}});
  EXPECT_EQ(text_at(tagged.json, "/Tags"), R"({"Tag":[{"TagKey":"env","TagValue":"dev"}]})");
  const std::string key = create_key();
  ASSERT_TRUE(create("t", "x", {{"EncryptionKeyId", key}}).ok());
  EXPECT_EQ(text_at(call("DescribeSecret", {{"SecretName", "t"}}).json, "/EncryptionKeyId"), key);
  EXPECT_EQ(call("UpdateSecret", {{"SecretName", "s"}, {"Description", ""}}).json,
            R"({"SecretName":"s"})");
  EXPECT_EQ(text_at(call("DescribeSecret", {{"SecretName", "s"}}).json, "/Description"), "");
  EXPECT_EQ(call("UpdateSecret", {{"SecretName", "s"}}).code, "MissingParameter");
}

TEST_F(SecretHandlers, DeleteRestoreForceAndPurge) {
  ASSERT_TRUE(create("s").ok());
  EXPECT_EQ(call("RestoreSecret", {{"SecretName", "s"}}).code, "Rejected.ResourceInUse");
  EXPECT_EQ(call("DeleteSecret", {{"SecretName", "s"}, {"RecoveryWindowInDays", "6"}}).code,
            "InvalidParameter");
  const Answer planned = call("DeleteSecret", {{"SecretName", "s"}, {"RecoveryWindowInDays", "7"}});
  const Instant due{fixture_.clock().now().unix_ms + 7 * kMillisPerDay};
  EXPECT_EQ(text_at(planned.json, "/PlannedDeleteTime"), format_utc(due));
  EXPECT_EQ(text_at(call("DescribeSecret", {{"SecretName", "s"}}).json, "/PlannedDeleteTime"),
            format_utc(due));
  for (const std::string action :
       {"GetSecretValue", "UpdateSecret", "RotateSecret", "DeleteSecret"}) {
    EXPECT_EQ(call(action, {{"SecretName", "s"}, {"Description", "d"}, {"VersionId", "v2"}}).code,
              "Rejected.ResourceInDeleteWindow")
        << action;
  }
  EXPECT_EQ(create("s").code, "Rejected.ResourceInDeleteWindow");
  EXPECT_TRUE(call("RestoreSecret", {{"SecretName", "s"}}).ok());
  EXPECT_TRUE(call("GetSecretValue", {{"SecretName", "s"}}).ok());
  ASSERT_TRUE(call("DeleteSecret", {{"SecretName", "s"}}).ok());
  // Terraform sends both; force wins, also inside the window, and the name is free at once.
  EXPECT_TRUE(call("DeleteSecret", {{"SecretName", "s"},
                                    {"ForceDeleteWithoutRecovery", "true"},
                                    {"RecoveryWindowInDays", "30"}})
                  .ok());
  EXPECT_EQ(call("DescribeSecret", {{"SecretName", "s"}}).code, "Forbidden.ResourceNotFound");
  EXPECT_TRUE(create("s", "again").ok());
  EXPECT_EQ(text_at(call("GetSecretValue", {{"SecretName", "s"}}).json, "/SecretData"), "again");
}

TEST_F(SecretHandlers, ListsWithPagesFiltersAndTags) {
  ASSERT_TRUE(create("b", "x", {{"Tags", R"([{"TagKey":"env","TagValue":"dev"}])"}}).ok());
  ASSERT_TRUE(create("a").ok());
  ASSERT_TRUE(call("DeleteSecret", {{"SecretName", "a"}}).ok());
  const Answer all = call("ListSecrets", {{"FetchTags", "true"}});
  EXPECT_EQ(text_at(all.json, "/SecretList/Secret/0/SecretName"), "a");
  EXPECT_NE(text_at(all.json, "/SecretList/Secret/0/PlannedDeleteTime"), "<absent>");
  EXPECT_EQ(text_at(all.json, "/SecretList/Secret/1/Tags/Tag/0/TagValue"), "dev");
  EXPECT_EQ(text_at(all.json, "/PageSize"), "10");
  const Answer filtered = call(
      "ListSecrets",
      {{"Filters", R"([{"Key":"TagKey","Values":["env"]},{"Key":"SecretName","Values":["b"]}])"}});
  EXPECT_EQ(text_at(filtered.json, "/TotalCount"), "1");
  EXPECT_EQ(text_at(filtered.json, "/SecretList/Secret/0/Tags"), "<absent>");
  EXPECT_EQ(text_at(call("ListSecrets", {{"PageNumber", "2"}}).json, "/SecretList"),
            R"({"Secret":[]})");
  EXPECT_EQ(call("ListSecrets", {{"Filters", R"([{"Key":"Colour","Values":["red"]}])"}}).code,
            "InvalidParameter");
  EXPECT_EQ(call("ListSecrets", {{"Filters", R"([{"Key":"Colour","Values":[]}])"}}).code,
            "InvalidParameter");
  EXPECT_EQ(text_at(call("ListSecrets", {{"Filters", R"([{"Key":"TagKey","Values":[]}])"}}).json,
                    "/TotalCount"),
            "2");
  EXPECT_EQ(call("ListSecrets", {{"Filters", "{"}}).code, "InvalidParameter");
}

TEST_F(SecretHandlers, BatchAnswersEachSecretByItself) {
  ASSERT_TRUE(create("a", "one").ok());
  ASSERT_TRUE(create("b", "two").ok());
  const Answer batch =
      call("BatchGetSecretValue",
           {{"SecretsList",
             R"([{"SecretName":"a"},{"SecretName":"none"},{"SecretName":"b","VersionId":"v1"}])"}});
  EXPECT_EQ(text_at(batch.json, "/SecretValues/0/SecretData"), "one");
  EXPECT_EQ(text_at(batch.json, "/SecretValues/1/SecretData"), "two");
  EXPECT_NE(text_at(batch.json, "/SecretValues/1/RequestId"), "<absent>");
  EXPECT_EQ(text_at(batch.json, "/Errors/0/Code"), "Forbidden.ResourceNotFound");
  EXPECT_EQ(text_at(batch.json, "/Errors/0/HttpStatus"), "404");
  EXPECT_EQ(text_at(batch.json, "/Errors/0/SecretName"), "none");
  for (const char* flag : {"true", "\"True\"", "\"FALSE\"", "null", "\"\""}) {
    const std::string list =
        R"([{"SecretName":"a","FetchExtendedConfig":)" + std::string(flag) + "}]";
    EXPECT_TRUE(call("BatchGetSecretValue", {{"SecretsList", list}}).ok()) << flag;
  }
  EXPECT_EQ(call("BatchGetSecretValue",
                 {{"SecretsList", R"([{"SecretName":"a","FetchExtendedConfig":"1"}])"}})
                .code,
            "InvalidParameter");
  EXPECT_EQ(call("BatchGetSecretValue", {{"SecretsList", "[]"}}).code, "InvalidParameter");
  EXPECT_EQ(call("BatchGetSecretValue",
                 {{"SecretsList", R"([{"SecretName":"a","FetchExtendedConfig":"maybe"}])"}})
                .code,
            "InvalidParameter");
  EXPECT_EQ(
      call("BatchGetSecretValue", {{"SecretsList", R"([{"SecretName":"a"},{"SecretName":"a"}])"}})
          .code,
      "InvalidParameter");
}

TEST_F(SecretHandlers, EachSecretOfABatchIsRecordedByItself) {
  ASSERT_TRUE(create("a", "one").ok());
  ASSERT_TRUE(create("b", "two").ok());
  ASSERT_TRUE(create("c", "three").ok());
  const auto reader =
      user({"kms:GetSecretValue"}, {secrets_.arn(kAccount, "a"), secrets_.arn(kAccount, "b")});
  const Answer batch =
      call_as(reader, "BatchGetSecretValue",
              {{"SecretsList", R"([{"SecretName":"c"},{"SecretName":"b"},{"SecretName":"a"}])"}});
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch.facts.resource, "");
  EXPECT_EQ(batch.facts.decision, "none");
  ASSERT_EQ(batch.entries.size(), 3U);
  EXPECT_EQ(batch.entries[0].facts.resource, secrets_.arn(kAccount, "c"));
  EXPECT_EQ(batch.entries[0].facts.decision, "implicit-deny");
  EXPECT_EQ(batch.entries[0].facts.version_id, "");
  ASSERT_TRUE(batch.entries[0].error.has_value());
  EXPECT_EQ(batch.entries[0].error->code(), "Forbidden.NoPermission");
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    const EntryFacts& entry = batch.entries[i];
    EXPECT_EQ(entry.facts.resource, secrets_.arn(kAccount, i == 1 ? "b" : "a"));
    EXPECT_EQ(entry.facts.version_id, "v1");
    EXPECT_EQ(entry.facts.decision, "allow");
    EXPECT_FALSE(entry.error.has_value());
    EXPECT_EQ(entry.request_id,
              text_at(batch.json, "/SecretValues/" + std::to_string(i - 1) + "/RequestId"));
  }
}

TEST_F(SecretHandlers, TheRightOnACustomersKeyIsJudgedSecond) {
  const std::string key = create_key();
  const std::string key_arn = keys_.arn(kAccount, key);
  ASSERT_TRUE(create("own", "x", {{"EncryptionKeyId", key}}).ok());
  ASSERT_TRUE(create("plain", "x").ok());
  const auto reader = user({"kms:GetSecretValue"});
  EXPECT_TRUE(call_as(reader, "GetSecretValue", {{"SecretName", "plain"}})
                  .ok());  // the default key is no customer key
  const Answer denied = call_as(reader, "GetSecretValue", {{"SecretName", "own"}});
  EXPECT_EQ(denied.code, "Forbidden.NoPermission");
  EXPECT_NE(denied.message.find(key_arn), std::string::npos) << denied.message;
  EXPECT_TRUE(call_as(user({"kms:GetSecretValue", "kms:Decrypt"}), "GetSecretValue",
                      {{"SecretName", "own"}})
                  .ok());
  auto session = reader;
  session.session = true;  // STS on the shared gateway: GetSecretValue alone
  EXPECT_TRUE(call_as(session, "GetSecretValue", {{"SecretName", "own"}}).ok());
  const Params put{{"SecretName", "own"}, {"VersionId", "v2"}, {"SecretData", "y"}};
  EXPECT_EQ(call_as(user({"kms:PutSecretValue"}), "PutSecretValue", put).code,
            "Forbidden.NoPermission");
  EXPECT_TRUE(
      call_as(user({"kms:PutSecretValue", "kms:GenerateDataKey"}), "PutSecretValue", put).ok());
  const Params make{{"SecretName", "new"},
                    {"VersionId", "v1"},
                    {"SecretData", "y"},
                    {"EncryptionKeyId", key_arn}};
  EXPECT_EQ(call_as(user({"kms:CreateSecret"}), "CreateSecret", make).code,
            "Forbidden.NoPermission");
  EXPECT_TRUE(
      call_as(user({"kms:CreateSecret", "kms:GenerateDataKey"}), "CreateSecret", make).ok());
}

TEST_F(SecretHandlers, ADisabledOrDeletedKeyMakesItsSecretsUnreadable) {
  const std::string key = create_key();
  ASSERT_TRUE(create("s", "x", {{"EncryptionKeyId", key}}).ok());
  ASSERT_TRUE(call("DisableKey", {{"KeyId", key}}).ok());
  EXPECT_EQ(call("GetSecretValue", {{"SecretName", "s"}}).code, "Rejected.Disabled");
  EXPECT_EQ(create("t", "x", {{"EncryptionKeyId", key}}).code, "Rejected.Disabled");
  ASSERT_TRUE(call("ScheduleKeyDeletion", {{"KeyId", key}, {"PendingWindowInDays", "7"}}).ok());
  EXPECT_EQ(call("GetSecretValue", {{"SecretName", "s"}}).code, "Rejected.PendingDeletion");
  fixture_.clock().advance_ms(7 * kMillisPerDay);
  const auto rows = fixture_->due(barrier::TimeTable::kDue, fixture_.clock().now(), 10);
  ASSERT_TRUE(rows && rows->size() == 1);
  ASSERT_TRUE(service_.run_due(rows->front(), fixture_.clock().now()));
  EXPECT_EQ(call("GetSecretValue", {{"SecretName", "s"}}).code, "Forbidden.KeyNotFound");
  EXPECT_EQ(
      call("PutSecretValue", {{"SecretName", "s"}, {"VersionId", "v2"}, {"SecretData", "y"}}).code,
      "Forbidden.KeyNotFound");
  EXPECT_EQ(call("DescribeKey", {{"KeyId", key}}).code, "Forbidden.KeyNotFound");
}

TEST_F(SecretHandlers, TheDefaultKeyCannotBeDeleted) {
  ASSERT_TRUE(create("s").ok());
  const Answer found =
      call("ListKeys", {{"Filters", R"([{"Key":"CreatorType","Values":["Service"]}])"}});
  const std::string key = text_at(found.json, "/Keys/Key/0/KeyId");
  EXPECT_EQ(call("ScheduleKeyDeletion", {{"KeyId", key}, {"PendingWindowInDays", "7"}}).code,
            "Rejected.UnsupportedOperation");
  EXPECT_TRUE(call("GetSecretValue", {{"SecretName", "s"}}).ok());
  EXPECT_TRUE(call("DisableKey", {{"KeyId", key}}).ok());
  EXPECT_EQ(call("GetSecretValue", {{"SecretName", "s"}}).code, "Rejected.Disabled");
  EXPECT_TRUE(call("EnableKey", {{"KeyId", key}}).ok());
  EXPECT_TRUE(call("GetSecretValue", {{"SecretName", "s"}}).ok());
}

TEST_F(SecretHandlers, ADryRunNeverSucceeds) {
  ASSERT_TRUE(create("s").ok());
  const Params dry{{"SecretName", "s"}, {"DryRun", "true"}};
  EXPECT_EQ(call("GetSecretValue", dry).code, "DryRunOperationError");
  EXPECT_EQ(call("GetSecretValue", {{"SecretName", "none"}, {"DryRun", "true"}}).code,
            "ValidationError");
  EXPECT_EQ(call_as(user({"kms:ListSecrets"}), "GetSecretValue", dry).code, "AccessDeniedError");
  // However it is spelled: nothing else may be read for it.
  for (const char* yes : {"True", "TRUE", "tRue"}) {
    EXPECT_EQ(call("GetSecretValue", {{"SecretName", "s"}, {"DryRun", yes}}).code,
              "DryRunOperationError");
  }
  EXPECT_EQ(call("GetSecretValue", {{"SecretName", "s"}, {"DryRun", "1"}}).code,
            "InvalidParameter");
  EXPECT_TRUE(call("GetSecretValue", {{"SecretName", "s"}, {"DryRun", "False"}}).ok());
}

TEST_F(SecretHandlers, ADryRunOfAnActionThatHasNoneChangesNothing) {
  ASSERT_TRUE(create("s").ok());
  const std::string key = create_key();
  for (const auto& [action, parameters] : std::vector<std::pair<std::string, Params>>{
           {"DeleteSecret", {{"SecretName", "s"}, {"ForceDeleteWithoutRecovery", "true"}}},
           {"PutSecretValue", {{"SecretName", "s"}, {"VersionId", "v9"}, {"SecretData", "x"}}},
           {"DisableKey", {{"KeyId", key}}},
           {"ScheduleKeyDeletion", {{"KeyId", key}, {"PendingWindowInDays", "7"}}},
           {"CreateKey", {}},
           {"BatchGetSecretValue", {{"SecretsList", R"([{"SecretName":"s"}])"}}},
           {"GetManagedDataKey", {{"DataKeyName", "d"}}},
           {"GetRandomPassword", {}}}) {
    Params dry = parameters;
    dry["DryRun"] = "True";
    const Answer refused = call(action, dry);
    EXPECT_EQ(refused.code, "InvalidParameter") << action;
    EXPECT_TRUE(refused.message.contains("nothing was done")) << refused.message;
    if (action.starts_with("Batch") || action.contains("Managed")) continue;  // judged one by one
    EXPECT_EQ(call_as(user({"kms:ListSecrets"}), action, dry).code, "Forbidden.NoPermission");
  }
  EXPECT_TRUE(call("GetSecretValue", {{"SecretName", "s"}}).ok());
  EXPECT_EQ(text_at(call("DescribeKey", {{"KeyId", key}}).json, "/KeyMetadata/KeyState"),
            "Enabled");
  EXPECT_TRUE(call("DisableKey", {{"KeyId", key}, {"DryRun", "false"}}).ok());
}

TEST_F(SecretHandlers, AReadIsServedFromTheCacheOnceItIsFilled) {
  ASSERT_TRUE(create("s").ok());
  const auto cache = fixture_->make_cache(1.0);
  const Operation& row = *service_.find(kKms.version, "GetSecretValue");
  EXPECT_TRUE(run(root(), row, {{"SecretName", "s"}}, cache.get()).not_cached);
  const auto worker = *fixture_->reader();
  ASSERT_TRUE(run(root(), row, {{"SecretName", "s"}}, worker.get()).ok());
  cache->fill(worker->take_read_set());
  EXPECT_EQ(text_at(run(root(), row, {{"SecretName", "s"}}, cache.get()).json, "/SecretData"),
            "one");
}

TEST_F(SecretHandlers, RotationOfGenericSecretsIsRefused) {
  ASSERT_TRUE(create("s").ok());
  EXPECT_EQ(call("RotateSecret", {{"SecretName", "s"}, {"VersionId", "v2"}}).code,
            "Rejected.UnsupportedOperation");
  EXPECT_EQ(
      call("UpdateSecretRotationPolicy", {{"SecretName", "s"}, {"EnableAutomaticRotation", "true"}})
          .code,
      "Rejected.UnsupportedOperation");
  EXPECT_EQ(call("RotateSecret", {{"SecretName", "none"}, {"VersionId", "v2"}}).code,
            "Forbidden.ResourceNotFound");
}

TEST_F(SecretHandlers, RandomPasswordsKeepTheirRules) {
  const auto password = [this](const Params& params) {
    return text_at(call("GetRandomPassword", params).json, "/RandomPassword");
  };
  EXPECT_EQ(password({}).size(), 32U);
  const auto has = [](const std::string& text, int (*kind)(int)) {
    return std::ranges::any_of(text, kind);
  };
  for (int i = 0; i < 200; ++i) {
    const std::string text = password({{"PasswordLength", "8"}});
    EXPECT_TRUE(has(text, isupper) && has(text, islower) && has(text, isdigit) &&
                has(text, ispunct))
        << text;
    const std::string digits = password({{"ExcludeLowercase", "true"},
                                         {"ExcludeUppercase", "true"},
                                         {"ExcludePunctuation", "true"},
                                         {"ExcludeCharacters", "01"},
                                         {"PasswordLength", "128"}});
    EXPECT_EQ(digits.size(), 128U);
    EXPECT_EQ(digits.find_first_not_of("23456789"), std::string::npos) << digits;
  }
  EXPECT_EQ(call("GetRandomPassword", {{"PasswordLength", "7"}}).code, "InvalidParameter");
  EXPECT_EQ(call("GetRandomPassword", {{"ExcludeLowercase", "true"},
                                       {"ExcludeUppercase", "true"},
                                       {"ExcludePunctuation", "true"},
                                       {"ExcludeNumbers", "true"}})
                .code,
            "InvalidParameter");
}

// A mutation up to its commit and after it, as a gateway does it that waits for nobody.
class Attempts : public ServiceFixture {
 protected:
  Service::Attempt attempt(const std::string& action, const Params& params) {
    for (const auto& [name, value] : params) sorted_.push_back({name, value});
    const Parameters parameters(sorted_);
    return service_.attempt(request_of(service_.find(kKms.version, action), root_, parameters,
                                       "8F2C4A61-0000-4000-8000-000000000001"),
                            writer_.restart());
  }
  Service::Attempt put(const Params& params) { return attempt("PutSecretValue", params); }

  const Params put_ = {{"SecretName", "n"}, {"VersionId", "v2"}, {"SecretData", "two"}};
  identity::Principal root_ = root();
  std::vector<NameValue> sorted_;
  JsonAnswer writer_;
};

TEST_F(Attempts, NothingIsWrittenBeforeTheCommit) {
  ASSERT_TRUE(create("n").ok());
  service_.committed_leaves().take();
  Service::Attempt made = put(put_);
  ASSERT_NE(made.transaction, nullptr);
  EXPECT_EQ(text_at(call("GetSecretValue", {{"SecretName", "n"}}).json, "/SecretData"), "one");
  EXPECT_TRUE(service_.committed_leaves().take().empty());
  const store::Key row = made.audit_row;
  const auto committed = made.transaction->commit();
  ASSERT_TRUE(committed);
  const auto outcome = service_.conclude(std::move(made), committed, 1);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->error);
  EXPECT_TRUE(outcome->audit_committed);
  EXPECT_EQ(text_at(call("GetSecretValue", {{"SecretName", "n"}}).json, "/SecretData"), "two");
  // Exactly the row that lies in the store, so that it need not be read back.
  const auto leaves = service_.committed_leaves().take();
  ASSERT_EQ(leaves.size(), 1U);
  EXPECT_EQ(leaves[0].key, row);
  EXPECT_EQ(leaves[0].modified, *committed);
  EXPECT_EQ(leaves[0].leaf, outcome->committed_leaf);
}

TEST_F(Attempts, AConflictMeansAnotherOneUntilThereWereEnough) {
  ASSERT_TRUE(create("n").ok());
  Service::Attempt made = put(put_);
  ASSERT_NE(made.transaction, nullptr);
  ASSERT_TRUE(
      call("PutSecretValue", {{"SecretName", "n"}, {"VersionId", "v3"}, {"SecretData", "three"}})
          .ok());
  service_.committed_leaves().take();
  const auto committed = made.transaction->commit();
  ASSERT_FALSE(committed);
  EXPECT_FALSE(service_.conclude(std::move(made), committed, 1));
  EXPECT_FALSE(service_.conclude({}, committed, limits::kConflictRetriesMax - 1));
  const auto outcome = service_.conclude({}, committed, limits::kConflictRetriesMax);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error->code(), "ServiceUnavailableTemporary");
  EXPECT_FALSE(outcome->audit_committed);
  EXPECT_TRUE(service_.committed_leaves().take().empty());
}

TEST_F(Attempts, WhatFailedIsNotRecordedAsCommitted) {
  ASSERT_TRUE(create("n").ok());
  service_.committed_leaves().take();
  Service::Attempt made = put(put_);
  const auto outcome = service_.conclude(
      std::move(made), fail(ErrorKind::kUnavailable, "StoreFull", "the disk is full"), 1);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error->code(), "StoreFull");
  EXPECT_FALSE(outcome->audit_committed);
  EXPECT_TRUE(outcome->committed_leaf.empty());
  EXPECT_TRUE(service_.committed_leaves().take().empty());
}

TEST_F(Attempts, ARefusalHasNothingToCommit) {
  const Service::Attempt made =
      put({{"SecretName", "absent"}, {"VersionId", "v2"}, {"SecretData", "two"}});
  EXPECT_EQ(made.transaction, nullptr);
  EXPECT_EQ(made.outcome.error->code(), "Forbidden.ResourceNotFound");
}

}  // namespace
}  // namespace strongroom::service
