// Every cryptographic action, aliases and imports as a client sees them.

#include "service_fixture.h"
#include "strongroom/base/bytes.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/test/reveal.h"

namespace strongroom::service {
namespace {

class CryptoHandlers : public ServiceFixture {
 protected:
  struct Pair {
    std::string id;
    std::string version;
  };
  Pair create(const std::string& spec, const std::string& usage = "") {
    Params params{{"KeySpec", spec}};
    if (!usage.empty()) params["KeyUsage"] = usage;
    const Answer made = call("CreateKey", params);
    EXPECT_TRUE(made.ok()) << made.message;
    const std::string id = text_at(made.json, "/KeyMetadata/KeyId");
    const Answer versions = call("ListKeyVersions", {{"KeyId", id}});
    return {id, text_at(versions.json, "/KeyVersions/KeyVersion/0/KeyVersionId")};
  }
  static std::string b64(std::string_view text) { return base64_encode(as_bytes(text)); }
  const std::string digest_ = base64_encode(crypto::sha256(as_bytes("message")));
};

TEST_F(CryptoHandlers, SignsAndVerifies) {
  const std::vector<std::pair<std::string, std::string>> cases{{"RSA_2048", "RSA_PSS_SHA_256"},
                                                               {"RSA_2048", "RSA_PKCS1_SHA_256"},
                                                               {"EC_P256", "ECDSA_SHA_256"},
                                                               {"EC_P256K", "ECDSA_SHA_256"},
                                                               {"EC_SM2", "SM2DSA"}};
  for (const auto& [spec, algorithm] : cases) {
    const Pair key = create(spec);
    Params params{{"KeyId", key.id},
                  {"KeyVersionId", key.version},
                  {"Algorithm", algorithm},
                  {"Digest", digest_}};
    const Answer made = call("AsymmetricSign", params);
    ASSERT_TRUE(made.ok()) << spec << made.message;
    EXPECT_EQ(text_at(made.json, "/KeyId"), key.id);
    EXPECT_EQ(text_at(made.json, "/KeyVersionId"), key.version);
    const Answer half = call("GetPublicKey", {{"KeyId", key.id}, {"KeyVersionId", key.version}});
    EXPECT_TRUE(text_at(half.json, "/PublicKey").starts_with("-----BEGIN PUBLIC KEY-----\n"));
    params["Value"] = text_at(made.json, "/Value");
    EXPECT_EQ(text_at(call("AsymmetricVerify", params).json, "/Value"), "true");
    params["Digest"] = base64_encode(crypto::sha256(as_bytes("x")));
    EXPECT_EQ(text_at(call("AsymmetricVerify", params).json, "/Value"), "false");
    params["Algorithm"] = "NONE";
    EXPECT_EQ(call("AsymmetricVerify", params).code, "InvalidParameter");
    params.erase("KeyVersionId");
    params["Algorithm"] = algorithm;
    EXPECT_EQ(call("AsymmetricVerify", params).code, "MissingParameter");
  }
}

TEST_F(CryptoHandlers, EncryptsAsymmetrically) {
  for (const auto& [spec, algorithm] :
       {std::pair("RSA_2048", "RSAES_OAEP_SHA_256"), std::pair("RSA_2048", "RSAES_OAEP_SHA_1"),
        std::pair("EC_SM2", "SM2PKE")}) {
    const Pair key = create(spec, "ENCRYPT/DECRYPT");
    Params params{{"KeyId", key.id}, {"KeyVersionId", key.version}, {"Algorithm", algorithm}};
    params["Plaintext"] = b64("hello");
    const Answer sealed = call("AsymmetricEncrypt", params);
    ASSERT_TRUE(sealed.ok()) << sealed.message;
    params["CiphertextBlob"] = text_at(sealed.json, "/CiphertextBlob");
    EXPECT_EQ(text_at(call("AsymmetricDecrypt", params).json, "/Plaintext"), b64("hello"));
    params["CiphertextBlob"] = b64("nonsense");
    EXPECT_EQ(call("AsymmetricDecrypt", params).code, "InvalidParameter");
    EXPECT_EQ(call("Encrypt", {{"KeyId", key.id}, {"Plaintext", "x"}}).code,
              "UnsupportedOperation");
  }
}

TEST_F(CryptoHandlers, PrivateKeysThatTakeLongLeaveTheIoThread) {
  const auto cache = fixture_->make_cache(1);
  for (const auto& [spec, algorithm, stays] : {std::tuple("RSA_2048", "RSA_PSS_SHA_256", false),
                                               std::tuple("EC_P256", "ECDSA_SHA_256", true)}) {
    const Pair key = create(spec);
    const Params params{{"KeyId", key.id},
                        {"KeyVersionId", key.version},
                        {"Algorithm", algorithm},
                        {"Digest", digest_}};
    const Operation& row = *service_.find(kKms.version, "AsymmetricSign");
    const auto reader = *fixture_->reader();
    ASSERT_TRUE(run(root(), row, params, reader.get()).ok());
    cache->fill(reader->take_read_set());
    EXPECT_EQ(run(root(), row, params, cache.get()).not_cached, !stays) << spec;
  }
}

TEST_F(CryptoHandlers, MacsAMessage) {
  const Pair key = create("HMAC_SHA_256");
  Params params{{"KeyId", key.id}, {"Algorithm", "HMAC_SHA_256"}, {"Message", b64("m")}};
  const Answer made = call("GenerateMac", params);
  ASSERT_TRUE(made.ok()) << made.message;
  EXPECT_EQ(text_at(made.json, "/Algorithm"), "HMAC_SHA_256");
  params["Mac"] = text_at(made.json, "/Mac");
  EXPECT_EQ(text_at(call("VerifyMac", params).json, "/Value"), "true");
  params["Message"] = b64("n");
  EXPECT_EQ(text_at(call("VerifyMac", params).json, "/Value"), "false");
  params["Algorithm"] = "HMAC_SM3";
  EXPECT_EQ(call("VerifyMac", params).code, "UnsupportedOperation");
  params["DryRun"] = "true";
  EXPECT_EQ(call("VerifyMac", params).code, "ValidationError");
}

TEST_F(CryptoHandlers, DataKeysAreExported) {
  using crypto::EncryptionScheme;
  const auto own = crypto::PrivateKey::generate(crypto::KeyKind::kRsa2048);
  const std::string key = create_key();
  const Params to{{"PublicKeyBlob", b64(own->public_key().spki())},
                  {"WrappingKeySpec", "RSA_2048"},
                  {"WrappingAlgorithm", "RSAES_OAEP_SHA_256"},
                  {"EncryptionContext", R"({"a":"1"})"}};
  Params generate = to;
  generate["KeyId"] = key;
  const Answer made = call("GenerateAndExportDataKey", generate);
  ASSERT_TRUE(made.ok()) << made.message;
  const auto raw = [&](const Answer& answer) {
    const auto wrapped = base64_decode(text_at(answer.json, "/ExportedDataKey"));
    return test::reveal(*own->decrypt(EncryptionScheme::kRsaOaepSha256, as_bytes(*wrapped)));
  };
  EXPECT_EQ(raw(made).size(), 32U);
  Params again = to;
  again["CiphertextBlob"] = text_at(made.json, "/CiphertextBlob");
  const Answer exported = call("ExportDataKey", again);
  ASSERT_TRUE(exported.ok()) << exported.message;
  EXPECT_EQ(raw(exported), raw(made));
  again["EncryptionContext"] = "{}";
  EXPECT_EQ(call("ExportDataKey", again).code, "InvalidParameter");
  again["PublicKeyBlob"] = b64("nonsense");
  again["EncryptionContext"] = R"({"a":"1"})";
  EXPECT_EQ(call("ExportDataKey", again).code, "InvalidParameter");
}

TEST_F(CryptoHandlers, ReEncryptNeedsBothRights) {
  const std::string from = create_key();
  const std::string to = create_key();
  const Answer sealed = call("Encrypt", {{"KeyId", from}, {"Plaintext", "x"}});
  const Params params{{"CiphertextBlob", text_at(sealed.json, "/CiphertextBlob")},
                      {"DestinationKeyId", to},
                      {"DestinationEncryptionContext", R"({"b":"2"})"}};
  const Answer moved = call("ReEncrypt", params);
  ASSERT_TRUE(moved.ok()) << moved.message;
  EXPECT_EQ(text_at(moved.json, "/KeyId"), to);
  const Answer opened = call("Decrypt", {{"CiphertextBlob", text_at(moved.json, "/CiphertextBlob")},
                                         {"EncryptionContext", R"({"b":"2"})"}});
  EXPECT_EQ(text_at(opened.json, "/Plaintext"), "x");
  const auto as = [&](const char* action, const std::string& key) {
    return call_as(user({action}, {keys_.arn(kAccount, key)}), "ReEncrypt", params).code;
  };
  EXPECT_EQ(as("kms:ReEncryptTo", to), "Forbidden.NoPermission");
  EXPECT_EQ(as("kms:ReEncryptFrom", from), "Forbidden.NoPermission");
  EXPECT_TRUE(call_as(user({"kms:ReEncryptFrom", "kms:ReEncryptTo"}), "ReEncrypt", params).ok());
  // Both are recorded; a refused call names the key that it was refused for.
  EXPECT_EQ(moved.facts.resource, keys_.arn(kAccount, to));
  EXPECT_EQ(moved.facts.key_id, to);
  EXPECT_EQ(moved.facts.version_id, text_at(moved.json, "/KeyVersionId"));
  ASSERT_EQ(moved.entries.size(), 1U);
  EXPECT_EQ(moved.entries.front().facts.resource, keys_.arn(kAccount, from));
  EXPECT_EQ(moved.entries.front().facts.key_id, from);
  const auto to_alone = user({"kms:ReEncryptTo"});
  EXPECT_EQ(call_as(to_alone, "ReEncrypt", params).facts.resource, keys_.arn(kAccount, from));
  const Pair pair = create("RSA_2048", "ENCRYPT/DECRYPT");
  const std::string bytes("\xff\x00\xc8 no text", 12);
  const Answer asymmetric = call("AsymmetricEncrypt", {{"KeyId", pair.id},
                                                       {"KeyVersionId", pair.version},
                                                       {"Algorithm", "RSAES_OAEP_SHA_256"},
                                                       {"Plaintext", b64(bytes)}});
  const Answer across =
      call("ReEncrypt", {{"CiphertextBlob", text_at(asymmetric.json, "/CiphertextBlob")},
                         {"SourceKeyId", pair.id},
                         {"SourceKeyVersionId", pair.version},
                         {"SourceEncryptionAlgorithm", "RSAES_OAEP_SHA_256"},
                         {"DestinationKeyId", to}});
  EXPECT_EQ(
      text_at(call("Decrypt", {{"CiphertextBlob", text_at(across.json, "/CiphertextBlob")}}).json,
              "/Plaintext"),
      b64(bytes));
}

TEST_F(CryptoHandlers, AliasesStandForTheirKey) {
  const std::string id = create_key();
  const std::string other = create_key();
  const Params alias{{"AliasName", "alias/a"}, {"KeyId", id}};
  EXPECT_TRUE(call("CreateAlias", alias).ok());
  EXPECT_EQ(call("CreateAlias", alias).code, "AliasAlreadyExists");
  const Answer sealed = call("Encrypt", {{"KeyId", "alias/a"}, {"Plaintext", "x"}});
  EXPECT_EQ(text_at(sealed.json, "/KeyId"), id);
  const std::string arn = keys_.alias_arn(kAccount, "alias/a");
  EXPECT_EQ(text_at(call("DescribeKey", {{"KeyId", arn}}).json, "/KeyMetadata/KeyId"), id);
  EXPECT_EQ(text_at(call("ListAliases", {}).json, "/Aliases/Alias"),
            R"([{"AliasName":"alias/a","AliasArn":")" + arn + R"(","KeyId":")" + id + R"("}])");
  EXPECT_EQ(text_at(call("ListAliasesByKeyId", {{"KeyId", other}}).json, "/Aliases/Alias"), "[]");
  EXPECT_EQ(
      text_at(call("ListKeys", {{"Filters", R"([{"Key":"AliasName","Values":["alias/a"]}])"}}).json,
              "/Keys/Key/0/KeyId"),
      id);
  const auto move_to = [&](const std::string& destination) {
    return call("ReEncrypt", {{"CiphertextBlob", text_at(sealed.json, "/CiphertextBlob")},
                              {"DestinationKeyId", destination}});
  };
  EXPECT_EQ(text_at(move_to("alias/a").json, "/KeyId"), id);
  EXPECT_EQ(text_at(move_to(arn).json, "/KeyId"), id);
  EXPECT_EQ(move_to(keys_.alias_arn(kAccount, "alias/none")).code, "Forbidden.AliasNotFound");
  EXPECT_EQ(call("EnableKey", {{"KeyId", "alias/a"}}).code, "Unsupported.Alias");
  EXPECT_EQ(call("ListAliasesByKeyId", {{"KeyId", "alias/a"}}).code, "Unsupported.Alias");
  // The right is on the key; a denial does not tell which one, or whether the alias exists.
  const Params use{{"KeyId", "alias/a"}, {"Plaintext", "x"}};
  EXPECT_TRUE(call_as(user({"kms:Encrypt"}, {keys_.arn(kAccount, id)}), "Encrypt", use).ok());
  const Answer denied =
      call_as(user({"kms:Encrypt"}, {keys_.arn(kAccount, other)}), "Encrypt", use);
  EXPECT_EQ(denied.code, "Forbidden.NoPermission");
  EXPECT_EQ(denied.message.find(id), std::string::npos);
  EXPECT_EQ(denied.facts.resource, arn);

  EXPECT_TRUE(call("UpdateAlias", {{"AliasName", "alias/a"}, {"KeyId", other}}).ok());
  EXPECT_EQ(text_at(call("Encrypt", use).json, "/KeyId"), other);
  const auto delete_as = [&](std::vector<std::string> resources) {
    return call_as(user({"kms:DeleteAlias"}, std::move(resources)), "DeleteAlias",
                   {{"AliasName", "alias/a"}})
        .code;
  };
  EXPECT_EQ(delete_as({arn}), "Forbidden.NoPermission");
  EXPECT_EQ(delete_as({arn, keys_.arn(kAccount, other)}), "");
  EXPECT_EQ(call("Encrypt", use).code, "Forbidden.AliasNotFound");
  EXPECT_EQ(call("UpdateAlias", {{"AliasName", "alias/a"}, {"KeyId", id}}).code,
            "Forbidden.AliasNotFound");
}

TEST_F(CryptoHandlers, MaterialIsImported) {
  const Answer made = call("CreateKey", {{"Origin", "EXTERNAL"}});
  const std::string id = text_at(made.json, "/KeyMetadata/KeyId");
  EXPECT_EQ(text_at(made.json, "/KeyMetadata/KeyState"), "PendingImport");
  EXPECT_EQ(call("Encrypt", {{"KeyId", id}, {"Plaintext", "x"}}).code, "Rejected.PendingImport");
  const Answer with = call("GetParametersForImport", {{"KeyId", id},
                                                      {"WrappingKeySpec", "RSA_2048"},
                                                      {"WrappingAlgorithm", "RSAES_OAEP_SHA_256"}});
  ASSERT_TRUE(with.ok()) << with.message;
  const auto wrapper =
      crypto::PublicKey::from_spki(as_bytes(*base64_decode(text_at(with.json, "/PublicKey"))));
  const std::string wrapped = *wrapper->encrypt(crypto::EncryptionScheme::kRsaOaepSha256,
                                                test::secret(std::string(32, 'm')));
  Params import{{"KeyId", id},
                {"ImportToken", text_at(with.json, "/ImportToken")},
                {"EncryptedKeyMaterial", b64("nonsense")}};
  EXPECT_EQ(call("ImportKeyMaterial", import).code, "InvalidKeyMaterial");
  import["EncryptedKeyMaterial"] = b64(wrapped);
  const std::int64_t later = fixture_.clock().now().unix_seconds() + 3600;
  import["KeyMaterialExpireUnix"] = std::to_string(later);
  ASSERT_TRUE(call("ImportKeyMaterial", import).ok());
  EXPECT_EQ(text_at(call("DescribeKey", {{"KeyId", id}}).json, "/KeyMetadata/MaterialExpireTime"),
            format_utc(Instant::from_seconds(later)));
  EXPECT_TRUE(call("Encrypt", {{"KeyId", id}, {"Plaintext", "x"}}).ok());
  const auto protect = [&](const char* on) {
    return call("SetDeletionProtection", {{"KeyId", id}, {"EnableDeletionProtection", on}}).ok();
  };
  EXPECT_TRUE(protect("true"));
  EXPECT_EQ(call("DeleteKeyMaterial", {{"KeyId", id}}).code, "Rejected.StateModifiedFailed");
  EXPECT_TRUE(call("Encrypt", {{"KeyId", id}, {"Plaintext", "x"}}).ok());
  EXPECT_TRUE(protect("false"));
  EXPECT_TRUE(call("DeleteKeyMaterial", {{"KeyId", id}}).ok());
  EXPECT_TRUE(call("ImportKeyMaterial", import).ok());  // the token is still good
  EXPECT_EQ(call("GetParametersForImport", {{"KeyId", create_key()},
                                            {"WrappingKeySpec", "RSA_2048"},
                                            {"WrappingAlgorithm", "RSAES_OAEP_SHA_256"}})
                .code,
            "Unsupported.Origin");
}

TEST_F(CryptoHandlers, RotationShowsInTheMetadata) {
  const Answer made =
      call("CreateKey", {{"EnableAutomaticRotation", "true"}, {"RotationInterval", "30d"}});
  const std::string id = text_at(made.json, "/KeyMetadata/KeyId");
  EXPECT_EQ(text_at(made.json, "/KeyMetadata/AutomaticRotation"), "Enabled");
  EXPECT_EQ(text_at(made.json, "/KeyMetadata/RotationInterval"), "2592000s");
  const Instant next{fixture_.clock().now().unix_ms + 30 * kMillisPerDay};
  EXPECT_EQ(text_at(made.json, "/KeyMetadata/NextRotationDate"), format_utc(next));
  fixture_.clock().set(next);
  const auto rows = fixture_->due(barrier::TimeTable::kDue, next, 10);
  ASSERT_TRUE(rows);
  for (const auto& row : *rows) {
    ASSERT_TRUE(service_.run_due(row, next));
  }
  EXPECT_EQ(text_at(call("ListKeyVersions", {{"KeyId", id}}).json, "/TotalCount"), "2");
  EXPECT_TRUE(
      call("UpdateRotationPolicy", {{"KeyId", id}, {"EnableAutomaticRotation", "false"}}).ok());
  EXPECT_EQ(text_at(call("DescribeKey", {{"KeyId", id}}).json, "/KeyMetadata/RotationInterval"),
            "<absent>");
  const Answer version = call("CreateKeyVersion", {{"KeyId", id}});
  EXPECT_EQ(version.code, "Rejected.LimitExceeded");  // the last one is of this moment
  const Answer first = call("CreateKeyVersion", {{"KeyId", create_key()}});
  EXPECT_EQ(text_at(first.json, "/KeyVersion/KeyVersionId").size(), 36U);
}

TEST_F(CryptoHandlers, DeletionWarnsOfSecrets) {
  const std::string id = create_key();
  ASSERT_TRUE(ServiceFixture::create("db/password", "v", {{"EncryptionKeyId", id}}).ok());
  const Params plan{{"KeyId", id}, {"PendingWindowInDays", "7"}};
  const Answer warned = call("ScheduleKeyDeletion", plan);
  EXPECT_TRUE(warned.ok());
  EXPECT_NE(text_at(warned.json, "/Warning").find("1 secret is"), std::string::npos);
  EXPECT_NE(text_at(warned.json, "/Warning").find("db/password"), std::string::npos);
  EXPECT_EQ(call("GetSecretValue", {{"SecretName", "db/password"}}).code,
            "Rejected.PendingDeletion");
  EXPECT_TRUE(call("CancelKeyDeletion", {{"KeyId", id}}).ok());
  EXPECT_TRUE(call("GetSecretValue", {{"SecretName", "db/password"}}).ok());
  EXPECT_EQ(
      call("ScheduleKeyDeletion", {{"KeyId", create_key()}, {"PendingWindowInDays", "7"}}).json,
      "{}");
}

TEST_F(CryptoHandlers, ADeletionSaysThatNotEverySecretWasLookedAt) {
  const std::string key = create_key();
  secrets::Secrets unread{*fixture_, keys_, fixture_.random(), "cn-hangzhou"};  // no index yet
  Service starting{{.store = *fixture_,
                    .directory = directory_,
                    .keys = keys_,
                    .instances = instances_,
                    .secrets = unread,
                    .access_points = access_points_,
                    .clock = fixture_.clock(),
                    .random = fixture_.random(),
                    .region = "cn-hangzhou"}};
  const NameValue plan[] = {{"KeyId", key}, {"PendingWindowInDays", "7"}};
  const Parameters parameters(plan);
  const identity::Principal caller = root();
  const Request request = request_of(starting.find(kKms.version, "ScheduleKeyDeletion"), caller,
                                     parameters, "0F5E8C2B-0000-4000-8000-000000000001");
  JsonAnswer answer;
  const Outcome outcome =
      starting.mutate(request, [&answer]() -> AnswerWriter& { return answer.restart(); });
  EXPECT_FALSE(outcome.error);
  EXPECT_TRUE(text_at(answer.text(), "/Warning").starts_with("Not every secret was looked at."));
}

TEST_F(CryptoHandlers, SecretsLiveUnderEverySymmetricSpec) {
  for (const char* spec : {"Aliyun_AES_192", "Aliyun_AES_128", "Aliyun_SM4"}) {
    const Pair key = create(spec);
    const std::string name = std::string("s/") + spec;
    ASSERT_TRUE(ServiceFixture::create(name, "value", {{"EncryptionKeyId", key.id}}).ok());
    EXPECT_EQ(text_at(call("GetSecretValue", {{"SecretName", name}}).json, "/SecretData"), "value");
  }
  const Pair pair = create("EC_P256");
  EXPECT_EQ(ServiceFixture::create("s", "v", {{"EncryptionKeyId", pair.id}}).code,
            "UnsupportedOperation");
}

}  // namespace
}  // namespace strongroom::service
