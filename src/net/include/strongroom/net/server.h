#pragma once
// Listeners, TLS and connections: bytes in, requests to a Handler, answers out. The only user of
// libssl and libuv.
//
// One I/O thread per core, each with its own loop and SO_REUSEPORT listener; a connection never
// changes thread. Within a loop turn all readable connections are served first; then
// Handler::before_send runs once (the audit write); only then are that turn's answers encrypted and
// sent (ARCHITECTURE.md "Threads, audit and durability"). While a request waits for its answer its
// connection reads no further, so pipelined requests are answered in order. Limits: base/limits.h.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strongroom/base/limits.h"
#include "strongroom/base/result.h"
#include "strongroom/http/answer_buffer.h"
#include "strongroom/http/request.h"
#include "strongroom/net/listening_sockets.h"

namespace strongroom::net {

/// What is known of the other end.
struct Peer {
  std::string_view
      address;  // text form, IPv4-mapped addresses as IPv4; valid as long as the connection
  std::uint16_t port = 0;
  bool tls = true;
  std::string_view server_name = {};  // that it asked for in TLS, in lower case; or empty
};

class IoThread;

/// A request that waits for its answer. Movable handle; answered exactly once, or the connection is
/// closed when it dies. If the connection is gone meanwhile the answer goes nowhere. Every Exchange
/// must be gone before the Server is destroyed; between Server::stop and then they may still be
/// moved, resumed (nothing runs) and dropped.
class Exchange {
 public:
  Exchange() = default;
  Exchange(Exchange&& other) noexcept;
  Exchange& operator=(Exchange&& other) noexcept;
  ~Exchange();

  /// I/O thread only, not from before_send. `bytes` is a finished answer (AnswerBuffer::finish); it
  /// is copied into the turn's output, which is wiped after sending. `guarded`: if this turn's
  /// before_send fails, `Handler::refusal` is sent in its place. The connection is closed
  /// afterwards if `close` or the request was not keep_alive. Of the answer to a HEAD request only
  /// the head is sent.
  void answer(std::string_view bytes, bool guarded, bool close);

  /// Any thread: runs `then` on this exchange's I/O thread, soon, with the exchange back in hand.
  /// The request's views (http::Request) stay valid until the exchange is answered or dropped, even
  /// if the connection is gone.
  void resume(std::move_only_function<void(Exchange)> then) &&;

  /// Valid until answered. I/O thread only (a worker may use views that it was given).
  const Peer& peer() const;
  const http::Request& request() const;

  /// True between construction and answer.
  explicit operator bool() const { return thread_ != nullptr; }

 private:
  friend class IoThread;
  Exchange(IoThread* thread, std::uint32_t slot, std::uint32_t generation)
      : thread_(thread), slot_(slot), generation_(generation) {}
  IoThread* thread_ = nullptr;
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
};

/// What sits above: one per I/O thread, made, called and destroyed on that thread only.
class Handler {
 public:
  virtual ~Handler() = default;
  /// A whole request. Answer now, or keep the exchange and answer later.
  virtual void on_request(Exchange exchange) = 0;
  /// A message that HTTP refused; write the whole answer (AnswerBuffer::finish with close = true).
  /// Not guarded.
  virtual void on_refused(const http::Refusal& refusal, http::AnswerBuffer& out) = 0;
  /// Once a turn, if the turn has answers, before any is sent. False: guarded answers are replaced.
  virtual bool before_send() = 0;
  /// The complete answer that replaces a guarded one (503 ServiceUnavailableTemporary).
  virtual std::string_view refusal() = 0;
};
using HandlerFactory = std::function<std::unique_ptr<Handler>(std::size_t thread_index)>;

struct TlsIdentity {
  std::string certificate_chain_pem;  // leaf first
  std::string private_key_pem;        // wiped by the caller
  /// Not empty: only clients with a certificate that one of these has signed get in.
  std::string client_ca_pem = {};
};

/// Certificates by the name that a client asks for (RFC 6066 §3). Changes reach the next handshake.
/// Thread-safe.
class NamedIdentities {
 public:
  static std::shared_ptr<NamedIdentities> make();
  virtual ~NamedIdentities() = default;
  /// `name` in lower case; empty: for clients that ask for none. Replaces. kInvalidInput as
  /// Server::start.
  virtual Result<void> set(const std::string& name, const TlsIdentity& identity) = 0;
  virtual void remove(const std::string& name) = 0;
};

struct ListenerConfig {
  std::string address = "127.0.0.1";  // literal IPv4 or IPv6
  std::uint16_t port = 0;             // 0: the kernel chooses
  bool tls = true;                    // false only where the operator switched plain HTTP on
  TlsIdentity identity{};
  /// Those to accept from, in place of address and port; null: the server opens its own.
  std::shared_ptr<const ListeningSockets> sockets{};
  /// In place of `identity`: whoever asks for a name that is not there is refused in the handshake.
  std::shared_ptr<NamedIdentities> names{};
};

/// Milliseconds; shortened by tests.
struct Timeouts {
  std::int64_t handshake = limits::kHandshakeMillisMax;
  std::int64_t head = limits::kHeadMillisMax;  // from its first byte, or from the handshake
  std::int64_t body = limits::kBodyMillisMax;  // whole body
  std::int64_t body_idle = limits::kBodyIdleMillisMax;  // between two pieces of it
  std::int64_t body_grace =
      limits::kBodyGraceMillis;  // then limits::kBodyBytesPerSecondMin is asked for
  std::int64_t request =
      limits::kRequestMillisMax;  // until the answer is there; then Handler::refusal is sent
  std::int64_t idle = limits::kIdleMillisMax;  // between two requests
  std::int64_t send = limits::kSendMillisMax;  // without any progress
};

struct ServerConfig {
  std::vector<ListenerConfig> listeners{};
  std::size_t threads = 1;
  std::vector<int> pin_cpus{};  // empty: not pinned; else thread i runs on pin_cpus[i % size]
  std::size_t connections = limits::kConnectionsMax;
  std::size_t connections_per_address = limits::kConnectionsPerAddressMax;  // IPv6: per /64
  std::size_t handshakes_per_address = limits::kHandshakesPerAddressMax;    // unfinished ones
  std::size_t body_bytes = limits::kBodyBytesMax;  // of one request; 413 beyond
  Timeouts timeouts{};
};

class Server {
 public:
  /// Binds and listens on every listener on every thread before it returns. kInvalidInput for a bad
  /// address, key or certificate, kUnavailable if a port is taken; each message says which.
  static Result<std::unique_ptr<Server>> start(ServerConfig config, const HandlerFactory& factory);
  virtual ~Server() = default;

  /// The port of listener `index` (useful with port 0).
  virtual std::uint16_t port(std::size_t index) const = 0;
  /// Replaces the certificate of all TLS listeners that have one; open connections keep theirs.
  virtual Result<void> reload(const TlsIdentity& identity) = 0;
  /// From now on every answer is the last of its connection and says so (Connection: close), so
  /// that clients leave without an error. Goes on accepting. Does not block.
  virtual void begin_farewell() = 0;
  /// Stops accepting, lets running requests finish for at most `grace_ms`, then closes; after
  /// begin_farewell() connections that have not yet asked for anything are waited for too, shortly.
  /// Blocks. Idempotent.
  virtual void stop(std::int64_t grace_ms) = 0;
  virtual std::size_t connections() const = 0;
};

}  // namespace strongroom::net
