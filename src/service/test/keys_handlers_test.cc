#include "service_fixture.h"
#include "strongroom/base/bytes.h"

namespace strongroom::service {
namespace {

class KeyHandlers : public ServiceFixture {};

TEST_F(KeyHandlers, MetadataHasTheDocumentedFields) {
  const Answer made = call("CreateKey", {{"Description", "d"}});
  const std::string id = text_at(made.json, "/KeyMetadata/KeyId");
  const std::string now = format_utc(fixture_.clock().now());
  const Answer seen = call("DescribeKey", {{"KeyId", keys_.arn(kAccount, id)}});
  EXPECT_EQ(seen.json,
            R"({"KeyMetadata":{"KeyId":")" + id + R"(","Arn":")" + keys_.arn(kAccount, id) +
                R"(","Creator":"1000000000000001","CreationDate":")" + now +
                R"(","Description":"d","KeySpec":"Aliyun_AES_256","KeyUsage":"ENCRYPT/DECRYPT",)"
                R"("KeyState":"Enabled","Origin":"Aliyun_KMS","ProtectionLevel":"SOFTWARE",)"
                R"("PrimaryKeyVersion":")" +
                text_at(seen.json, "/KeyMetadata/PrimaryKeyVersion") +
                R"(","DeleteDate":"","MaterialExpireTime":"","LastRotationDate":")" + now +
                R"(","AutomaticRotation":"Disabled","DeletionProtection":"Disabled"}})");
  EXPECT_EQ(text_at(made.json, "/KeyMetadata/DeletionProtection"), "<absent>");
}

TEST_F(KeyHandlers, CreateRefusesWhatIsNotServed) {
  EXPECT_EQ(call("CreateKey", {{"KeySpec", "RSA_2048"}, {"KeyUsage", "x"}}).code,
            "InvalidParameter");
  EXPECT_EQ(call("CreateKey", {{"KeySpec", "EC_P256"}, {"KeyUsage", "ENCRYPT/DECRYPT"}}).code,
            "InvalidParameter");
  EXPECT_EQ(call("CreateKey", {{"KeySpec", "RSA_2048"}, {"Origin", "EXTERNAL"}}).code,
            "InvalidParameter");
  EXPECT_EQ(call("CreateKey", {{"KeySpec", "RSA_2048"}, {"EnableAutomaticRotation", "true"}}).code,
            "InvalidParameter");
  EXPECT_EQ(call("CreateKey", {{"KeySpec", "Nonsense"}}).code, "InvalidParameter");
  EXPECT_EQ(call("CreateKey", {{"KeyUsage", "SIGN/VERIFY"}}).code, "InvalidParameter");
  EXPECT_EQ(call("CreateKey", {{"Origin", "elsewhere"}}).code, "InvalidParameter");
  EXPECT_EQ(call("CreateKey", {{"EnableAutomaticRotation", "true"}}).code, "MissingParameter");
  EXPECT_EQ(call("CreateKey", {{"ProtectionLevel", "HSM"}}).code, "Unsupported.ProtectionLevel");
  EXPECT_EQ(call("CreateKey", {{"KeyStorageMechanism", "Paper"}}).code, "InvalidParameter");
  EXPECT_TRUE(call("CreateKey", {{"KeyStorageMechanism", "HsmEncryptedDatabase"}}).ok());
  EXPECT_EQ(call("CreateKey", {{"DKMSInstanceId", "kst-1"}}).code,
            "Forbidden.DKMSInstanceNotFound");
  EXPECT_EQ(call("CreateKey", {{"Tags", R"([{"TagKey":"acs:x","TagValue":"v"}])"}}).code,
            "InvalidParameter");
}

TEST_F(KeyHandlers, AnIntervalOfNoTimeIsNoRotation) {
  for (const char* interval : {"0", "0d", "6d", "731d"}) {
    const Params asked{{"EnableAutomaticRotation", "true"}, {"RotationInterval", interval}};
    EXPECT_EQ(call("CreateKey", asked).code, "InvalidParameter") << interval;
    Params update = asked;
    update["KeyId"] = create_key();
    EXPECT_EQ(call("UpdateRotationPolicy", update).code, "InvalidParameter") << interval;
  }
}

TEST_F(KeyHandlers, DeletionProtectionTakesTheDescriptionsThatKeysTake) {
  const std::string id = create_key();
  ASSERT_TRUE(call("CreateAlias", {{"KeyId", id}, {"AliasName", "alias/p"}}).ok());
  const auto protect = [this](const std::string& key, const std::string& why) {
    return call("SetDeletionProtection", {{"KeyId", key},
                                          {"EnableDeletionProtection", "true"},
                                          {"DeletionProtectionDescription", why}})
        .code;
  };
  std::string longest;
  for (int i = 0; i < 8'192; ++i) longest += "\u00fc";
  EXPECT_EQ(protect(id, longest), "");
  EXPECT_EQ(protect(id, longest + "x"), "InvalidParameter");
  EXPECT_EQ(protect("alias/p", ""), "Unsupported.Alias");
}

TEST_F(KeyHandlers, StatesChangeAsTheTableSays) {
  const std::string id = create_key();
  EXPECT_TRUE(call("DisableKey", {{"KeyId", id}}).ok());
  EXPECT_EQ(call("Encrypt", {{"KeyId", id}, {"Plaintext", "x"}}).code, "Rejected.Disabled");
  EXPECT_TRUE(call("EnableKey", {{"KeyId", id}}).ok());
  EXPECT_EQ(call("CancelKeyDeletion", {{"KeyId", id}}).code, "Rejected.StateModifiedFailed");
  EXPECT_EQ(call("ScheduleKeyDeletion", {{"KeyId", id}}).code, "MissingParameter");
  EXPECT_EQ(call("ScheduleKeyDeletion", {{"KeyId", id}, {"PendingWindowInDays", "6"}}).code,
            "InvalidParameter");
  const Params protect{{"ProtectedResourceArn", keys_.arn(kAccount, id)},
                       {"EnableDeletionProtection", "true"}};
  EXPECT_TRUE(call("SetDeletionProtection", protect).ok());
  EXPECT_EQ(text_at(call("DescribeKey", {{"KeyId", id}}).json, "/KeyMetadata/DeletionProtection"),
            "Enabled");
  const Params plan{{"KeyId", id}, {"PendingWindowInDays", "7"}};
  EXPECT_EQ(call("ScheduleKeyDeletion", plan).code, "Rejected.StateModifiedFailed");
  EXPECT_TRUE(
      call("SetDeletionProtection", {{"KeyId", id}, {"EnableDeletionProtection", "false"}}).ok());
  EXPECT_TRUE(call("ScheduleKeyDeletion", plan).ok());
  const Answer seen = call("DescribeKey", {{"KeyId", id}});
  EXPECT_EQ(text_at(seen.json, "/KeyMetadata/KeyState"), "PendingDeletion");
  EXPECT_EQ(text_at(seen.json, "/KeyMetadata/DeleteDate"),
            format_utc({fixture_.clock().now().unix_ms + 7 * kMillisPerDay}));
  EXPECT_EQ(call("UpdateKeyDescription", {{"KeyId", id}, {"Description", "x"}}).code,
            "Rejected.PendingDeletion");
  EXPECT_EQ(call("EnableKey", {{"KeyId", id}}).code, "Rejected.StateModifiedFailed");
  EXPECT_TRUE(call("CancelKeyDeletion", {{"KeyId", id}}).ok());
  EXPECT_TRUE(call("UpdateKeyDescription", {{"KeyId", id}, {"Description", ""}}).ok());
}

TEST_F(KeyHandlers, NothingIsAnsweredInClearForARecipient) {
  const Answer key = call("GenerateDataKey", {{"KeyId", create_key()}});
  const std::string blob = text_at(key.json, "/CiphertextBlob");
  ASSERT_TRUE(create("sealed", "value").ok());
  for (const auto& [action, params] : std::vector<std::pair<std::string, Params>>{
           {"Decrypt", {{"CiphertextBlob", blob}}},
           {"GenerateDataKey", {{"KeyId", text_at(key.json, "/KeyId")}}},
           {"GetSecretValue", {{"SecretName", "sealed"}}}}) {
    EXPECT_TRUE(call(action, params).ok()) << action;
    Params sealed = params;
    sealed["Recipient"] = "{}";
    EXPECT_EQ(call(action, sealed).code, "UnsupportedOperation") << action;
    sealed["DryRun"] = "true";
    EXPECT_EQ(call(action, sealed).code, "ValidationError") << action;
  }
}

TEST_F(KeyHandlers, UnknownKeysAndAliases) {
  EXPECT_EQ(call("DescribeKey", {{"KeyId", "none"}}).code, "Forbidden.KeyNotFound");
  EXPECT_EQ(call("DescribeKey", {{"KeyId", "alias/x"}}).code, "Forbidden.AliasNotFound");
  EXPECT_EQ(call("EnableKey", {{"KeyId", "alias/x"}}).code, "Unsupported.Alias");
  EXPECT_EQ(call("Encrypt", {{"KeyId", "alias/x"}, {"Plaintext", "x"}}).code,
            "Forbidden.AliasNotFound");
}

// However the alias is written, and whether or not it exists.
TEST_F(KeyHandlers, AliasesAreNamedWhereNoneIsTaken) {
  const std::string id = create_key();
  ASSERT_TRUE(call("CreateAlias", {{"AliasName", "alias/a"}, {"KeyId", id}}).ok());
  const Params rest{
      {"AliasName", "alias/b"},    {"Description", "d"}, {"Tags", "[]"},
      {"TagKeys", "[\"k\"]"},      {"Policy", "{}"},     {"EnableDeletionProtection", "false"},
      {"PendingWindowInDays", "7"}};
  const std::string prefix = "acs:kms:cn-hangzhou:" + kAccount.text() + ":";
  for (const char* action :
       {"EnableKey", "UpdateKeyDescription", "ScheduleKeyDeletion", "ListAliasesByKeyId",
        "ListResourceTags", "TagResource", "UntagResource", "SetDeletionProtection", "SetKeyPolicy",
        "DeleteKeyMaterial", "CreateAlias", "UpdateAlias"}) {
    for (const std::string& name : {std::string("alias/a"), std::string("alias/none"),
                                    prefix + "alias/a", prefix + "alias/none"}) {
      Params params = rest;
      params["KeyId"] = name;
      EXPECT_EQ(call(action, params).code, "Unsupported.Alias") << action << " " << name;
    }
  }
}

TEST_F(KeyHandlers, TagFiltersMeanOneTag) {
  const std::string id = create_key();
  ASSERT_TRUE(call("TagResource", {{"KeyId", id},
                                   {"Tags", R"([{"TagKey":"a","TagValue":"x"},)"
                                            R"({"TagKey":"b","TagValue":"y"}])"}})
                  .ok());
  const auto found = [this](const std::string& key, const std::string& value) {
    return text_at(
        call("ListKeys", {{"Filters", R"([{"Key":"TagKey","Values":[)" + key +
                                          R"(]},{"Key":"TagValue","Values":[)" + value + "]}]"}})
            .json,
        "/TotalCount");
  };
  EXPECT_EQ(found(R"("a")", R"("x")"), "1");
  EXPECT_EQ(found(R"("a")", R"("y")"), "0");  // the key of one tag, the value of another
  EXPECT_EQ(found(R"("a","b")", R"("y")"), "1");
  EXPECT_EQ(found(R"("b")", ""), "1");
  EXPECT_EQ(found("", R"("x")"), "1");
  EXPECT_EQ(found("", ""), "1");
}

TEST_F(KeyHandlers, ListsWithFilters) {
  const std::string first = create_key();
  const std::string second = create_key();
  ASSERT_TRUE(call("DisableKey", {{"KeyId", second}}).ok());
  ASSERT_TRUE(create("s").ok());  // makes the default key
  EXPECT_EQ(text_at(call("ListKeys", {}).json, "/TotalCount"), "3");
  const auto filtered = [this](const std::string& filters) {
    return call("ListKeys", {{"Filters", filters}});
  };
  const Answer disabled = filtered(R"([{"Key":"KeyState","Values":["Disabled"]}])");
  EXPECT_EQ(text_at(disabled.json, "/Keys/Key"),
            R"([{"KeyId":")" + second + R"(","KeyArn":")" + keys_.arn(kAccount, second) + R"("}])");
  EXPECT_EQ(
      text_at(filtered(R"([{"Key":"CreatorType","Values":["Service"]}])").json, "/TotalCount"),
      "1");
  // The same key twice: alternatives. Different keys: both.
  EXPECT_EQ(
      text_at(
          filtered(
              R"([{"Key":"KeyState","Values":["Disabled"]},{"Key":"KeyState","Values":["Enabled"]},)"
              R"({"Key":"CreatorType","Values":["User"]}])")
              .json,
          "/TotalCount"),
      "2");
  EXPECT_EQ(filtered(R"([{"Key":"Colour","Values":["red"]}])").code, "InvalidParameter");
  // An unknown key is one without values, too: ignoring it would list everything.
  EXPECT_EQ(filtered(R"([{"Key":"Colour","Values":[]}])").code, "InvalidParameter");
  EXPECT_EQ(text_at(filtered(R"([{"Key":"KeyState"}])").json, "/TotalCount"), "3");
  EXPECT_EQ(
      text_at(call("ListKeyVersions", {{"KeyId", first}}).json, "/KeyVersions/KeyVersion/0/KeyId"),
      first);
}

TEST_F(KeyHandlers, EncryptedTextComesBackAsItWas) {
  const std::string id = create_key();
  const std::string context = R"({"b":"2","a":"1"})";
  const Answer encrypted = call(
      "Encrypt", {{"KeyId", id}, {"Plaintext", "not base64 ☃"}, {"EncryptionContext", context}});
  const std::string blob = text_at(encrypted.json, "/CiphertextBlob");
  EXPECT_EQ(base64_decode(blob)->substr(0, 36), text_at(encrypted.json, "/KeyVersionId"));
  const Answer decrypted =
      call("Decrypt", {{"CiphertextBlob", blob}, {"EncryptionContext", R"({"a":"1", "b":"2"})"}});
  EXPECT_EQ(text_at(decrypted.json, "/Plaintext"), "not base64 ☃");
  EXPECT_EQ(text_at(decrypted.json, "/KeyId"), id);
  const Answer wrong =
      call("Decrypt", {{"CiphertextBlob", blob}, {"EncryptionContext", R"({"a":"1"})"}});
  EXPECT_EQ(wrong.code, "InvalidParameter");
  EXPECT_EQ(call("Decrypt", {{"CiphertextBlob", blob}}).message, wrong.message);
  EXPECT_EQ(call("Decrypt", {{"CiphertextBlob", "AAAA"}}).code, "InvalidParameter");
  EXPECT_EQ(call("Decrypt", {{"CiphertextBlob", "*"}}).code, "InvalidParameter");
  const Params bad{{"KeyId", id}, {"Plaintext", "x"}, {"EncryptionContext", R"({"a":1})"}};
  EXPECT_EQ(call("Encrypt", bad).code, "InvalidParameter");
  EXPECT_EQ(call("Encrypt", {{"KeyId", id}, {"Plaintext", std::string(6145, 'x')}}).code,
            "InvalidParameter");
  EXPECT_EQ(call("Encrypt", {{"KeyId", id}, {"Plaintext", "x"}, {"DryRun", "true"}}).code,
            "DryRunOperationError");
}

TEST_F(KeyHandlers, DecryptIsJudgedOnTheKeyOfTheCiphertext) {
  const std::string id = create_key();
  const std::string blob =
      text_at(call("Encrypt", {{"KeyId", id}, {"Plaintext", "x"}}).json, "/CiphertextBlob");
  const Params params{{"CiphertextBlob", blob}};
  EXPECT_TRUE(call_as(user({"kms:Decrypt"}, {keys_.arn(kAccount, id)}), "Decrypt", params).ok());
  EXPECT_EQ(call_as(user({"kms:Decrypt"}, {keys_.arn(kAccount, "other")}), "Decrypt", params).code,
            "Forbidden.NoPermission");
}

TEST_F(KeyHandlers, DataKeysHaveTheirDocumentedForms) {
  const std::string id = create_key();
  const Answer plain = call("GenerateDataKey", {{"KeyId", id}});
  EXPECT_EQ(base64_decode(text_at(plain.json, "/Plaintext"))->size(), 32U);
  const std::string blob = text_at(plain.json, "/CiphertextBlob");
  EXPECT_EQ(text_at(call("Decrypt", {{"CiphertextBlob", blob}}).json, "/Plaintext"),
            text_at(plain.json, "/Plaintext"));
  const auto size = [&](const Params& more) {
    Params params = more;
    params["KeyId"] = id;
    return base64_decode(text_at(call("GenerateDataKey", params).json, "/Plaintext"))->size();
  };
  EXPECT_EQ(size({{"KeySpec", "AES_128"}}), 16U);
  EXPECT_EQ(size({{"KeySpec", " AES_128"}}), 16U);
  EXPECT_EQ(size({{"KeySpec", "AES_128"}, {"NumberOfBytes", "1024"}}), 1024U);
  EXPECT_EQ(call("GenerateDataKey", {{"KeyId", id}, {"NumberOfBytes", "1025"}}).code,
            "InvalidParameter");
  EXPECT_EQ(text_at(call("GenerateDataKeyWithoutPlaintext", {{"KeyId", id}}).json, "/Plaintext"),
            "<absent>");
}

}  // namespace
}  // namespace strongroom::service
