#include "load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>

#include "process.h"
#include "strongroom/base/check.h"
#include "strongroom/base/time.h"

namespace strongroom::bench {
namespace {

constexpr std::size_t kIdlePerAddress = 200;

std::unexpected<Error> broken(const char* what) {
  return fail(ErrorKind::kUnavailable, "LoadFailed",
              std::string(what) + ": " + std::strerror(errno));
}

SSL_CTX* make_context() {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SR_CHECK(context != nullptr);
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE,
                     nullptr);  // both sides are ours, and it costs the generator
  return context;
}

int open_socket(const Target& target, const std::string& source) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (!source.empty()) {
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    inet_pton(AF_INET, source.c_str(), &address.sin_addr);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return -1;
  }
  inet_pton(AF_INET, target.host.c_str(), &address.sin_addr);
  address.sin_port = htons(target.port);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

// An answer as it arrives: only the status, the length and the end are looked at.
class AnswerParser {
 public:
  std::span<char> room() { return {bytes_.data() + size_, bytes_.size() - size_}; }
  /// True when the answer is complete.
  bool add(std::size_t size) {
    size_ += size;
    const std::string_view all(bytes_.data(), size_);
    if (total_ == 0) {
      const std::size_t end = all.find("\r\n\r\n");
      if (end == std::string_view::npos) return false;
      const std::size_t field = all.find("Content-Length: ");
      SR_CHECK(field < end);
      body_ = number_in(all.substr(field + 16));
      total_ = end + 4 + body_;
      if (total_ > bytes_.size()) bytes_.resize(total_);
    }
    return size_ >= total_;
  }
  bool ok() const { return bytes().starts_with("HTTP/1.1 200"); }
  std::string_view bytes() const { return {bytes_.data(), size_}; }
  std::size_t body() const { return body_; }
  void reset() { size_ = total_ = body_ = 0; }

 private:
  std::vector<char> bytes_ = std::vector<char>(16U << 10);
  std::size_t size_ = 0;
  std::size_t total_ = 0;
  std::size_t body_ = 0;
};

struct Client {
  int fd = -1;
  SSL* ssl = nullptr;
  bool shaken = false;
  std::int64_t sent_ns = 0;
  AnswerParser answer;

  ~Client() { close(); }
  void close() {
    SSL_free(ssl);
    if (fd >= 0) ::close(fd);
    ssl = nullptr;
    fd = -1;
    shaken = false;
  }
};

class Load {
 public:
  Load(const Target& target, const RequestBatch& batch, LoadOptions options)
      : target_(target), batch_(batch), options_(options), context_(make_context(), SSL_CTX_free) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    latencies_.reserve(batch.size());
  }
  ~Load() { ::close(epoll_); }

  Result<LoadReport> run() {
    clients_ = std::vector<Client>(std::min(options_.connections, batch_.size()));
    const bool kept = !options_.connect_per_request;
    for (Client& client : clients_) {
      if (kept) SR_CHECK_OK(connect(client));
    }
    const std::int64_t begin = monotonic_ns();
    for (Client& client : clients_) SR_CHECK_OK(next(client));
    while (latencies_.size() < batch_.size()) SR_CHECK_OK(turn());
    report_.seconds = static_cast<double>(monotonic_ns() - begin) / 1e9;
    report_.answers = latencies_.size();
    report_.p50_us = percentile(0.50);
    report_.p99_us = percentile(0.99);
    return report_;
  }

 private:
  Result<void> turn() {
    std::array<epoll_event, 128> events;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10'000);
    if (count <= 0) return broken("no answer for ten seconds");
    for (int i = 0; i < count; ++i) {
      SR_CHECK_OK(readable(*static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr)));
    }
    return {};
  }

  // Blocking connect; the handshake is blocking too unless connections are what is measured.
  Result<void> connect(Client& client) {
    client.fd = open_socket(target_, "");
    if (client.fd < 0) return broken("connect");
    client.ssl = SSL_new(context_.get());
    SSL_set_fd(client.ssl, client.fd);
    SSL_set_connect_state(client.ssl);
    if (!options_.connect_per_request) {
      if (SSL_do_handshake(client.ssl) != 1) return broken("TLS handshake");
      client.shaken = true;
    }
    SR_CHECK(::fcntl(client.fd, F_SETFL, O_NONBLOCK) == 0);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &client}};
    SR_CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event) == 0);
    return {};
  }

  Result<void> next(Client& client) {
    if (next_ == batch_.size()) return {};
    client.answer.reset();
    client.sent_ns = monotonic_ns();
    if (!options_.connect_per_request) return send(client);
    client.close();
    SR_CHECK_OK(connect(client));
    return shake(client);
  }

  Result<void> shake(Client& client) {
    const int done = SSL_do_handshake(client.ssl);
    if (done == 1) {
      client.shaken = true;
      return send(client);
    }
    if (SSL_get_error(client.ssl, done) != SSL_ERROR_WANT_READ) return broken("TLS handshake");
    return {};
  }

  Result<void> send(Client& client) {
    if (next_ == batch_.size()) return {};
    const std::string_view request = batch_[next_++];
    // A request fits into the socket: one is in flight at a time.
    if (SSL_write(client.ssl, request.data(), static_cast<int>(request.size())) <= 0)
      return broken("send");
    return {};
  }

  Result<void> readable(Client& client) {
    if (!client.shaken) return shake(client);
    const std::span<char> room = client.answer.room();
    const int got = SSL_read(client.ssl, room.data(), static_cast<int>(room.size()));
    if (got <= 0) {
      if (SSL_get_error(client.ssl, got) == SSL_ERROR_WANT_READ) return {};
      return broken("the server closed a connection");
    }
    if (!client.answer.add(static_cast<std::size_t>(got))) {
      return SSL_has_pending(client.ssl) != 0 ? readable(client) : Result<void>{};
    }
    finish(client);
    return next(client);
  }

  void finish(const Client& client) {
    latencies_.push_back(static_cast<std::uint32_t>(
        std::min<std::int64_t>(monotonic_ns() - client.sent_ns, UINT32_MAX)));
    report_.body_bytes = client.answer.body();
    if (client.answer.ok()) return;
    if (report_.refused++ == 0) report_.first_refusal = client.answer.bytes();
  }

  double percentile(double share) {
    if (latencies_.empty()) return 0;
    const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(latencies_.size() - 1));
    std::nth_element(latencies_.begin(), latencies_.begin() + at, latencies_.end());
    return static_cast<double>(latencies_[static_cast<std::size_t>(at)]) / 1e3;
  }

  const Target& target_;
  const RequestBatch& batch_;
  const LoadOptions options_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  int epoll_ = -1;
  std::size_t next_ = 0;
  std::vector<Client> clients_;
  std::vector<std::uint32_t> latencies_;
  LoadReport report_;
};

}  // namespace

Result<LoadReport> run_load(const Target& target, const RequestBatch& batch, LoadOptions options) {
  return Load(target, batch, options).run();
}

IdleConnections::~IdleConnections() {
  for (const int fd : sockets_) ::close(fd);
}

Result<void> IdleConnections::open(const Target& target, const RequestBatch& batch) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(make_context(), SSL_CTX_free);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const int fd = open_socket(target, "127.0.1." + std::to_string(1 + i / kIdlePerAddress));
    if (fd < 0) return broken("connect");
    sockets_.push_back(fd);
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
    SSL_set_bio(ssl.get(), BIO_new_socket(fd, BIO_NOCLOSE), nullptr);
    SSL_set0_wbio(ssl.get(), BIO_new_socket(fd, BIO_NOCLOSE));
    if (SSL_connect(ssl.get()) != 1) return broken("TLS handshake");
    const std::string_view request = batch[i];
    SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
    AnswerParser answer;
    int got = 0;
    do {
      const std::span<char> room = answer.room();
      got = SSL_read(ssl.get(), room.data(), static_cast<int>(room.size()));
      if (got <= 0) return broken("no answer");
    } while (!answer.add(static_cast<std::size_t>(got)));
    SSL_set_quiet_shutdown(ssl.get(), 1);
  }
  return {};
}

}  // namespace strongroom::bench
