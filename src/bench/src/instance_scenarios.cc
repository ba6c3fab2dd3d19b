// An application at the endpoint of a KMS instance: reads and encryptions signed with a client key,
// against nginx answering the same bytes plus one RSA-2048 verification of the same run.

#include <ctime>
#include <filesystem>

#include "scenarios.h"
#include "seed.h"
#include "strongroom/base/bytes.h"
#include "strongroom/client/client.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/crypto/client_key.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/crypto/rsa.h"

namespace strongroom::bench {
namespace {

constexpr std::size_t kValueBytes = 1024;
constexpr std::size_t kConnections = 32;
// Signing costs a millisecond, so a round sends each request several times, as honest clients do
// that ask for the same within a second.
constexpr std::size_t kSignedRequests = 4'000;
constexpr std::size_t kVerifications = 20'000;
constexpr std::string_view kPassword = "Testpass123";

/// CPU microseconds of one verification, done as the server does it.
Result<double> verification_us() {
  SR_TRY(const crypto::PrivateKey pair, crypto::PrivateKey::generate(crypto::KeyKind::kRsa2048));
  const std::string spki = pair.public_key().spki();
  SR_TRY(const crypto::RsaPublicKey key, crypto::RsaPublicKey::from_der(as_bytes(spki)));
  const std::string text(300, 't');
  SR_TRY(const std::string signature,
         pair.sign(crypto::SignatureScheme::kRsaPkcs1Sha256, crypto::sha256(as_bytes(text))));
  const std::clock_t before = std::clock();
  bool valid = true;
  for (std::size_t i = 0; i < kVerifications; ++i)
    valid = key.verify_pkcs1_sha256(as_bytes(text), as_bytes(signature)) && valid;
  const double used = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  if (!valid) return fail(ErrorKind::kInternal, "Verification", "a right signature was refused");
  return used * 1e6 / static_cast<double>(kVerifications);
}

/// "Sat, 21 Nov 2026 22:48:53 GMT".
std::string http_date(Instant at) {
  const std::time_t seconds = at.unix_ms / kMillisPerSecond;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

/// A protobuf field of bytes.
void append_field(std::string& out, unsigned number, std::string_view value) {
  out.push_back(static_cast<char>(number << 3U | 2U));
  out.push_back(static_cast<char>(value.size()));  // shorter than 128
  out.append(value);
}

/// What one client key signs: byte for byte as the Python client sends it.
class Application {
 public:
  Application(std::string host, std::string client_key_id, crypto::PrivateKey pair)
      : host_(std::move(host)), client_key_id_(std::move(client_key_id)), pair_(std::move(pair)) {}

  Result<std::string> request(std::string_view action, const std::string& body) const {
    const crypto::Digest32 digest = crypto::sha256(as_bytes(body));
    const std::string hash = hex_encode({digest.data(), digest.size()});
    const std::string date = http_date(SystemClock().now());
    const std::string signed_headers = "x-kms-acccesskeyid:" + client_key_id_ +
                                       "\nx-kms-apiname:" + std::string(action) +
                                       "\nx-kms-apiversion:dkms-gcs-0.2\n"
                                       "x-kms-signaturemethod:RSA_PKCS1_SHA_256\n";
    const std::string text =
        "POST\n" + hash + "\napplication/x-protobuf\n" + date + "\n" + signed_headers + "/";
    SR_TRY(const std::string signature,
           pair_.sign(crypto::SignatureScheme::kRsaPkcs1Sha256, crypto::sha256(as_bytes(text))));
    return "POST / HTTP/1.1\r\nHost: " + host_ +
           "\r\nAccept-Encoding: identity\r\naccept: application/x-protobuf\r\n"
           "content-type: application/x-protobuf\r\ncontent-sha256: " +
           hash + "\r\ndate: " + date +
           "\r\nuser-agent: AlibabaCloud (Linux; x86_64) Python/3.11.7 "
           "kms-gcs-python-sdk-version/1.0.2\r\nx-kms-apiversion: dkms-gcs-0.2\r\nx-kms-apiname: " +
           std::string(action) +
           "\r\nx-kms-signaturemethod: RSA_PKCS1_SHA_256\r\nx-kms-acccesskeyid: " + client_key_id_ +
           "\r\nauthorization: Bearer " + base64_encode(as_bytes(signature)) +
           "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

 private:
  std::string host_;
  std::string client_key_id_;
  crypto::PrivateKey pair_;
};

/// Makes what the application works with, over OpenAPI.
class Founder {
 public:
  Founder(const Strongroomd& server, client::Settings settings)
      : instance_(server.instance_id()), client_(std::move(settings), clock_, random_) {}

  Result<std::string> make_key() {
    SR_TRY(const client::Answer made, call("CreateKey", {{"DKMSInstanceId", instance_}}));
    return std::string(made.json.root()["KeyMetadata"]["KeyId"].text());
  }

  Result<Application> make_application(std::string host) {
    SR_CHECK_OK(call("CreatePolicy",
                     {{"Name", "bench"},
                      {"KmsInstance", instance_},
                      {"Permissions", R"(["RbacPermission/Template/CryptoServiceKeyUser",)"
                                      R"("RbacPermission/Template/CryptoServiceSecretUser"])"},
                      {"Resources", R"(["key/*","secret/*"])"}}));
    SR_CHECK_OK(
        call("CreateApplicationAccessPoint", {{"Name", "bench"}, {"Policies", R"(["bench"])"}}));
    SR_TRY(const client::Answer made,
           call("CreateClientKey", {{"AapName", "bench"}, {"Password", std::string(kPassword)}}));
    const client::Value& root = made.json.root();
    const auto file = base64_decode(root["PrivateKeyData"].text());
    SR_TRY(const SecretBytes password, SecretBytes::copy_of(as_bytes(kPassword)));
    SR_TRY(const crypto::OpenedClientKey opened,
           crypto::open_client_key(as_bytes(file.value_or("")), password));
    SR_TRY(crypto::PrivateKey pair, crypto::PrivateKey::from_pkcs8(opened.pkcs8));
    return Application(std::move(host), std::string(root["ClientKeyId"].text()), std::move(pair));
  }

 private:
  Result<client::Answer> call(std::string_view action, std::vector<client::Parameter> parameters) {
    SR_TRY(client::Answer answer,
           client_.call({.action = action, .parameters = std::move(parameters)}));
    if (answer.ok()) return answer;
    return fail(ErrorKind::kInternal, "SetUp",
                std::string(action) + ": " + answer.error().code + ": " + answer.error().message);
  }

  std::string instance_;
  SystemClock clock_;
  SystemRandom random_;
  client::Client client_;
};

Result<client::Settings> settings_of(const Strongroomd& server) {
  SR_TRY(SecretBytes secret, SecretBytes::copy_of(as_bytes(server.key_secret())));
  return client::Settings{.endpoint = server.host(),
                          .ca_file = server.ca_file(),
                          .access_key_id = server.key_id(),
                          .access_key_secret = std::move(secret),
                          .security_token = {}};
}

class InstanceScenarios {
 public:
  InstanceScenarios(const Plan& plan, const Add& add) : plan_(plan), add_(add) {}

  Result<void> run() {
    SR_CHECK_OK(prepare_data());
    SR_TRY(server_, start_server(plan_, directory()));
    wait_until_quiet(server_.process());
    SR_TRY(client::Settings settings, settings_of(server_));
    const std::string host = "127.0.0.1:" + std::to_string(server_.instance_target().port);
    SR_TRY(const Application made, Founder(server_, std::move(settings)).make_application(host));
    application_.emplace(made);
    SR_CHECK_OK(compare("read_ck_1k", "GetSecretValue", {.connections = kConnections}));
    SR_CHECK_OK(compare("encrypt_ck_32", "Encrypt", {.connections = kConnections}));
    return compare("connect_read_ck", "GetSecretValue", kConnectingLoad);
  }

 private:
  std::string directory() const { return plan_.directory + "/instance"; }

  Result<void> prepare_data() {
    AccountId account;
    std::string instance;
    {
      SR_TRY(Strongroomd server, start_server(plan_, directory()));
      SR_TRY(client::Settings settings, settings_of(server));
      SR_TRY(key_id_, Founder(server, std::move(settings)).make_key());
      account = server.account();
      instance = server.instance_id();
      server.process().stop();
    }
    pin_this_thread(-1);  // nothing is measured here
    const Result<void> seeded = seed({.data_directory = directory(),
                                      .account = account,
                                      .secrets = plan_.read_secrets,
                                      .value_bytes = kValueBytes,
                                      .instance_id = instance,
                                      .key_id = key_id_});
    pin_this_thread(plan_.generator_cpu);
    return seeded;
  }

  Result<std::string> request(std::string_view action, std::size_t number) const {
    std::string body;
    if (action == "Encrypt") {
      append_field(body, 1, key_id_);
      append_field(body, 2, std::string(32, 'p'));
    } else {
      append_field(body, 1, secret_name(number * 7919 % plan_.read_secrets));
    }
    return application_->request(action, body);
  }

  Result<RequestBatch> batch(std::string_view action, std::size_t size) const {
    std::vector<std::string> signed_ones;
    for (std::size_t i = 0; i < std::min(size, kSignedRequests); ++i) {
      SR_TRY(signed_ones.emplace_back(), request(action, i));
    }
    RequestBatch made;
    for (std::size_t i = 0; i < size; ++i) made.add(signed_ones[i % signed_ones.size()]);
    return made;
  }

  Result<Nginx> start_nginx(const char* scenario, std::string_view action) {
    SR_TRY(const RequestBatch one, batch(action, 1));
    SR_TRY(const Measured first,
           measure(server_.instance_target(), server_.process(), one, {.connections = 1}));
    const std::string place = plan_.directory + "/nginx-" + scenario;
    std::filesystem::create_directories(place);
    return Nginx::start(place, make_certificate(place), first.load.body_bytes, plan_.server_cpu);
  }

  Result<void> compare(const char* scenario, std::string_view action, LoadOptions options) {
    SR_TRY(const Nginx nginx, start_nginx(scenario, action));
    const std::size_t size =
        options.connect_per_request ? plan_.connects_per_round : plan_.reads_per_round;
    std::vector<double> ours;
    std::vector<double> bound;
    for (std::size_t round = 0; round <= plan_.rounds; ++round) {
      SR_TRY(const RequestBatch requests, batch(action, size));
      SR_TRY(const Measured mine,
             measure(server_.instance_target(), server_.process(), requests, options));
      SR_TRY(const Measured peer, measure(nginx.target(), nginx.worker(), requests, options));
      SR_TRY(const double verification, verification_us());
      if (round == 0) continue;  // warms up
      ours.push_back(mine.cpu_us);
      bound.push_back(peer.cpu_us + verification);
    }
    Row row{.scenario = scenario, .value = median(ours), .unit = "us cpu/request"};
    row.reference = median(bound);
    row.ratio = median_ratio(ours, bound);
    if (row.scenario == "read_ck_1k") {
      row.must = 1.25;
      row.goal = 1.0;
    }
    row.cpu_s_per_100k = row.value / 10;
    add_(row);
    return {};
  }

  const Plan& plan_;
  const Add& add_;
  Strongroomd server_;
  std::optional<Application> application_;
  std::string key_id_;
};

}  // namespace

Result<void> run_instance(const Plan& plan, const Add& add) {
  return InstanceScenarios(plan, add).run();
}

}  // namespace strongroom::bench
