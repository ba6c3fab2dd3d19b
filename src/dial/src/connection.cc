#include "strongroom/dial/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>

#include "public_address.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/time.h"

namespace strongroom::dial {
namespace {

constexpr int kAcknowledgedMillis = 5;

class Deadline {
 public:
  explicit Deadline(std::int64_t millis) : end_(monotonic_ns() + millis * kNanosPerMilli) {}
  /// Milliseconds left for poll(2), at least 0.
  int left() const {
    const auto nanos = end_ - monotonic_ns();
    return nanos <= 0 ? 0 : static_cast<int>(nanos / kNanosPerMilli + 1);
  }

 private:
  std::int64_t end_;
};

struct Socket {
  int fd = -1;
  Socket() = default;
  explicit Socket(int descriptor) : fd(descriptor) {}
  Socket(Socket&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd, other.fd);
    return *this;
  }
  ~Socket() {
    if (fd >= 0) close(fd);
  }
};

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSession {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;
using Session = std::unique_ptr<SSL, FreeSession>;

std::unexpected<Error> unavailable(std::string code, std::string message) {
  return fail(ErrorKind::kUnavailable, std::move(code), std::move(message));
}

/// False at the deadline.
bool wait_for(int fd, short events, const Deadline& deadline) {
  while (true) {
    pollfd waiting{fd, events, 0};
    const int ready = poll(&waiting, 1, deadline.left());
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

/// Connects to one address; errno text in `reason` on failure.
Socket connect_one(const addrinfo& address, const Deadline& deadline, std::string& reason) {
  Socket socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.fd < 0) {
    reason = std::generic_category().message(errno);
    return {};
  }
  int error = 0;
  if (connect(socket.fd, address.ai_addr, address.ai_addrlen) != 0) {
    error = errno;
    if (error == EINPROGRESS) {
      socklen_t size = sizeof error;
      error = ETIMEDOUT;
      if (wait_for(socket.fd, POLLOUT, deadline)) {
        getsockopt(socket.fd, SOL_SOCKET, SO_ERROR, &error, &size);
      }
    }
  }
  if (error != 0) {
    reason = std::generic_category().message(error);
    return {};
  }
  const int on = 1;
  setsockopt(socket.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

Result<Socket> connect_any(const Target& target, const Options& options) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const auto port = std::to_string(target.port);
  const int status = getaddrinfo(target.host.c_str(), port.c_str(), &hints, &found);
  if (status != 0) {
    return unavailable("ConnectFailed",
                       target.host + " cannot be resolved: " + gai_strerror(status) + ".");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  const Deadline deadline(options.connect_millis);
  std::string reason;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    if (options.public_addresses_only && !is_public_address(*address->ai_addr)) {
      reason = "its address is private and the configuration does not name its host as such";
      continue;
    }
    auto socket = connect_one(*address, deadline, reason);
    if (socket.fd >= 0) return socket;
  }
  return unavailable("ConnectFailed",
                     "No answer from " + target.host + ":" + port + ": " + reason + ".");
}

bool is_address(const std::string& host) {
  in6_addr buffer;
  return inet_pton(AF_INET, host.c_str(), &buffer) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &buffer) == 1;
}

std::string last_ssl_error() {
  char text[256] = "no further detail";
  if (const auto code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

Result<Context> make_context(const Options& options) {
  Context context(SSL_CTX_new(TLS_client_method()));
  if (!context) return internal_error("SSL_CTX_new");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context.get(), SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS);
  const int loaded = options.ca_file.empty()
                         ? SSL_CTX_set_default_verify_paths(context.get())
                         : SSL_CTX_load_verify_file(context.get(), options.ca_file.c_str());
  if (loaded != 1) {
    ERR_clear_error();
    return fail(ErrorKind::kInvalidInput, "InvalidCaFile",
                "The CA file \"" + options.ca_file + "\" cannot be read as PEM certificates.");
  }
  return context;
}

/// The name that the certificate must hold.
bool expect_peer(SSL* ssl, const std::string& host) {
  if (is_address(host)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set_tlsext_host_name(ssl, host.c_str()) == 1 && SSL_set1_host(ssl, host.c_str()) == 1;
}

}  // namespace

struct Connection::Impl {
  Socket socket;
  Context context;
  Session ssl;
  std::int64_t io_millis = 0;

  /// Waits for what the last call wants. False if it wants nothing (an error) or at the deadline.
  bool wait(int result, const Deadline& deadline, bool& timed_out) const {
    const int wants = SSL_get_error(ssl.get(), result);
    if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) return false;
    timed_out = !wait_for(socket.fd, wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline);
    return !timed_out;
  }

  /// True if the peer has closed, with or without saying so.
  bool at_end(int result) const {
    const int why = SSL_get_error(ssl.get(), result);
    return why == SSL_ERROR_ZERO_RETURN ||
           (why == SSL_ERROR_SSL &&
            ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
  }

  /// Once the peer's kernel has confirmed every byte; a peer that had closed earlier refuses them.
  Result<void> all_acknowledged(const Deadline& deadline) const {
    while (true) {
      pollfd state{socket.fd, 0, 0};
      const int polled = poll(&state, 1, 0);
      int waiting = 0;
      const bool known = polled >= 0 && ioctl(socket.fd, SIOCOUTQ, &waiting) == 0;
      if (!known || (state.revents & POLLERR) != 0)
        return unavailable("ConnectionBroken", "The peer closed before it had read everything.");
      if (waiting == 0) return {};
      if (deadline.left() == 0) return broken("Closing", true);
      poll(nullptr, 0, kAcknowledgedMillis);
    }
  }

  std::unexpected<Error> broken(std::string_view what, bool timed_out) const {
    return unavailable(
        "ConnectionBroken",
        std::string(what) + (timed_out ? " timed out." : " failed: " + last_ssl_error() + "."));
  }
};

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() {
  if (impl_ && impl_->ssl) SSL_shutdown(impl_->ssl.get());
  ERR_clear_error();
}

Result<Connection> Connection::open(const Target& target, const Options& options) {
  auto impl = std::make_unique<Impl>();
  impl->io_millis = options.io_millis;
  SR_TRY(impl->context, make_context(options));
  SR_TRY(impl->socket, connect_any(target, options));
  impl->ssl.reset(SSL_new(impl->context.get()));
  SSL* ssl = impl->ssl.get();
  if (ssl == nullptr || SSL_set_fd(ssl, impl->socket.fd) != 1 || !expect_peer(ssl, target.host)) {
    return internal_error("SSL_new");
  }
  const Deadline deadline(options.connect_millis);
  while (true) {
    ERR_clear_error();
    const int done = SSL_connect(ssl);
    if (done == 1) return Connection(std::move(impl));
    bool timed_out = false;
    if (impl->wait(done, deadline, timed_out)) continue;
    if (const long verdict = SSL_get_verify_result(ssl); !timed_out && verdict != X509_V_OK) {
      ERR_clear_error();
      return fail(ErrorKind::kUnauthenticated, "TlsVerifyFailed",
                  "The certificate of " + target.host + " is not to be trusted: " +
                      X509_verify_cert_error_string(verdict) + ". Check the CA file.");
    }
    return impl->broken("The TLS handshake with " + target.host, timed_out);
  }
}

Result<void> Connection::write(std::string_view bytes) {
  const Deadline deadline(impl_->io_millis);
  while (!bytes.empty()) {
    ERR_clear_error();
    std::size_t written = 0;
    const int done = SSL_write_ex(impl_->ssl.get(), bytes.data(), bytes.size(), &written);
    bytes.remove_prefix(written);
    bool timed_out = false;
    if (done != 1 && !impl_->wait(done, deadline, timed_out))
      return impl_->broken("Sending", timed_out);
  }
  return {};
}

Result<std::size_t> Connection::read(std::span<char> into) {
  const Deadline deadline(impl_->io_millis);
  while (true) {
    ERR_clear_error();
    std::size_t got = 0;
    const int done = SSL_read_ex(impl_->ssl.get(), into.data(), into.size(), &got);
    if (done == 1) return got;
    if (SSL_get_error(impl_->ssl.get(), done) == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
    bool timed_out = false;
    if (!impl_->wait(done, deadline, timed_out)) return impl_->broken("Receiving", timed_out);
  }
}

Result<void> Connection::finish() {
  const Deadline deadline(impl_->io_millis);
  bool timed_out = false;
  ERR_clear_error();
  for (int said = -1; (said = SSL_shutdown(impl_->ssl.get())) < 0;) {
    if (!impl_->wait(said, deadline, timed_out)) return impl_->broken("Closing", timed_out);
    ERR_clear_error();
  }
  // What still comes, session tickets for one, must be read: a socket that is closed over unread
  // bytes is reset, and what it had not sent yet is lost.
  std::array<char, 4096> unwanted;
  for (bool open = true; open;) {
    ERR_clear_error();
    std::size_t got = 0;
    const int done = SSL_read_ex(impl_->ssl.get(), unwanted.data(), unwanted.size(), &got);
    open = done == 1 || !impl_->at_end(done);
    timed_out = deadline.left() == 0;
    if (open && (timed_out || (done != 1 && !impl_->wait(done, deadline, timed_out))))
      return impl_->broken("Closing", timed_out);
  }
  ERR_clear_error();
  return impl_->all_acknowledged(deadline);
}

std::string_view Connection::protocol() const {
  return SSL_get_version(impl_->ssl.get());
}

std::vector<std::string> Connection::chain_fingerprints() const {
  std::vector<std::string> prints;
  STACK_OF(X509)* chain = SSL_get0_verified_chain(impl_->ssl.get());
  for (int i = 0; chain != nullptr && i < sk_X509_num(chain); ++i) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    if (X509_digest(sk_X509_value(chain, i), EVP_sha1(), digest.data(), &size) != 1) continue;
    std::string text = hex_encode(ByteView(digest).first(size));
    std::ranges::transform(text, text.begin(), [](char c) {
      return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    prints.push_back(std::move(text));
  }
  return prints;
}

std::int64_t Connection::certificate_expires() const {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      SSL_get1_peer_certificate(impl_->ssl.get()), X509_free);
  std::tm when{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &when) != 1) return 0;
  return timegm(&when);
}

}  // namespace strongroom::dial
