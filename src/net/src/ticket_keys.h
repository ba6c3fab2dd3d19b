#pragma once
// The keys that seal session tickets: made in memory, replaced every hour, the previous one still
// accepted for an hour. Shared by all threads and listeners of a server; thread-safe, one lock per
// handshake.

#include <array>
#include <cstdint>
#include <mutex>

#include "strongroom/base/random.h"

namespace strongroom::net {

struct TicketKey {
  std::array<std::uint8_t, 16> name{};
  std::array<std::uint8_t, 32> cipher{};
  std::array<std::uint8_t, 32> mac{};
};

class TicketKeys {
 public:
  explicit TicketKeys(Random& random);
  ~TicketKeys();  // wipes
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  /// Copies the key to seal with now into `out`; the caller wipes it.
  void current(std::int64_t now_ms, TicketKey& out);
  /// The key of that name if it may still open tickets. `renew` is set if a new ticket should
  /// replace this one.
  bool find(const std::uint8_t* name, std::int64_t now_ms, TicketKey& out, bool& renew);

 private:
  void rotate_if_due(std::int64_t now_ms);

  Random& random_;
  std::mutex mutex_;
  TicketKey current_;
  TicketKey previous_;
  bool has_previous_ = false;
  std::int64_t made_ms_ = 0;
};

}  // namespace strongroom::net
