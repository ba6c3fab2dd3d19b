#pragma once
// One KMS instance with a secret and a client key, asked as net asks a gateway; and requests made
// by hand, right or wrong.

#include <gtest/gtest.h>

#include <charconv>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "envelope.h"
#include "messages.h"
#include "service_world.h"
#include "strongroom/base/bytes.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/crypto/client_key.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/gateway_instance/gateway.h"

namespace strongroom::gateway_instance {

/// A request that a test may spoil before it is sent.
struct Draft {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  std::string& header(std::string_view name) {
    for (auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return headers.emplace_back(name, "").second;
  }
  http::Request request(std::vector<NameValue>& views) const {
    views.clear();
    for (const auto& [name, value] : headers) views.push_back({name, value});
    http::Request out;
    out.method = "POST";
    out.path = "/";
    out.headers = views;
    out.body = body;
    return out;
  }
};

struct Told {
  int status = 0;
  std::string code;  // of Error, or empty
  std::string bytes;
  // Of the record.
  std::string principal_type;
  std::string principal_name;
  std::string access_key_id;
  std::string fingerprint;
  std::string source;
  std::string instance;
  AccountId account;
};

inline std::string http_date(Instant at) {
  const std::time_t seconds = at.unix_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

class InstanceWorld : public service::ServiceWorld {
 public:
  static constexpr std::string_view kSecret = "app/db";
  static constexpr std::string_view kValue = "the value that must not leave";
  static constexpr std::string_view kPassword = "Testpass123";

  struct Key {
    std::string id;
    crypto::PrivateKey pair;
  };

  InstanceWorld() {
    must(service::kBss, "CreateInstance", {{"ProductCode", "kms"}, {"InstanceName", "one"}});
    instance = instances.index().page(account, 0, 1).at(0);
    must(service::kKms, "ConnectKmsInstance",
         {{"KmsInstanceId", instance},
          {"VpcId", "vpc-1"},
          {"VSwitchIds", "vsw-1"},
          {"ZoneIds", "cn-hangzhou-a"}});
    const std::string made = must(service::kKms, "CreateKey", {{"DKMSInstanceId", instance}});
    must(service::kKms, "CreateSecret",
         {{"SecretName", std::string(kSecret)},
          {"VersionId", "v1"},
          {"SecretData", std::string(kValue)},
          {"EncryptionKeyId", text_of(made, "KeyId")},
          {"DKMSInstanceId", instance}});
    must(service::kKms, "CreatePolicy",
         {{"Name", "all"},
          {"KmsInstance", instance},
          {"Permissions", R"(["RbacPermission/Template/CryptoServiceKeyUser",)"
                          R"("RbacPermission/Template/CryptoServiceSecretUser"])"},
          {"Resources", R"(["key/*","secret/*"])"}});
    must(service::kKms, "CreateApplicationAccessPoint",
         {{"Name", "app"}, {"Policies", R"(["all"])"}});
    runner = make_runners(parts())();
  }

  GatewayParts parts() {
    return {.service = service,
            .access_points = access_points,
            .sources = sources,
            .replays = make_replay_guard(),
            .instance_id = instance,
            .account = account};
  }

  /// The text of a member anywhere in a JSON answer.
  static std::string text_of(const std::string& json, const std::string& name) {
    const std::size_t at = json.find('"' + name + "\":\"") + name.size() + 4;
    return json.substr(at, json.find('"', at) - at);
  }

  std::string must(const service::ApiVersion& api, std::string_view action, Given given) {
    const service::Answered answered = call(api, action, std::move(given));
    EXPECT_EQ(answered.code, "") << action << ": " << answered.text;
    return answered.text;
  }

  Key make_key() {
    const std::string made = must(service::kKms, "CreateClientKey",
                                  {{"AapName", "app"}, {"Password", std::string(kPassword)}});
    const std::string der = base64_decode(text_of(made, "PrivateKeyData")).value();
    auto opened = crypto::open_client_key(as_bytes(der), test::secret(std::string(kPassword)));
    EXPECT_TRUE(opened);
    return {text_of(made, "ClientKeyId"),
            std::move(*crypto::PrivateKey::from_pkcs8(opened->pkcs8))};
  }

  static void sign(Draft& draft, const crypto::PrivateKey& pair) {
    std::vector<NameValue> views;
    const std::string text = string_to_sign(draft.request(views));
    const auto signature =
        pair.sign(crypto::SignatureScheme::kRsaPkcs1Sha256, crypto::sha256(as_bytes(text)));
    draft.header("authorization") = "Bearer " + base64_encode(as_bytes(*signature));
  }

  Draft read(const Key& key, Instant now = kNow) {
    Draft draft;
    append_bytes(draft.body, 1, kSecret);
    const crypto::Digest32 hash = crypto::sha256(as_bytes(draft.body));
    draft.headers = {{"content-type", "application/x-protobuf"},
                     {"content-sha256", hex_encode({hash.data(), hash.size()})},
                     {"date", http_date(now)},
                     {"x-kms-apiversion", "dkms-gcs-0.2"},
                     {"x-kms-apiname", "GetSecretValue"},
                     {"x-kms-signaturemethod", "RSA_PKCS1_SHA_256"},
                     {"x-kms-acccesskeyid", key.id}};
    sign(draft, key.pair);
    return draft;
  }

  Told send(const Draft& draft, const std::string& peer = "192.0.2.1", Instant now = kNow,
            std::string_view name = {}) {
    std::vector<NameValue> views;
    gateway::Incoming incoming{.request = draft.request(views),
                               .peer = peer,
                               .request_id = "0F5E8C2B-0000-4000-8000-000000000001",
                               .now = now,
                               .secure_transport = true,
                               .server_name = name,
                               .principal = nullptr};
    auto finished = runner->run_on_io(incoming, *cache, principals);
    if (!finished) {
      barrier::ReadSet read_set;
      finished = runner->run_on_worker(incoming, read_set);
      cache->fill(std::move(read_set));
    }
    Told told;
    told.bytes = finished->bytes;
    constexpr std::size_t kStatusAt = 9;  // after "HTTP/1.1 "
    std::from_chars(told.bytes.data() + kStatusAt, told.bytes.data() + kStatusAt + 3, told.status);
    const audit::Record& record = *finished->record;
    told.principal_type = record.principal_type;
    told.principal_name = record.principal_name;
    told.access_key_id = record.access_key_id;
    told.fingerprint = record.key_fingerprint;
    told.source = record.source_ip;
    told.instance = record.instance;
    told.account = record.account;
    if (told.status != 200) code_of(told);
    return told;
  }

  std::string instance;
  identity::SourceLimiter sources{random};
  std::unique_ptr<gateway::CallRunner> runner;
  std::unique_ptr<barrier::CachedReader> cache = store->make_cache(1.0);
  identity::PrincipalCache principals{*cache, 1.0};

 private:
  // The Error of the body: field 2 is the code.
  static void code_of(Told& told) {
    std::string_view body(told.bytes);
    body.remove_prefix(body.find("\r\n\r\n") + 4);
    const std::size_t at = body.find('\x12');
    if (at == std::string_view::npos) return;
    told.code = body.substr(at + 2, static_cast<unsigned char>(body[at + 1]));
  }
};

}  // namespace strongroom::gateway_instance
