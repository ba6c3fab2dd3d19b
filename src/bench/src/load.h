#pragma once
// The load generator: one thread, one epoll, TLS 1.3 connections in a closed loop (each sends its
// next request when the answer to the last one is complete).

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "requests.h"
#include "strongroom/base/result.h"

namespace strongroom::bench {

struct Target {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};

struct LoadOptions {
  std::size_t connections = 32;
  bool connect_per_request = false;  // full handshake each time, no ticket
};
inline constexpr LoadOptions kConnectingLoad{.connections = 8, .connect_per_request = true};

struct LoadReport {
  std::size_t answers = 0;
  std::size_t refused = 0;  // status other than 200
  std::string first_refusal;
  std::size_t body_bytes = 0;  // of the last answer
  double seconds = 0;
  double p50_us = 0;
  double p99_us = 0;
};

/// Sends every request of `batch` once. kUnavailable if a connection fails.
Result<LoadReport> run_load(const Target& target, const RequestBatch& batch, LoadOptions options);

/// Connections that have had one answer and stay open until destruction.
class IdleConnections {
 public:
  IdleConnections() = default;
  ~IdleConnections();
  IdleConnections(const IdleConnections&) = delete;
  IdleConnections& operator=(const IdleConnections&) = delete;

  /// Opens one connection a request, 200 from each address 127.0.1.x.
  Result<void> open(const Target& target, const RequestBatch& batch);

 private:
  std::vector<int> sockets_;
};

}  // namespace strongroom::bench
