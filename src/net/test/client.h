#pragma once
// A blocking client for tests: plain TCP or TLS, with a read time-out that only ends a hanging
// test.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdint>
#include <string>
#include <string_view>

namespace strongroom::net::test {

inline int connect_to(std::uint16_t port, const char* source = nullptr, int receive_buffer = 0) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{20, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (receive_buffer > 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (source != nullptr) {
    inet_pton(AF_INET, source, &address.sin_addr);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return -1;
  }
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  address.sin_port = htons(port);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

struct ClientOptions {
  bool tls = true;
  int version = 0;  // e.g. TLS1_2_VERSION; 0: the newest
  const char* source = nullptr;
  int receive_buffer = 0;
  const char* name = nullptr;  // to ask for in the handshake
};

class Client {
 public:
  explicit Client(std::uint16_t port, ClientOptions options = {}) {
    ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    fd_ = connect_to(port, options.source, options.receive_buffer);
    if (fd_ < 0 || !options.tls) return;
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(context, 0);  // so that old versions are offered at all
    if (options.version != 0) {
      SSL_CTX_set_min_proto_version(context, options.version);
      SSL_CTX_set_max_proto_version(context, options.version);
    }
    ssl_ = SSL_new(context);
    SSL_CTX_free(context);
    static constexpr unsigned char kProtocols[] = "\x02h2\x08http/1.1";
    SSL_set_alpn_protos(ssl_, kProtocols, sizeof kProtocols - 1);
    if (options.name != nullptr) SSL_set_tlsext_host_name(ssl_, options.name);
    SSL_set_fd(ssl_, fd_);
    shaken_ = SSL_connect(ssl_) == 1;
  }
  ~Client() { close(); }
  Client(Client&& other) noexcept { *this = std::move(other); }
  Client& operator=(Client&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(ssl_, other.ssl_);
    std::swap(shaken_, other.shaken_);
    std::swap(rest_, other.rest_);
    return *this;
  }

  bool connected() const { return fd_ >= 0; }
  bool shaken() const { return shaken_; }
  SSL* ssl() { return ssl_; }
  int fd() const { return fd_; }

  bool send(std::string_view bytes) {
    if (ssl_ != nullptr) return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
    while (!bytes.empty()) {
      const ssize_t now = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (now <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(now));
    }
    return true;
  }
  bool get(std::string_view target) {
    return send("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n");
  }

  /// The next whole answer (head and Content-Length bytes), or what came before the connection
  /// ended.
  std::string answer(bool head_only = false) {
    while (true) {
      const std::size_t end = rest_.find("\r\n\r\n");
      if (end != std::string::npos) {
        std::size_t length = 0;
        const std::size_t field = rest_.find("Content-Length: ");
        if (field < end && !head_only)
          std::from_chars(rest_.data() + field + 16, rest_.data() + end, length);
        if (rest_.size() >= end + 4 + length) return take(end + 4 + length);
      }
      if (!receive()) return take(rest_.size());
    }
  }
  std::string body() {
    const std::string all = answer();
    const std::size_t end = all.find("\r\n\r\n");
    return end == std::string::npos ? all : all.substr(end + 4);
  }
  /// Reads until the peer closes; true if it did (rather than nothing happening).
  bool closed() {
    while (receive()) {
    }
    return !timed_out_;
  }
  /// Frees the TLS state and says nothing to the server; the connection stays open.
  void forget_tls() {
    SSL_set_quiet_shutdown(ssl_, 1);
    BIO_set_close(SSL_get_rbio(ssl_), BIO_NOCLOSE);
    SSL_free(ssl_);
    ssl_ = nullptr;
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    SSL_free(ssl_);
    ssl_ = nullptr;
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  bool receive() {
    char bytes[16384];
    errno = 0;
    const auto got = ssl_ != nullptr ? static_cast<ssize_t>(SSL_read(ssl_, bytes, sizeof bytes))
                                     : ::recv(fd_, bytes, sizeof bytes, 0);
    if (got <= 0) {
      timed_out_ = got < 0 && errno == EAGAIN;
      return false;
    }
    rest_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
  std::string take(std::size_t size) {
    std::string out = rest_.substr(0, size);
    rest_.erase(0, size);
    return out;
  }

  int fd_ = -1;
  SSL* ssl_ = nullptr;
  bool shaken_ = false;
  bool timed_out_ = false;
  std::string rest_;
};

}  // namespace strongroom::net::test
