#pragma once
// One outbound TLS 1.2+ connection, used synchronously under deadlines. A Connection belongs to one
// thread. The process should ignore SIGPIPE: a peer that went away is an error value here.
//
// The host is resolved once and its addresses are tried in order. The certificate chain must end at
// the given CA file (or at the system's store) and name the host, or the address if the host is
// one. There is no way to switch this off.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/result.h"

namespace strongroom::dial {

struct Target {
  std::string host;  // name or address, IPv6 without brackets
  std::uint16_t port = 443;
};

/// "host", "host:port", "[v6]:port". kInvalidInput (InvalidEndpoint) with an explanation for
/// anything else: a scheme, a path, a port out of range.
Result<Target> parse_target(std::string_view endpoint);

struct Options {
  std::string ca_file;                  // PEM; empty: the system's store
  std::int64_t connect_millis = 5'000;  // resolving excluded, handshake included
  std::int64_t io_millis = 30'000;      // each read or write
  // Refuses loopback, private, link-local, shared and multicast addresses (RFC 6890), v4 inside v6
  // included: for targets that a tenant named.
  bool public_addresses_only = false;
};

class Connection {
 public:
  /// kUnavailable (ConnectFailed) if no address answers, kUnauthenticated (TlsVerifyFailed) if the
  /// certificate is not to be trusted, kInvalidInput (InvalidCaFile) if the CA file cannot be used.
  static Result<Connection> open(const Target& target, const Options& options);

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// All of `bytes`, or kUnavailable.
  Result<void> write(std::string_view bytes);
  /// At least one byte, or 0 at the peer's close; kUnavailable on errors and past the deadline.
  Result<std::size_t> read(std::span<char> into);

  /// Says that no more comes and reads on until the peer has closed as well, which is when all that
  /// was written has reached it. kUnavailable if it went away before, or does not close in time.
  Result<void> finish();

  /// "TLSv1.3"
  std::string_view protocol() const;
  /// SHA-1 of each certificate of the verified chain, leaf first, as upper-case hex.
  std::vector<std::string> chain_fingerprints() const;
  /// When the peer's certificate ends, seconds since 1970.
  std::int64_t certificate_expires() const;

 private:
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strongroom::dial
