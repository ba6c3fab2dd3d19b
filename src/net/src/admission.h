#pragma once
// What all I/O threads together let in: connections in total and per address, handshakes per
// address, unauthenticated bytes. Thread-safe; the lock is taken when a connection opens or closes,
// never by a request.

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "sockets.h"

namespace strongroom::net {

struct AdmissionLimits {
  std::size_t connections;
  std::size_t connections_per_address;
  std::size_t handshakes_per_address;
};

class Admission {
 public:
  explicit Admission(AdmissionLimits limits) : limits_(limits) {}

  /// Counts a connection in; false if a limit forbids it (nothing is counted then).
  bool enter(const AddressKey& address, bool handshaking);
  void handshake_done(const AddressKey& address);
  void leave(const AddressKey& address, bool handshaking);

  std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }

  /// Replaces `before` by `after` unauthenticated bytes of one connection; false if the total is
  /// then over the limit (it stays counted: the caller refuses the request and reports 0 later).
  bool change_bytes(std::size_t before, std::size_t after);

 private:
  struct Counts {
    std::size_t connections = 0;
    std::size_t handshakes = 0;
  };
  struct Hash {
    std::size_t operator()(const AddressKey& key) const {
      return std::hash<std::string_view>()({reinterpret_cast<const char*>(key.data()), key.size()});
    }
  };

  const AdmissionLimits limits_;
  std::atomic<std::size_t> connections_{0};
  std::atomic<std::size_t> bytes_{0};
  std::mutex mutex_;
  std::unordered_map<AddressKey, Counts, Hash> by_address_;
};

}  // namespace strongroom::net
