// Every use of a key in every state that forbids it: refused with the state's code, and all of it
// works again once the key does.

#include <functional>

#include "service_fixture.h"
#include "strongroom/base/bytes.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/test/reveal.h"

namespace strongroom::service {
namespace {

struct Use {
  std::string name;
  std::function<Answer()> attempt;
};

class KeyStates : public ServiceFixture {
 protected:
  KeyStates() {
    for (const char* spec : {"Aliyun_AES_256", "Aliyun_SM4"}) add_symmetric(spec);
    add_mac();
    add_signer("RSA_2048", "RSA_PSS_SHA_256");
    add_signer("EC_P256", "ECDSA_SHA_256");
    add_signer("EC_SM2", "SM2DSA");
    add_decrypter();
  }

  static std::string b64(std::string_view text) { return base64_encode(as_bytes(text)); }

  std::string made(const Params& params) {
    const Answer answer = call("CreateKey", params);
    EXPECT_TRUE(answer.ok()) << answer.message;
    keys_of_test_.push_back(text_at(answer.json, "/KeyMetadata/KeyId"));
    return keys_of_test_.back();
  }
  std::string version_of(const std::string& key) {
    return text_at(call("ListKeyVersions", {{"KeyId", key}}).json,
                   "/KeyVersions/KeyVersion/0/KeyVersionId");
  }
  void use(const std::string& action, const Params& params) {
    uses_.push_back({action, [this, action, params] { return call(action, params); }});
  }

  /// Material that ends after an hour.
  void import(const std::string& key, std::size_t size) {
    const Answer with =
        call("GetParametersForImport",
             {{"KeyId", key}, {"WrappingKeySpec", "EC_SM2"}, {"WrappingAlgorithm", "SM2PKE"}});
    const auto wrapper =
        crypto::PublicKey::from_spki(as_bytes(*base64_decode(text_at(with.json, "/PublicKey"))));
    const std::string wrapped =
        *wrapper->encrypt(crypto::EncryptionScheme::kSm2Pke, test::secret(std::string(size, 'm')));
    const std::int64_t end = fixture_.clock().now().unix_seconds() + 3600;
    const Answer done =
        call("ImportKeyMaterial", {{"KeyId", key},
                                   {"ImportToken", text_at(with.json, "/ImportToken")},
                                   {"EncryptedKeyMaterial", b64(wrapped)},
                                   {"KeyMaterialExpireUnix", std::to_string(end)}});
    EXPECT_TRUE(done.ok()) << done.message;
  }
  void import_all() {
    for (const auto& [key, size] : imported_) import(key, size);
  }

  void add_symmetric(const std::string& spec) {
    const std::string key = made({{"KeySpec", spec}, {"Origin", "EXTERNAL"}});
    imported_.emplace_back(key, spec == "Aliyun_SM4" ? 16 : 32);
    import(key, imported_.back().second);
    const std::string other = create_key();  // stays usable
    const auto pair = crypto::PrivateKey::generate(crypto::KeyKind::kEcSm2);
    const Params to{{"PublicKeyBlob", b64(pair->public_key().spki())},
                    {"WrappingKeySpec", "EC_SM2"},
                    {"WrappingAlgorithm", "SM2PKE"}};
    const std::string blob =
        text_at(call("GenerateDataKey", {{"KeyId", key}}).json, "/CiphertextBlob");
    const std::string elsewhere =
        text_at(call("Encrypt", {{"KeyId", other}, {"Plaintext", "x"}}).json, "/CiphertextBlob");
    Params made_for = to;
    made_for["KeyId"] = key;
    Params exported = to;
    exported["CiphertextBlob"] = blob;
    use("Encrypt", {{"KeyId", key}, {"Plaintext", "x"}});
    use("Decrypt", {{"CiphertextBlob", blob}});
    use("GenerateDataKey", {{"KeyId", key}});
    use("GenerateDataKeyWithoutPlaintext", {{"KeyId", key}});
    use("GenerateAndExportDataKey", made_for);
    use("ExportDataKey", exported);
    use("ReEncrypt", {{"CiphertextBlob", blob}, {"DestinationKeyId", other}});
    use("ReEncrypt", {{"CiphertextBlob", elsewhere}, {"DestinationKeyId", key}});
    const std::string secret = "of-" + key;
    EXPECT_TRUE(create(secret, "value", {{"EncryptionKeyId", key}}).ok());
    use("GetSecretValue", {{"SecretName", secret}});
    uses_.push_back({"PutSecretValue", [this, secret] {
                       return call("PutSecretValue",
                                   {{"SecretName", secret},
                                    {"VersionId", "v" + std::to_string(++serial_)},
                                    {"SecretData", "more"}});
                     }});
    uses_.push_back({"CreateSecret", [this, key] {
                       return create("s" + std::to_string(++serial_), "x",
                                     {{"EncryptionKeyId", key}});
                     }});
  }

  void add_mac() {
    const std::string key = made(
        {{"KeySpec", "HMAC_SHA_256"}, {"KeyUsage", "GENERATE/VERIFY_MAC"}, {"Origin", "EXTERNAL"}});
    imported_.emplace_back(key, 32);
    import(key, 32);
    Params params{{"KeyId", key}, {"Algorithm", "HMAC_SHA_256"}, {"Message", b64("m")}};
    use("GenerateMac", params);
    params["Mac"] = text_at(call("GenerateMac", params).json, "/Mac");
    use("VerifyMac", params);
  }

  void add_signer(const std::string& spec, const std::string& algorithm) {
    const std::string key = made({{"KeySpec", spec}, {"KeyUsage", "SIGN/VERIFY"}});
    Params params{{"KeyId", key},
                  {"KeyVersionId", version_of(key)},
                  {"Algorithm", algorithm},
                  {"Digest", base64_encode(crypto::sha256(as_bytes("message")))}};
    use("AsymmetricSign", params);
    params["Value"] = text_at(call("AsymmetricSign", params).json, "/Value");
    use("AsymmetricVerify", params);
    use("GetPublicKey", {{"KeyId", key}, {"KeyVersionId", params["KeyVersionId"]}});
  }

  void add_decrypter() {
    const std::string key = made({{"KeySpec", "RSA_2048"}, {"KeyUsage", "ENCRYPT/DECRYPT"}});
    Params params{{"KeyId", key},
                  {"KeyVersionId", version_of(key)},
                  {"Algorithm", "RSAES_OAEP_SHA_256"},
                  {"Plaintext", b64("y")}};
    use("AsymmetricEncrypt", params);
    params["CiphertextBlob"] = text_at(call("AsymmetricEncrypt", params).json, "/CiphertextBlob");
    params.erase("Plaintext");
    use("AsymmetricDecrypt", params);
    use("ReEncrypt", {{"CiphertextBlob", params["CiphertextBlob"]},
                      {"SourceKeyId", key},
                      {"SourceKeyVersionId", params["KeyVersionId"]},
                      {"SourceEncryptionAlgorithm", "RSAES_OAEP_SHA_256"},
                      {"DestinationKeyId", create_key()}});
  }

  void all(const std::string& action, Params more = {}) {
    for (const std::string& key : keys_of_test_) {
      Params params = more;
      params["KeyId"] = key;
      EXPECT_TRUE(call(action, params).ok()) << action;
    }
  }
  void expect_all(const std::string& code) {
    for (const Use& one : uses_) {
      // openapi.md §2.2: CreateSecret has a code of its own for a key that is not there.
      const bool own = one.name == "CreateSecret" && code == "Forbidden.KeyNotFound";
      EXPECT_EQ(one.attempt().code, own ? "Forbidden.ResourceNotFound" : code) << one.name;
    }
  }
  void run_due_after(std::int64_t milliseconds) {
    fixture_.clock().advance_ms(milliseconds);
    const auto rows = fixture_->due(barrier::TimeTable::kDue, fixture_.clock().now(), 100);
    ASSERT_TRUE(rows);
    for (const auto& row : *rows) EXPECT_TRUE(service_.run_due(row, fixture_.clock().now()));
  }

  std::vector<std::string> keys_of_test_;
  std::vector<std::pair<std::string, std::size_t>> imported_;
  std::vector<Use> uses_;
  int serial_ = 1;  // "v1" is there
};

TEST_F(KeyStates, ADisabledKeyRefusesEveryUseUntilItIsEnabled) {
  expect_all("");
  all("DisableKey");
  expect_all("Rejected.Disabled");
  all("EnableKey");
  expect_all("");
}

TEST_F(KeyStates, APendingKeyRefusesEveryUseUntilThatIsCancelled) {
  all("ScheduleKeyDeletion", {{"PendingWindowInDays", "7"}});
  expect_all("Rejected.PendingDeletion");
  all("CancelKeyDeletion");
  expect_all("");
}

TEST_F(KeyStates, ADeletedKeyIsNotThere) {
  all("ScheduleKeyDeletion", {{"PendingWindowInDays", "7"}});
  run_due_after(7 * kMillisPerDay + 1'000);
  expect_all("Forbidden.KeyNotFound");
}

TEST_F(KeyStates, AnExpiredKeyRefusesEveryUseUntilItIsImportedAgain) {
  std::erase_if(uses_, [](const Use& one) { return one.name.starts_with("Asymmetric"); });
  std::erase_if(uses_, [](const Use& one) { return one.name == "GetPublicKey"; });
  uses_.pop_back();  // ReEncrypt from an RSA key, whose material does not end
  run_due_after(3'601'000);
  expect_all("Rejected.PendingImport");
  import_all();
  expect_all("");
}

}  // namespace
}  // namespace strongroom::service
