#include "metadata_server.h"

#include <array>
#include <charconv>

#include "strongroom/base/bytes.h"
#include "strongroom/crypto/ct_equal.h"
#include "strongroom/crypto/mac.h"
#include "terminal.h"

namespace strongroom::cli {

struct MetadataServer::Shared {
  MetadataOptions options;
  Clock& clock;
  crypto::HmacKey token_key;
  std::string credentials_path;
  std::mutex mutex;
  SecretBytes json;  // guarded by mutex
  Instant expires;   // guarded by mutex
};

namespace {

using Shared = MetadataServer::Shared;

constexpr std::string_view kTokenPath = "/latest/api/token";
constexpr std::string_view kRolePath = "/latest/meta-data/ram/security-credentials/";
constexpr std::string_view kTtlField = "x-aliyun-ecs-metadata-token-ttl-seconds";
constexpr std::string_view kTokenField = "x-aliyun-ecs-metadata-token";
constexpr std::int64_t kTtlMax = 21'600;
constexpr std::string_view kPlain = "text/plain";
constexpr std::string_view kJson = "application/json";

Result<SecretBytes> random_key(Random& random) {
  std::array<std::uint8_t, 32> bytes;
  random.fill(bytes);
  return SecretBytes::take(bytes);
}

}  // namespace

// A token is its end and a MAC of that, so that none is kept.
class MetadataHandler final : public net::Handler {
 public:
  explicit MetadataHandler(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  void on_request(net::Exchange exchange) override {
    const http::Request& request = exchange.request();
    if (!is_for_us(request)) return send(exchange, 403, "not for this host\n");
    if (request.path == kTokenPath) return give_token(exchange);
    if (request.method != "GET") return send(exchange, 405, "GET only\n");
    if (request.path == shared_->credentials_path) return give_credentials(exchange);
    if (!request.path.starts_with(kRolePath)) return send(exchange, 404, "not found\n");
    if (!may_read(request)) return send(exchange, 403, "a valid token is needed\n");
    const std::string_view role = request.path.substr(kRolePath.size());
    if (role.empty()) return send(exchange, 200, shared_->options.role_name);
    if (role != shared_->options.role_name) return send(exchange, 404, "not found\n");
    give_credentials(exchange);
  }
  void on_refused(const http::Refusal& refusal, http::AnswerBuffer& out) override {
    out.body().append(refusal.message).append("\n");
    out.finish(refusal.status, kPlain, {}, true);
  }
  bool before_send() override { return true; }
  std::string_view refusal() override { return {}; }

 private:
  // A browser that was lured to a name of ours brings that name; a proxy brings its own field.
  bool is_for_us(const http::Request& request) const {
    const std::string_view host = request.header("host").value_or("");
    const std::string& own = shared_->options.address;
    const std::string name = own.find(':') == std::string::npos ? own : "[" + own + "]";
    const bool ours =
        host.starts_with(name) && (host.size() == name.size() || host[name.size()] == ':');
    const bool local = host == "localhost" || host.starts_with("localhost:");
    return (ours || local) && !request.header("x-forwarded-for") && !request.header("origin");
  }

  crypto::MacTag tag_of(std::string_view end) const {
    return shared_->token_key.sign(as_bytes(end));
  }

  void give_token(net::Exchange& exchange) {
    const http::Request& request = exchange.request();
    if (request.method != "PUT") return send(exchange, 405, "PUT only\n");
    const std::string_view ttl = request.header(kTtlField).value_or("");
    std::int64_t seconds = 0;
    const auto [last, error] = std::from_chars(ttl.data(), ttl.data() + ttl.size(), seconds);
    if (error != std::errc() || last != ttl.data() + ttl.size() || seconds < 1 ||
        seconds > kTtlMax) {
      return send(exchange, 400, "the token's seconds must be 1 to 21600\n");
    }
    std::string token;
    append_u64(token, static_cast<std::uint64_t>(shared_->clock.now().unix_ms + seconds * 1000));
    token += as_chars(tag_of(token).view());
    send(exchange, 200, base64_encode(as_bytes(token)));
  }

  bool may_read(const http::Request& request) const {
    const auto given = request.header(kTokenField);
    if (!given) return !shared_->options.tokens_only;
    const auto token = base64_decode(*given);
    if (!token || token->size() != 40) return false;
    const std::string_view end = std::string_view(*token).substr(0, 8);
    return crypto::ct_equal(tag_of(end).view(), as_bytes(std::string_view(*token).substr(8))) &&
           shared_->clock.now().unix_ms < static_cast<std::int64_t>(load_u64(end.data()));
  }

  void give_credentials(net::Exchange& exchange) {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->json.empty() || shared_->clock.now() >= shared_->expires) {
      return send(exchange, 503, "there are no credentials at the moment\n");
    }
    append_revealed(buffer_.body(), shared_->json);
    finish(exchange, 200, kJson);
  }

  void send(net::Exchange& exchange, int status, std::string_view body) {
    buffer_.body().append(body);
    finish(exchange, status, kPlain);
  }
  void finish(net::Exchange& exchange, int status, std::string_view type) {
    const bool close = !exchange.request().keep_alive;
    exchange.answer(buffer_.finish(status, type, {}, close), false, close);
    buffer_.reset();
  }

  std::shared_ptr<Shared> shared_;
  http::AnswerBuffer buffer_;
};

MetadataServer::MetadataServer(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
MetadataServer::~MetadataServer() {
  stop();
}

Result<std::unique_ptr<MetadataServer>> MetadataServer::start(const MetadataOptions& options,
                                                              Clock& clock, Random& random) {
  SR_TRY(const SecretBytes key, random_key(random));
  SR_TRY(crypto::HmacKey token_key, crypto::HmacKey::make(crypto::MacHash::kSha256, key));
  std::array<std::uint8_t, 16> path;
  random.fill(path);
  std::shared_ptr<Shared> shared(new Shared{.options = options,
                                            .clock = clock,
                                            .token_key = std::move(token_key),
                                            .credentials_path = "/credentials/" + hex_encode(path),
                                            .mutex = {},
                                            .json = {},
                                            .expires = {}});
  std::unique_ptr<MetadataServer> made(new MetadataServer(shared));
  net::ServerConfig config;
  config.listeners.push_back(
      {.address = options.address, .port = options.port, .tls = false, .identity = {}});
  SR_TRY(made->server_, net::Server::start(std::move(config), [shared](std::size_t) {
           return std::make_unique<MetadataHandler>(shared);
         }));
  return made;
}

void MetadataServer::publish(SecretBytes json, Instant expires) {
  const std::lock_guard lock(shared_->mutex);
  shared_->json = std::move(json);
  shared_->expires = expires;
}

std::uint16_t MetadataServer::port() const {
  return server_->port(0);
}

const std::string& MetadataServer::credentials_path() const {
  return shared_->credentials_path;
}

void MetadataServer::stop() {
  if (server_) server_->stop(1'000);
  server_.reset();
}

}  // namespace strongroom::cli
