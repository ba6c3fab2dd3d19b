// Managed data keys: made here, read by GetManagedDataKey and ListManagedDataKeyVersions.

#include "service_fixture.h"
#include "strongroom/base/bytes.h"

namespace strongroom::service {
namespace {

class DataKeys : public ServiceFixture {
 protected:
  Answer make(const std::string& name, Params more = {}) { return make_as(root(), name, more); }
  Answer make_as(const identity::Principal& who, const std::string& name, Params more = {}) {
    more["DataKeyName"] = name;
    const Operation* row = service_.find(kStrongroom.version, "CreateManagedDataKeyVersion");
    EXPECT_NE(row, nullptr);
    fixture_.clock().advance_ms(1'000);
    return run(who, *row, more, nullptr);
  }
  Answer get(const std::string& name, Params more = {}) { return get_as(root(), name, more); }
  Answer get_as(const identity::Principal& who, const std::string& name, Params more = {}) {
    more["DataKeyName"] = name;
    return call_as(who, "GetManagedDataKey", more);
  }
  static std::string plaintext(const Answer& answer) { return text_at(answer.json, "/Plaintext"); }
};

TEST_F(DataKeys, TheFirstVersionIsReadUnlessAnotherIsAsked) {
  EXPECT_EQ(get("orders").code, "Forbidden.ResourceNotFound");
  EXPECT_EQ(call("GetManagedDataKey", {}).code, "MissingParameter");
  const Answer first = make("orders");
  ASSERT_TRUE(first.ok()) << first.message;
  const std::string id = text_at(first.json, "/DataKeyVersionId");
  EXPECT_EQ(id.size(), 8U);
  EXPECT_EQ(first.json, R"({"DataKeyName":"orders","DataKeyVersionId":")" + id +
                            R"(","DataKeyVersionName":"kms-datakeyversion!orders!)" + id + "\"}");
  const Answer second = make("orders", {{"NumberOfBytes", "16"}});
  ASSERT_TRUE(make("orders-2").ok());  // another one, next to it in order

  const Answer read = get("orders");
  ASSERT_TRUE(read.ok()) << read.message;
  EXPECT_EQ(base64_decode(plaintext(read))->size(), 32U);
  EXPECT_EQ(read.json, first.json.substr(0, first.json.size() - 1) + R"(,"Plaintext":")" +
                           plaintext(read) + "\"}");
  EXPECT_EQ(read.facts.version_id, id);
  const Answer newest = get("orders", {{"UseLatest", "true"}});
  EXPECT_EQ(base64_decode(plaintext(newest))->size(), 16U);
  const std::string newest_id = text_at(second.json, "/DataKeyVersionId");
  EXPECT_EQ(text_at(newest.json, "/DataKeyVersionId"), newest_id);
  EXPECT_EQ(plaintext(get("orders", {{"DataKeyVersionId", newest_id}})), plaintext(newest));
  EXPECT_EQ(plaintext(get("orders", {{"DataKeyVersionId", id}, {"UseLatest", "true"}})),
            plaintext(read));
  for (const char* none : {"xH6OPUmz", "x", "a!bcdefg"})
    EXPECT_EQ(get("orders", {{"DataKeyVersionId", none}}).code, "Forbidden.ResourceNotFound");
}

TEST_F(DataKeys, VersionsAreListedOldestFirst) {
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(text_at(make("a").json, "/DataKeyVersionId"));
  const Answer page = call("ListManagedDataKeyVersions", {{"DataKeyName", "a"}, {"PageSize", "2"}});
  ASSERT_TRUE(page.ok()) << page.message;
  const auto row = [](const std::string& id) {
    return R"({"DataKeyVersionId":")" + id + R"(","DataKeyVersionName":"kms-datakeyversion!a!)" +
           id + "\"}";
  };
  EXPECT_EQ(page.json, R"({"DataKeyName":"a","ManagedDataKeyVersions":{"ManagedDataKeyVersion":[)" +
                           row(ids[0]) + "," + row(ids[1]) +
                           R"(]},"PageNumber":1,"PageSize":2,"TotalCount":3})");
  const Answer next = call("ListManagedDataKeyVersions",
                           {{"DataKeyName", "a"}, {"PageSize", "2"}, {"PageNumber", "2"}});
  EXPECT_EQ(text_at(next.json, "/ManagedDataKeyVersions"),
            R"({"ManagedDataKeyVersion":[)" + row(ids[2]) + "]}");
  EXPECT_EQ(text_at(call("ListManagedDataKeyVersions", {{"DataKeyName", "a"}}).json, "/PageSize"),
            "10");
  EXPECT_EQ(call("ListManagedDataKeyVersions", {{"DataKeyName", "b"}}).code,
            "Forbidden.ResourceNotFound");
}

TEST_F(DataKeys, AVersionIsASecretThatKeepsItsValue) {
  const std::string secret = text_at(make("a").json, "/DataKeyVersionName");
  const Answer described = call("DescribeSecret", {{"SecretName", secret}});
  EXPECT_EQ(text_at(described.json, "/OwingService"), "kms");
  EXPECT_EQ(text_at(call("GetSecretValue", {{"SecretName", secret}}).json, "/SecretData"),
            plaintext(get("a")));
  EXPECT_EQ(
      call("PutSecretValue", {{"SecretName", secret}, {"VersionId", "v2"}, {"SecretData", "other"}})
          .code,
      "Rejected.UnsupportedOperation");
  EXPECT_EQ(
      call("UpdateSecretVersionStage", {{"SecretName", secret},
                                        {"VersionStage", "blue"},
                                        {"MoveToVersion", text_at(described.json, "/VersionId")}})
          .code,
      "Rejected.UnsupportedOperation");
  EXPECT_EQ(create(secret + "x", "mine").code, "InvalidParameter");  // nobody makes one by hand

  make("a");
  ASSERT_TRUE(call("DeleteSecret", {{"SecretName", secret}}).ok());
  EXPECT_EQ(text_at(call("ListManagedDataKeyVersions", {{"DataKeyName", "a"}}).json, "/TotalCount"),
            "1");
  EXPECT_EQ(get("a", {{"DataKeyVersionId", secret.substr(secret.size() - 8)}}).code,
            "Rejected.ResourceInDeleteWindow");
  EXPECT_TRUE(get("a").ok());
  ASSERT_TRUE(call("RestoreSecret", {{"SecretName", secret}}).ok());
  EXPECT_EQ(text_at(get("a").json, "/DataKeyVersionName"), secret);
}

TEST_F(DataKeys, ItsKeyIsTheOneOfTheLastVersion) {
  const std::string key = create_key();
  ASSERT_TRUE(make("a", {{"EncryptionKeyId", key}}).ok());
  const std::string secret = text_at(make("a").json, "/DataKeyVersionName");
  EXPECT_EQ(text_at(call("DescribeSecret", {{"SecretName", secret}}).json, "/EncryptionKeyId"),
            key);
  ASSERT_TRUE(call("DisableKey", {{"KeyId", key}}).ok());
  EXPECT_EQ(get("a").code, "Rejected.Disabled");
  EXPECT_EQ(make("a").code, "Rejected.Disabled");
  EXPECT_EQ(make("a", {{"EncryptionKeyId", "nowhere"}}).code, "Forbidden.ResourceNotFound");
  ASSERT_TRUE(call("EnableKey", {{"KeyId", key}}).ok());
  EXPECT_TRUE(get("a").ok());
}

TEST_F(DataKeys, RightsAreOnTheDataKeyAndOnItsKey) {
  const std::string key = create_key();
  ASSERT_TRUE(make("a", {{"EncryptionKeyId", key}}).ok());
  const std::string ours = "acs:kms:*:*:secret/kms-datakeyversion!a!*";
  EXPECT_EQ(get_as(user({"kms:GetManagedDataKey"}, {ours}), "a").code, "Forbidden.NoPermission");
  const auto reader =
      user({"kms:GetManagedDataKey", "kms:Decrypt"}, {ours, keys_.arn(kAccount, key)});
  EXPECT_TRUE(get_as(reader, "a").ok());
  EXPECT_EQ(get_as(reader, "b").code, "Forbidden.NoPermission");  // there or not
  EXPECT_EQ(call_as(reader, "ListManagedDataKeyVersions", {{"DataKeyName", "a"}}).code,
            "Forbidden.NoPermission");
  EXPECT_EQ(make_as(reader, "a").code, "NoPermission");
  EXPECT_TRUE(make_as(user({"kms:CreateManagedDataKeyVersion", "kms:GenerateDataKey"}), "a").ok());
}

TEST_F(DataKeys, NamesAndNumbersHaveTheirBounds) {
  for (const std::string& name : {std::string("a!b"), std::string("a b"), std::string(165, 'a')})
    EXPECT_EQ(make(name).code, "InvalidParameter") << name;
  EXPECT_TRUE(make(std::string(164, 'a')).ok());
  EXPECT_EQ(make("a", {{"NumberOfBytes", "1025"}}).code, "InvalidParameter");
  EXPECT_EQ(make("a", {{"NumberOfBytes", "0"}}).code, "InvalidParameter");
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(make("many").ok());
  EXPECT_EQ(make("many").code, "Rejected.LimitExceeded");
  EXPECT_EQ(
      text_at(call("ListManagedDataKeyVersions", {{"DataKeyName", "many"}}).json, "/TotalCount"),
      "50");
}

}  // namespace
}  // namespace strongroom::service
