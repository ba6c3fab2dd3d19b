// Policies of secrets and keys, and what they and tags decide (openapi.md §10, gateway.md §6.3).

#include <gmock/gmock.h>

#include "service_fixture.h"

namespace strongroom::service {
namespace {

using testing::HasSubstr;

class ResourcePolicies : public ServiceFixture {
 protected:
  ResourcePolicies() {
    instance_ = connected_instance();
    EXPECT_TRUE(create("db").ok());
    into_instance("db");
    key_ = create_key();
    key_into_instance();
  }

  std::string connected_instance() {
    const Answer made =
        run(root(), *service_.find(kBss.version, "CreateInstance"),
            {{"ProductCode", "kms"}, {"ProductType", "kms_ddi_public_cn"}}, nullptr);
    const std::string id = text_at(made.json, "/Data/InstanceId");
    const Answer done = call("ConnectKmsInstance", {{"KmsInstanceId", id},
                                                    {"KMProvider", "Aliyun"},
                                                    {"VpcId", "vpc-1"},
                                                    {"VSwitchIds", "vsw-1"},
                                                    {"ZoneIds", "cn-hangzhou-a"}});
    EXPECT_TRUE(done.ok()) << done.message;
    return id;
  }
  // As if it had been made in the instance.
  void into_instance(const std::string& name) {
    change_secret(name, [this](secrets::Secret& secret) { secret.instance_id = instance_; });
  }
  template <class Change>
  void change_secret(const std::string& name, Change change) {
    auto txn = std::move(*fixture_->begin());
    secrets::Secret secret = secrets_.view(*txn, kAccount, name)->decode();
    change(secret);
    secrets_.save(*txn, secret);
    ASSERT_TRUE(txn->commit());
  }
  void key_into_instance() {
    auto txn = std::move(*fixture_->begin());
    keys::Key key = *keys_.find(*txn, kAccount, key_);
    key.instance_id = instance_;
    keys_.save(*txn, key);
    ASSERT_TRUE(txn->commit());
  }

  static std::string document(const std::string& effect, const std::string& who,
                              const std::string& action, const std::string& condition = "") {
    return R"({"Version":"1","Statement":[{"Effect":")" + effect + R"(","Principal":{"RAM":")" +
           who + R"("},"Action":")" + action + R"(","Resource":"*")" +
           (condition.empty() ? "" : ",\"Condition\":" + condition) + "}]}";
  }
  Answer set(const std::string& policy) {
    return call("SetSecretPolicy", {{"SecretName", "db"}, {"Policy", policy}});
  }
  std::string read_as(const identity::Principal& who, const std::string& name = "db") {
    const Answer answer = call_as(who, "GetSecretValue", {{"SecretName", name}});
    return answer.ok() ? "ok" : answer.code;
  }
  static identity::Principal foreigner(std::vector<std::string> actions) {
    identity::Principal who = user(std::move(actions));
    who.account = AccountId{1000000000000002ULL};
    who.arn = "acs:ram::1000000000000002:user/bob";
    return who;
  }

  static constexpr const char* kBob = "acs:ram::1000000000000001:user/bob";
  static constexpr const char* kForeignBob = "acs:ram::1000000000000002:user/bob";
  static constexpr const char* kArn = "acs:kms:cn-hangzhou:1000000000000001:secret/db";
  std::string instance_;
  std::string key_;
};

TEST_F(ResourcePolicies, AKeyOfAnInstanceIsMadeWithItsPolicy) {
  const std::string policy = document("Allow", kForeignBob, "kms:DescribeKey");
  const Answer made = call("CreateKey", {{"DKMSInstanceId", instance_}, {"Policy", policy}});
  ASSERT_TRUE(made.ok()) << made.message;
  const std::string id = text_at(made.json, "/KeyMetadata/KeyId");
  EXPECT_EQ(text_at(call("GetKeyPolicy", {{"KeyId", id}}).json, "/Policy"), policy);
  EXPECT_EQ(call("CreateKey", {{"Policy", policy}}).code, "Forbidden.KeyPolicyUnSupported");
  EXPECT_EQ(call("CreateKey", {{"DKMSInstanceId", instance_}, {"Policy", "{}"}}).code,
            "InvalidParameter");
}

TEST_F(ResourcePolicies, TheDefaultPolicyIsThereUntilAnotherIsSet) {
  const Answer secret = call("GetSecretPolicy", {{"SecretName", "db"}});
  ASSERT_TRUE(secret.ok()) << secret.message;
  EXPECT_THAT(text_at(secret.json, "/Policy"), HasSubstr("\"Sid\":\"kms default secret policy\""));
  EXPECT_THAT(text_at(secret.json, "/Policy"), HasSubstr("acs:ram::1000000000000001:*"));
  const Answer key = call("GetKeyPolicy", {{"KeyId", key_}});
  EXPECT_THAT(text_at(key.json, "/Policy"), HasSubstr("\"Sid\":\"kms default key policy\""));

  const std::string policy = document("Allow", kBob, "kms:GetSecretValue");
  ASSERT_TRUE(set(policy).ok());
  EXPECT_EQ(text_at(call("GetSecretPolicy", {{"SecretName", "db"}, {"PolicyName", "default"}}).json,
                    "/Policy"),
            policy);
  ASSERT_TRUE(call("SetKeyPolicy", {{"KeyId", key_}, {"Policy", policy}}).ok());
  EXPECT_EQ(text_at(call("GetKeyPolicy", {{"KeyId", key_}}).json, "/Policy"), policy);
  // The default one set again is the default one.
  ASSERT_TRUE(set(text_at(secret.json, "/Policy")).ok());
  EXPECT_EQ(call("GetSecretPolicy", {{"SecretName", "db"}}).json, secret.json);
}

TEST_F(ResourcePolicies, APolicyCanComeWithTheSecret) {
  const std::string policy = document("Allow", kBob, "kms:DescribeSecret");
  const Params place{{"DKMSInstanceId", instance_}, {"EncryptionKeyId", key_}};
  Params with = place;
  with.insert({"Policy", policy});
  const Answer made = create("born", "one", with);
  ASSERT_TRUE(made.ok()) << made.message;
  EXPECT_EQ(text_at(call("GetSecretPolicy", {{"SecretName", "born"}}).json, "/Policy"), policy);
  with["Policy"] = "{}";
  EXPECT_EQ(create("unborn", "one", with).code, "InvalidParameter");
}

TEST_F(ResourcePolicies, Refusals) {
  create("shared");
  EXPECT_EQ(call("GetSecretPolicy", {{"SecretName", "shared"}}).code,
            "Forbidden.KeyPolicyUnSupported");
  EXPECT_EQ(call("GetKeyPolicy", {{"KeyId", create_key()}}).code, "Forbidden.KeyPolicyUnSupported");
  const Answer other = call("GetSecretPolicy", {{"SecretName", "db"}, {"PolicyName", "x"}});
  EXPECT_EQ(other.code, "Forbidden.ResourceNotFound");
  EXPECT_THAT(other.message, HasSubstr("Policy not found."));
  EXPECT_EQ(call("GetSecretPolicy", {{"SecretName", "none"}}).code, "Forbidden.ResourceNotFound");
  EXPECT_EQ(call("GetKeyPolicy", {{"KeyId", "none"}}).code, "Forbidden.KeyNotFound");
  EXPECT_EQ(call("SetSecretPolicy", {{"SecretName", "db"}}).code, "MissingParameter");
  EXPECT_EQ(set("{}").code, "InvalidParameter");
  EXPECT_EQ(set(document("Allow", kBob, "kms:*") + std::string(32'768, ' ')).code,
            "InvalidParameter");
}

TEST_F(ResourcePolicies, InOneAccountEitherSideAllows) {
  const identity::Principal bare = user({});
  const identity::Principal reader = user({"kms:GetSecretValue"});
  EXPECT_EQ(read_as(bare), "Forbidden.NoPermission");  // the default policy grants nothing itself
  EXPECT_EQ(read_as(reader), "ok");
  ASSERT_TRUE(set(document("Allow", kBob, "kms:GetSecretValue")).ok());
  EXPECT_EQ(read_as(bare), "ok");
  EXPECT_EQ(read_as(reader), "ok");
  ASSERT_TRUE(set(document("Allow", kBob, "kms:DescribeSecret")).ok());
  EXPECT_EQ(read_as(bare), "Forbidden.NoPermission");
  ASSERT_TRUE(set(document("Deny", "acs:ram::1000000000000001:*", "kms:Get*")).ok());
  EXPECT_EQ(read_as(reader), "Forbidden.NoPermission");
  EXPECT_EQ(read_as(root()), "ok");
}

TEST_F(ResourcePolicies, AcrossAccountsBothSidesMustAllow) {
  const identity::Principal stranger = foreigner({"kms:GetSecretValue"});
  EXPECT_EQ(read_as(stranger, kArn), "Forbidden.NoPermission");
  ASSERT_TRUE(set(document("Allow", kForeignBob, "kms:GetSecretValue")).ok());
  EXPECT_EQ(read_as(stranger, kArn), "ok");
  EXPECT_EQ(read_as(foreigner({}), kArn), "Forbidden.NoPermission");
  // A bare name is the caller's own; so is an ARN in the caller's account.
  EXPECT_EQ(read_as(stranger), "Forbidden.ResourceNotFound");
  // Absent and not shared answer alike.
  EXPECT_EQ(read_as(stranger, "acs:kms:cn-hangzhou:1000000000000001:secret/none"),
            "Forbidden.NoPermission");
  const Answer batch =
      call_as(stranger, "BatchGetSecretValue",
              {{"SecretsList", R"([{"SecretName":")" + std::string(kArn) + R"("}])"}});
  EXPECT_EQ(text_at(batch.json, "/SecretValues/0/SecretData"), "one");
}

TEST_F(ResourcePolicies, AKeyWorksAcrossAccountsByItsArnAndItsCiphertexts) {
  const identity::Principal stranger =
      foreigner({"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncrypt*"});
  const std::string arn = keys_.arn(kAccount, key_);
  const Params seal{{"KeyId", arn}, {"Plaintext", "theirs"}, {"EncryptionContext", R"({"a":"1"})"}};
  const auto open_as = [&](const identity::Principal& who, const Answer& sealed,
                           const std::string& context = R"({"a":"1"})") {
    return call_as(who, "Decrypt",
                   {{"CiphertextBlob", text_at(sealed.json, "/CiphertextBlob")},
                    {"EncryptionContext", context}});
  };
  EXPECT_EQ(call_as(stranger, "Encrypt", seal).code, "Forbidden.NoPermission");
  const Answer own = call("Encrypt", seal);
  // Without a right it is as if the ciphertext were of no key at all.
  const Answer closed = open_as(stranger, own);
  EXPECT_EQ(closed.code, "Forbidden.KeyNotFound");
  EXPECT_EQ(closed.detail, "");
  EXPECT_EQ(closed.facts.resource, "");
  ASSERT_TRUE(
      call("SetKeyPolicy", {{"KeyId", key_}, {"Policy", document("Allow", kForeignBob, "kms:*")}})
          .ok());
  const Answer sealed = call_as(stranger, "Encrypt", seal);
  ASSERT_TRUE(sealed.ok()) << sealed.message;
  EXPECT_EQ(text_at(sealed.json, "/KeyId"), key_);
  for (const Answer* one : {&own, &sealed}) {
    const Answer opened = open_as(stranger, *one);
    EXPECT_EQ(text_at(opened.json, "/Plaintext"), "theirs") << opened.message;
    EXPECT_EQ(opened.facts.resource, arn);
    EXPECT_EQ(text_at(open_as(root(), *one).json, "/Plaintext"), "theirs");
  }
  EXPECT_FALSE(open_as(stranger, sealed, R"({"a":"2"})").ok());
  EXPECT_EQ(open_as(foreigner({}), sealed).code, "Forbidden.KeyNotFound");
  const Answer moved = call_as(
      stranger, "ReEncrypt",
      {{"CiphertextBlob", text_at(sealed.json, "/CiphertextBlob")},
       {"SourceEncryptionContext", R"({"a":"1"})"},
       {"DestinationKeyId",
        text_at(call_as(foreigner({"kms:*"}), "CreateKey", {}).json, "/KeyMetadata/KeyId")}});
  EXPECT_TRUE(moved.ok()) << moved.message;
  EXPECT_EQ(open_as(root(), moved, "").code, "Forbidden.KeyNotFound");  // no policy on that one
  // And to a foreign key, which only its ARN names.
  Params back{{"CiphertextBlob", text_at(moved.json, "/CiphertextBlob")},
              {"DestinationKeyId", arn},
              {"DestinationEncryptionContext", R"({"a":"1"})"}};
  const Answer returned = call_as(stranger, "ReEncrypt", back);
  ASSERT_TRUE(returned.ok()) << returned.message;
  EXPECT_EQ(text_at(open_as(root(), returned).json, "/Plaintext"), "theirs");
  EXPECT_EQ(call_as(foreigner({"kms:ReEncryptFrom"}), "ReEncrypt", back).code,
            "Forbidden.NoPermission");
  back["DestinationKeyId"] = key_;
  EXPECT_EQ(call_as(stranger, "ReEncrypt", back).code, "Forbidden.KeyNotFound");
  back["DestinationKeyId"] = arn + "x";
  EXPECT_EQ(call_as(stranger, "ReEncrypt", back).code, "Forbidden.NoPermission");
  ASSERT_TRUE(call("DisableKey", {{"KeyId", key_}}).ok());
  EXPECT_EQ(open_as(stranger, sealed).code, "Rejected.Disabled");
}

TEST_F(ResourcePolicies, AForeignNameNeverReachesTheCallersOwnResource) {
  // The policy allows all, and the caller has a secret of the same name: handlers that serve their
  // own account alone must not find it under the judged ARN.
  ASSERT_TRUE(set(document("Allow", kForeignBob, "kms:*")).ok());
  const identity::Principal stranger = foreigner({"kms:*"});
  const Answer made = call_as(stranger, "CreateSecret",
                              {{"SecretName", "db"}, {"VersionId", "v1"}, {"SecretData", "mine"}});
  ASSERT_TRUE(made.ok()) << made.message;
  const Answer theirs = call_as(stranger, "GetSecretValue", {{"SecretName", kArn}});
  EXPECT_EQ(text_at(theirs.json, "/SecretData"), "one");
  ASSERT_TRUE(call_as(stranger, "PutSecretValue",
                      {{"SecretName", kArn}, {"VersionId", "v2"}, {"SecretData", "two"}})
                  .ok());
  EXPECT_EQ(text_at(call("GetSecretValue", {{"SecretName", "db"}}).json, "/SecretData"), "two");
  EXPECT_EQ(
      text_at(call_as(stranger, "GetSecretValue", {{"SecretName", "db"}}).json, "/SecretData"),
      "mine");
}

TEST_F(ResourcePolicies, TheKeyIsJudgedForTheSamePrincipal) {
  ASSERT_TRUE(
      create("own", "one", {{"EncryptionKeyId", key_}, {"DKMSInstanceId", instance_}}).ok());
  const identity::Principal reader = user({"kms:GetSecretValue"});
  EXPECT_EQ(read_as(reader, "own"), "Forbidden.NoPermission");
  ASSERT_TRUE(
      call("SetKeyPolicy", {{"KeyId", key_}, {"Policy", document("Allow", kBob, "kms:Decrypt")}})
          .ok());
  EXPECT_EQ(read_as(reader, "own"), "ok");
  ASSERT_TRUE(
      call("SetKeyPolicy", {{"KeyId", key_}, {"Policy", document("Deny", kBob, "kms:Decrypt")}})
          .ok());
  EXPECT_EQ(read_as(user({"kms:*"}), "own"), "Forbidden.NoPermission");
  identity::Principal session = reader;  // with STS the secret's right alone (openapi.md §1.1)
  session.session = true;
  EXPECT_EQ(read_as(session, "own"), "ok");
}

TEST_F(ResourcePolicies, ConditionsOnTagsAndSource) {
  ASSERT_TRUE(create("tagged", "one", {{"Tags", R"([{"TagKey":"env","TagValue":"dev"}])"}}).ok());
  identity::Principal who = user({});
  const auto with = [&who](const std::string& effect, const std::string& condition) {
    std::vector<policy::Policy> policies;
    for (const std::string& text :
         {R"({"Effect":")" + effect + R"(","Action":"kms:*","Resource":"*","Condition":)" +
              condition + "}",
          std::string(effect == "Deny" ? R"({"Effect":"Allow","Action":"kms:*","Resource":"*"})"
                                       : "")}) {
      if (text.empty()) continue;
      auto parsed = policy::parse_document(R"({"Version":"1","Statement":)" + text + "}",
                                           policy::DocumentKind::kIdentity);
      EXPECT_TRUE(parsed);
      policies.push_back({.name = "p", .type = "Custom", .document = std::move(*parsed)});
    }
    who.policies = policy::PolicySet::compile(std::move(policies));
  };
  with("Allow", R"({"StringEquals":{"kms:tag/Env":"dev"}})");  // key names have no case
  EXPECT_EQ(read_as(who, "tagged"), "ok");
  EXPECT_EQ(read_as(who, "db"), "Forbidden.NoPermission");
  EXPECT_EQ(read_as(who, "none"), "Forbidden.NoPermission");  // absent: judged as untagged
  with("Deny", R"({"StringNotEquals":{"kms:tag/env":"dev"}})");
  EXPECT_EQ(read_as(who, "tagged"), "ok");
  EXPECT_EQ(read_as(who, "db"), "Forbidden.NoPermission");
  with("Allow",
       R"({"IpAddress":{"acs:SourceIp":"127.0.0.0/8"},"Bool":{"acs:SecureTransport":true}})");
  EXPECT_EQ(read_as(who), "ok");
  with("Allow", R"({"NotIpAddress":{"acs:SourceIp":"127.0.0.1"}})");
  EXPECT_EQ(read_as(who), "Forbidden.NoPermission");
  with("Allow", R"({"DateLessThan":{"acs:CurrentTime":"2000-01-01T00:00:00Z"}})");
  EXPECT_EQ(read_as(who), "Forbidden.NoPermission");
}

}  // namespace
}  // namespace strongroom::service
