// What keys cost: Encrypt and Decrypt of 32 bytes, signatures with RSA-2048 and P-256, each against
// `openssl speed`'s figure for the primitive plus nginx answering the same request. Its RSA is that
// of PKCS #1 v1.5; PSS hashes eight times more and is reported beside it.

#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "scenarios.h"
#include "strongroom/barrier/data_directory.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/keys/cryptography.h"
#include "strongroom/store_lmdb/lmdb_store.h"

namespace strongroom::bench {
namespace {

constexpr std::size_t kConnections = 32;
constexpr std::size_t kCallsPerRound = 20'000;
constexpr double kMust = 0.8;

/// An algorithm as `openssl speed` is asked for it, and how the line begins that `-mr` prints of
/// it: "+F2:0:2048:<signs a second>:<verifications a second>", "+F:0:AES-256-GCM:<bytes a second>".
struct Algorithm {
  const char* arguments;
  std::string_view marker;
  double unit = 1;  // what it counts of one operation
};
constexpr Algorithm kSeal{"-bytes 32 -evp aes-256-gcm", "+F:", 32};
constexpr Algorithm kOpen{"-bytes 32 -evp aes-256-gcm -decrypt", "+F:", 32};
constexpr Algorithm kRsa{"rsa2048", "+F2:"};
constexpr Algorithm kP256{"ecdsap256", "+F4:"};

struct Case {
  std::string scenario;
  CallText call;
  const Algorithm* primitive;
  bool verifies = false;  // else it signs
  std::optional<double> must = kMust;
};

double number_at(std::string_view line, std::size_t field) {
  for (std::size_t i = 0; i < field; ++i) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return 0;
    line.remove_prefix(colon + 1);
  }
  double number = 0;
  std::from_chars(line.data(), line.data() + line.size(), number);
  return number;
}

/// Microseconds of one operation, on the server's core.
Result<double> primitive_us(const Case& one, int cpu) {
  double a_second = 0;
  std::thread([&] {
    pin_this_thread(cpu);  // and so what it starts
    const std::string command =
        std::string("openssl speed -mr -seconds 1 ") + one.primitive->arguments + " 2>/dev/null";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::array<char, 512> line{};
    while (pipe && std::fgets(line.data(), static_cast<int>(line.size()), pipe.get()) != nullptr) {
      const std::string_view text(line.data());
      if (text.starts_with(one.primitive->marker)) a_second = number_at(text, one.verifies ? 4 : 3);
    }
  }).join();
  if (a_second > 0) return 1e6 * one.primitive->unit / a_second;
  return fail(ErrorKind::kUnavailable, "NoOpensslSpeed",
              std::string("openssl speed gave no figure for ") + one.primitive->arguments);
}

CallText call_of(const char* action, std::string query) {
  return {.method = "GET", .action = action, .query = std::move(query), .form = {}};
}

std::string encoded(std::string_view bytes) {
  return percent_encode(base64_encode(as_bytes(bytes)));
}

/// Makes the keys, and signatures and a blob to check, in a stopped server's directory.
class KeySeeder {
 public:
  KeySeeder(barrier::SealedStore& store, AccountId account)
      : store_(store), account_(account), keys_(store, random_, "cn-hangzhou") {}

  Result<std::vector<Case>> run() {
    SR_CHECK_OK(symmetric());
    SR_TRY(const keys::Key rsa, create(keys::KeySpec::kRsa2048));
    SR_CHECK_OK(pair(rsa, "rsa2048", "RSA_PKCS1_SHA_256", kRsa, kMust));
    SR_CHECK_OK(pair(rsa, "rsa2048_pss", "RSA_PSS_SHA_256", kRsa, std::nullopt));
    SR_TRY(const keys::Key ec, create(keys::KeySpec::kEcP256));
    SR_CHECK_OK(pair(ec, "p256", "ECDSA_SHA_256", kP256, kMust));
    return std::move(cases_);
  }

 private:
  Result<keys::Key> create(keys::KeySpec spec) {
    SR_TRY(const auto transaction, store_.begin());
    SR_TRY(keys::Key key, keys_.create(*transaction,
                                       {.account = account_,
                                        .creator = account_.text(),
                                        .description = "",
                                        .spec = spec,
                                        .usage = keys::default_usage(spec)},
                                       clock_.now()));
    SR_CHECK_OK(transaction->commit());
    return key;
  }

  Result<void> symmetric() {
    SR_TRY(const keys::Key key, create(keys::KeySpec::kAes256));
    const std::string text(32, 'p');
    SR_TRY(const SecretBytes plaintext, SecretBytes::copy_of(as_bytes(text)));
    SR_TRY(const auto reader, store_.reader());
    SR_TRY(const keys::Encrypted sealed, keys_.encrypt(*reader, account_, key.id, plaintext, ""));
    cases_.push_back(
        {"encrypt_32", call_of("Encrypt", "KeyId=" + key.id + "&Plaintext=" + text), &kSeal});
    cases_.push_back(
        {"decrypt_32", call_of("Decrypt", "CiphertextBlob=" + encoded(sealed.blob)), &kOpen});
    return {};
  }

  Result<void> pair(const keys::Key& key, const std::string& name, const std::string& algorithm,
                    const Algorithm& primitive, std::optional<double> must) {
    const std::string& version = key.versions.front().id;
    const crypto::Digest32 digest = crypto::sha256(as_bytes("a message"));
    SR_TRY(const auto reader, store_.reader());
    const keys::Cryptography cryptography(keys_, random_);
    SR_TRY(const keys::Produced made,
           cryptography.sign(*reader, {account_, key.id, version},
                             *keys::signature_scheme_of(algorithm), digest));
    const std::string common = "Algorithm=" + algorithm + "&Digest=" + encoded(as_chars(digest)) +
                               "&KeyId=" + key.id + "&KeyVersionId=" + version;
    cases_.push_back({name + "_sign", call_of("AsymmetricSign", common), &primitive, false, must});
    cases_.push_back({name + "_verify",
                      call_of("AsymmetricVerify", common + "&Value=" + encoded(made.value)),
                      &primitive, true, must});
    return {};
  }

  barrier::SealedStore& store_;
  const AccountId account_;
  SystemRandom random_;
  SystemClock clock_;
  keys::Keys keys_;
  std::vector<Case> cases_;
};

Result<std::vector<Case>> seed_keys(const std::string& directory, AccountId account) {
  SystemRandom random;
  SystemClock clock;
  SR_TRY(barrier::UnsealedDirectory opened,
         barrier::open_data_directory(directory, barrier::Mode::kDev, barrier::DevSecret{}));
  SR_TRY(const auto engine, store_lmdb::open({.directory = directory + "/store"}));
  SR_TRY(const auto store, barrier::open_sealed_store(*engine, std::move(opened.keys),
                                                      {.cluster = opened.superblock.cluster,
                                                       .clock = clock,
                                                       .random = random,
                                                       .background_check = false}));
  return KeySeeder(*store, account).run();
}

Result<RequestBatch> batch_of(const Strongroomd& server, const CallText& call) {
  SR_TRY(Signer signer, signer_for(server));
  RequestBatch batch;
  for (std::size_t i = 0; i < kCallsPerRound; ++i) batch.add(signer.request(call));
  return batch;
}

Result<Row> run_case(const Plan& plan, Strongroomd& server, const Case& one) {
  RequestBatch first;
  SR_TRY(Signer signer, signer_for(server));
  first.add(signer.request(one.call));
  SR_TRY(const Measured answer,
         measure(server.target(), server.process(), first, {.connections = 1}));
  const std::string directory = plan.directory + "/nginx-" + one.scenario;
  std::filesystem::create_directories(directory);
  SR_TRY(Nginx nginx, Nginx::start(directory, make_certificate(directory), answer.load.body_bytes,
                                   plan.server_cpu));
  std::vector<double> ours;
  std::vector<double> bound;
  for (std::size_t round = 0; round <= plan.rounds; ++round) {
    SR_TRY(const RequestBatch batch, batch_of(server, one.call));
    const LoadOptions options{.connections = kConnections};
    SR_TRY(const Measured mine, measure(server.target(), server.process(), batch, options));
    SR_TRY(const Measured peer, measure(nginx.target(), nginx.worker(), batch, options));
    SR_TRY(const double primitive, primitive_us(one, plan.server_cpu));
    if (round == 0) continue;  // warms up
    ours.push_back(mine.cpu_us);
    bound.push_back(primitive + peer.cpu_us);
  }
  Row row{.scenario = one.scenario, .value = median(ours), .unit = "us cpu/request"};
  row.reference = median(bound);
  row.ratio = median_ratio(bound, ours);
  row.must = one.must;
  row.at_least = true;
  row.cpu_s_per_100k = row.value / 10;
  return row;
}

}  // namespace

Result<void> run_crypto(const Plan& plan, const Add& add) {
  const std::string directory = plan.directory + "/crypto";
  AccountId account;
  {
    SR_TRY(Strongroomd server, start_server(plan, directory));
    account = server.account();
    server.process().stop();
  }
  SR_TRY(const std::vector<Case> cases, seed_keys(directory, account));
  SR_TRY(Strongroomd server, start_server(plan, directory));
  wait_until_quiet(server.process());
  for (const Case& one : cases) {
    SR_TRY(Row row, run_case(plan, server, one));
    add(std::move(row));
  }
  return {};
}

}  // namespace strongroom::bench
